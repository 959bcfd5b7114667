"""One run: every server in turn, round after round, so that a busy minute hits all alike."""

import gc
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from bench.entrants import Entrant
from bench.errors import BenchError, TimeIsUpError
from bench.load.site import Site
from bench.measures import Measure, Target, costs, fixed_rate, idle, overload, saturation
from bench.plan import Plan
from bench.server import running

MEASURES: Final[dict[str, tuple[Measure, ...]]] = {
    "messages": (fixed_rate.measure, saturation.measure),
    "costs": (costs.measure,),
    "idle": (idle.measure,),
    "overload": (overload.measure,),
}
"""What is measured with one start of a server."""
OF_OURS: Final = {"costs", "overload"}
"""What no peer can be asked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """One start of one server."""

    kind: str
    round: int
    entrant: Entrant


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of one server in one round."""

    entrant: str
    round: int
    key: str
    value: float


@dataclass(slots=True)
class Run:
    """What came of it; failures are sentences. `seconds` is how long it took."""

    plan: Plan
    entrants: Sequence[Entrant]
    samples: list[Sample] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


def carry_out(plan: Plan, entrants: Sequence[Entrant], say: Callable[[str], None]) -> Run:
    """Do every job of the plan, as far as time allows."""
    run, began = Run(plan, entrants), time.monotonic()
    try:
        with limited(plan.limit):
            for job in jobs(plan, entrants):
                minutes = (time.monotonic() - began) / 60
                say(f"{minutes:4.1f} min, {job.kind}, round {job.round + 1}: {job.entrant.name}")
                attempt(job, run, say)
    except TimeIsUpError:
        run.failures.append(f"The run was stopped after {plan.limit} s; the rest is missing.")
    run.seconds = time.monotonic() - began
    return run


def jobs(plan: Plan, entrants: Sequence[Entrant]) -> Iterator[Job]:
    """Yield A B C, A B C, ... for each kind of measurement."""
    rounds = {
        "messages": plan.rounds,
        "costs": plan.cost_rounds,
        "idle": plan.idle_rounds,
        "overload": plan.overload_rounds,
    }
    for kind, count in rounds.items():
        for number in range(count):
            for entrant in entrants:
                if entrant.ours or kind not in OF_OURS:
                    yield Job(kind, number, entrant)


def attempt(job: Job, run: Run, say: Callable[[str], None]) -> None:
    """Start the server, measure, stop it; a server that fails does not end the run."""
    gc.collect()
    try:
        for key, value in measured(job, run.plan):
            run.samples.append(Sample(job.entrant.name, job.round, key, value))
    except (BenchError, OSError) as error:
        failure = f"{job.entrant.name}, {job.kind}, round {job.round + 1}: {error}."
        run.failures.append(failure)
        say(f"FAILED: {failure}")


def measured(job: Job, plan: Plan) -> Iterator[tuple[str, float]]:
    """Yield every figure of a job."""
    entrant = overload.guarded(job.entrant) if job.kind == "overload" else job.entrant
    with running(entrant, plan.heartbeat) as server:
        site = Site(server.port, entrant.dialect, entrant.heartbeat)
        with closing(site):
            for measure in MEASURES[job.kind]:
                yield from measure(Target(entrant, server, site), plan)


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeIsUpError in the block after so many seconds, wherever it waits."""
    before = signal.signal(signal.SIGALRM, _time_is_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _time_is_up(_number: int, _frame: FrameType | None) -> None:
    raise TimeIsUpError
