"""What a run showed, in the terminal and as bench/FAULTS.md."""

import os
import platform
from collections.abc import Iterator

from bench.faults.plan import Plan
from bench.faults.world import Mishap, World
from bench.soak.world import MEMBERS


def report(plan: Plan, world: World) -> str:
    """Return the whole report as Markdown, which reads well as it is."""
    return "\n".join(_lines(plan, world)) + "\n"


def _lines(plan: Plan, world: World) -> Iterator[str]:
    yield "# The faults, with a failover" if plan.sentinel else "# The faults"
    yield ""
    engine = "a Redis with a replica and a Sentinel" if plan.sentinel else "one Redis"
    yield (
        f"Three processes on {engine}, {plan.rooms * MEMBERS:,} streams in {plan.rooms:,} rooms "
        f"for {plan.seconds:g} s, about {plan.posts:g} posts a second, seed {plan.seed}; "
        f"Python {platform.python_version()}, {os.cpu_count()} cores for everything, the load "
        "too. Made by `make faults`; [README.md](README.md#faults) says how."
    )
    yield ""
    yield from _verdict(world)
    yield ""
    yield (
        "| what went wrong | undone after | first new post accepted after | streams closed "
        "| all open again after |"
    )
    yield "|---|---:|---:|---:|---:|"
    yield from map(_mishap, world.mishaps)
    yield ""
    yield "| happened | times |"
    yield "|---|---:|"
    yield from (f"| {what} | {count:,} |" for what, count in sorted(world.done.items()) if count)


def _verdict(world: World) -> Iterator[str]:
    found = world.violations
    if not found.counts:
        yield (
            "**Each reader ended with each accepted message once and in order, or was told of a "
            "gap**; nobody was said to have left, and in the end nothing is left in the engine."
        )
        return
    yield "**It failed.**"
    yield ""
    yield from (f"- {count:,} times {kind}." for kind, count in found.counts.most_common())
    yield ""
    yield from (f"    {example}" for example in found.examples)


def _mishap(mishap: Mishap) -> str:
    whole = _seconds(mishap.whole) if mishap.most_closed else "none was closed"
    return (
        f"| {mishap.name} | {_seconds(mishap.took)} | {_seconds(mishap.first_post)} | "
        f"{mishap.most_closed:,} | {whole} |"
    )


def _seconds(seconds: float | None) -> str:
    return "not before the next" if seconds is None else f"{seconds:.2f} s"
