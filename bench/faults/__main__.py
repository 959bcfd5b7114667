"""`python -m bench.faults`: let things go wrong, report, and fail if anything was lost."""

import argparse
import gc
import os
import sys
from typing import Final

from bench.__main__ import say, stand_aside
from bench.entrants import HERE
from bench.errors import BenchError
from bench.faults.plan import FULL_ROOMS, FULL_SECONDS, Plan
from bench.faults.report import report
from bench.faults.run import carry_out

WRITTEN: Final = HERE / "FAULTS.md"
WITH_SENTINEL: Final = HERE / "FAULTS-SENTINEL.md"


def main() -> int:
    """Run; return 1 if anything happened that must not."""
    chosen = arguments().parse_args()
    plan = Plan(chosen.rooms, chosen.seconds, chosen.posts, chosen.seed, chosen.sentinel)
    cores = os.sched_getaffinity(0)
    stand_aside()
    os.sched_setaffinity(0, cores)  # there are five of us, and nothing is measured that closely
    gc.enable()
    try:
        world = carry_out(plan, say)
    except BenchError as error:
        say(f"FAILED: {error}.")
        return 1
    text = report(plan, world)
    print(text, end="")
    if chosen.write or plan.is_full:
        written = WITH_SENTINEL if plan.sentinel else WRITTEN
        written.write_text(text, "utf-8")
        say(f"written to {written}")
    return 1 if world.violations.counts else 0


def arguments() -> argparse.ArgumentParser:
    """Return what can be said on the command line."""
    parser = argparse.ArgumentParser("python -m bench.faults", description="Things go wrong.")
    parser.add_argument("--rooms", type=int, default=FULL_ROOMS, help="of eight members each")
    parser.add_argument("--seconds", type=float, default=FULL_SECONDS, help="when all are there")
    parser.add_argument("--posts", type=float, default=40.0, help="messages a second in all")
    parser.add_argument("--seed", type=int, default=1, help="of the dice")
    parser.add_argument("--sentinel", action="store_true", help="a failover, not a restart")
    parser.add_argument(
        "--write", action="store_true", help="bench/FAULTS.md; a full run always does"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
