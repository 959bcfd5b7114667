"""`python -m bench`: prepare, measure, report."""

import argparse
import gc
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from bench.entrants import HERE, field_of, is_possible
from bench.plan import FULL, QUICK
from bench.prepare import prepare
from bench.report import machine
from bench.report.results import Results
from bench.report.terminal import printed
from bench.report.writing import write
from bench.run import carry_out
from bench.server import LOAD_CORE

TERMINATED: Final = 143
"""What a shell says of a program that was told to end."""


def main() -> int:
    """Run; return 1 if anything failed, for then the figures are not all there."""
    chosen = arguments().parse_args()
    prepare(say)
    everybody = field_of(chosen.only, chosen.against)
    entrants = [entrant for entrant in everybody if is_possible(entrant)]
    absent = [entrant.name for entrant in everybody if entrant not in entrants]
    stand_aside()
    before = machine.describe(entrants)
    run = carry_out(QUICK if chosen.quick else FULL, entrants, say)
    run.failures += [f"{name} did not take part: this machine lacks a program." for name in absent]
    results = Results(run)
    print(printed(results))
    write(results, before, chosen.out)
    say(f"written to {chosen.out}")
    return 1 if run.failures else 0


def arguments() -> argparse.ArgumentParser:
    """Return what can be said on the command line."""
    parser = argparse.ArgumentParser(
        "python -m bench", description="What messages and streams cost."
    )
    parser.add_argument("--quick", action="store_true", help="two minutes: shows that all works")
    parser.add_argument("--only", default="", metavar="NAMES", help="these servers, with commas")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout of ours")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for RESULTS.md and the plot")
    return parser


def stand_aside() -> None:
    """Leave the servers' core to them, take all descriptors, and never pause for garbage.

    Asked to end, we end like after an error: servers stopped, folders removed.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    os.sched_setaffinity(0, {LOAD_CORE})
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()


def say(line: str) -> None:
    """Tell how far we are."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
