"""What a soak showed, in the terminal and as bench/SOAK.md."""

import platform
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import Final

from bench.soak.gauges import MOST_GROWTH, Sample
from bench.soak.run import Outcome
from bench.soak.world import MEMBERS

MIB: Final = 1024
ROWS: Final = 20
"""Of more samples only some are shown."""


def report(outcome: Outcome) -> str:
    """Return the whole report as Markdown, which reads well as it is."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    plan = outcome.plan
    yield "# The soak"
    yield ""
    yield (
        f"{plan.rooms * MEMBERS:,} streams in {plan.rooms:,} rooms for {plan.seconds:g} s, about "
        f"{plan.posts:g} posts a second, seed {plan.seed}; Python {platform.python_version()}. "
        "Made by `make soak`; [soak/README.md](soak/README.md) says how."
    )
    yield ""
    yield from _verdict(outcome)
    yield ""
    yield from _flat(outcome)
    yield ""
    yield from _happened(outcome)
    yield ""
    yield from _samples(outcome)


def _verdict(outcome: Outcome) -> Iterator[str]:
    problems = outcome.problems
    if not problems:
        yield "**Nothing was lost**, nothing came twice or out of order, and nothing is left over."
        return
    yield "**It failed.**"
    yield ""
    yield from (f"- {problem}" for problem in problems)
    yield ""
    yield from (f"    {example}" for example in outcome.faults.examples)


def _flat(outcome: Outcome) -> Iterator[str]:
    flat, start, end = outcome.flatness, outcome.start, outcome.end
    busy = [one.memory / MIB for one in outcome.samples if one.seconds >= outcome.plan.window]
    own = [one.own for one in outcome.samples if one.seconds >= outcome.plan.window]
    yield "| | empty, before | first | last | least | most | empty, after |"
    yield "|---|---|---|---|---|---|---|"
    yield (
        f"| memory (PSS), MiB | {start.memory / MIB:.1f} | {busy[0]:.1f} | {busy[-1]:.1f} | "
        f"{min(busy):.1f} | {max(busy):.1f} | {end.memory / MIB:.1f} |"
    )
    yield (
        f"| descriptors that are no connections | {start.own} | {own[0]} | {own[-1]} | {min(own)} "
        f"| {max(own)} | {end.own} |"
    )
    yield ""
    judged = "" if flat.is_long_enough else "This short, neither is judged. "
    yield (
        f"After a warm-up of {flat.window:g} s. Medians of the last {flat.window:g} s against "
        f"those of the {flat.window:g} s after the warm-up: memory {flat.growth:+.2%}, at most "
        f"{MOST_GROWTH:+.0%}; descriptors beside connections {flat.stray:+g}, at most "
        f"{flat.most_stray:+}. {judged}In the end there are {end.descriptors} descriptors, before "
        f"there were {start.descriptors}. Opening took {outcome.filled:.0f} s."
    )


def _happened(outcome: Outcome) -> Iterator[str]:
    yield "| happened | times |"
    yield "|---|---|"
    yield from (f"| {what} | {count:,} |" for what, count in sorted(outcome.done.items()) if count)


def _samples(outcome: Outcome) -> Iterator[str]:
    yield "| s | connections | descriptors | memory, MiB | server's core | load's core |"
    yield "|---|---|---|---|---|---|"
    step = max(1, round(len(outcome.samples) / ROWS))
    some = outcome.samples[::step]
    for before, now in pairwise(some):
        yield (
            f"| {now.seconds:.0f} | {now.connections:,} | {now.descriptors:,} | "
            f"{now.memory / MIB:.1f} | {_share(before, now, 'server_cpu'):.0%} | "
            f"{_share(before, now, 'load_cpu'):.0%} |"
        )
    shares = [_share(a, b, "server_cpu") for a, b in pairwise(some)]
    yield ""
    yield f"The server used {median(shares):.0%} of its core."


def _share(before: Sample, now: Sample, what: str) -> float:
    used: float = getattr(now, what) - getattr(before, what)
    return used / (now.seconds - before.seconds)
