"""`python -m bench.soak`: soak the server, report, and fail if anything was lost."""

import argparse
import gc
import sys
from pathlib import Path
from typing import Final

from bench.__main__ import say, stand_aside
from bench.entrants import HERE, ROOT
from bench.errors import BenchError
from bench.soak.plan import FULL_ROOMS, FULL_SECONDS, Plan
from bench.soak.report import report
from bench.soak.run import carry_out

WRITTEN: Final = HERE / "SOAK.md"


def main() -> int:
    """Run; return 1 if anything was lost, left over, or grew."""
    chosen = arguments().parse_args()
    plan = Plan(chosen.rooms, chosen.seconds, chosen.posts, chosen.seed)
    stand_aside()
    gc.enable()
    try:
        outcome = carry_out(plan, chosen.at.resolve(), say)
    except BenchError as error:
        say(f"FAILED: {error}.")
        return 1
    text = report(outcome)
    print(text, end="")
    if chosen.write or (plan.is_full and chosen.at == ROOT):
        WRITTEN.write_text(text, "utf-8")
        say(f"written to {WRITTEN}")
    return 1 if outcome.problems else 0


def arguments() -> argparse.ArgumentParser:
    """Return what can be said on the command line."""
    parser = argparse.ArgumentParser("python -m bench.soak", description="Thousands of streams.")
    parser.add_argument("--rooms", type=int, default=FULL_ROOMS, help="of eight members each")
    parser.add_argument("--seconds", type=float, default=FULL_SECONDS, help="when all are there")
    parser.add_argument("--posts", type=float, default=50.0, help="messages a second in all")
    parser.add_argument("--seed", type=int, default=1, help="of the dice")
    parser.add_argument("--at", type=Path, default=ROOT, metavar="FOLDER", help="another checkout")
    parser.add_argument(
        "--write", action="store_true", help="bench/SOAK.md; a full run always does"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
