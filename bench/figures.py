"""The figures of a run: what each is called, its unit, and which way is better."""

from dataclasses import dataclass
from typing import Final

from bench.plan import Plan


@dataclass(frozen=True, slots=True)
class Figure:
    """One column of the tables.

    key: its name in the samples; unit: what its values are in; more: whether more is better.
    ratio: whether a ratio to the reference says something.
    """

    key: str
    title: str
    unit: str
    more: bool = False
    ratio: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that are read together."""

    title: str
    figures: tuple[Figure, ...]


FIXED: Final = Table(
    "200 messages/s to 50 rooms of 8",
    (
        Figure("fixed.cpu", "server CPU per delivery", "µs"),
        Figure("fixed.p50", "POST to last of 8 readers, median", "ms"),
        Figure("fixed.p99", "POST to last of 8 readers, 99 of 100", "ms"),
    ),
)
SATURATED: Final = Table(
    "Saturated: the best of 8, 32 and 200 messages under way at once",
    (
        Figure("full.rate", "deliveries per core-second", "1/s", more=True),
        Figure("full.cpu", "server CPU per delivery", "µs"),
        Figure("full.wall", "deliveries per second", "1/s", more=True),
        Figure("full.busy", "core used by the server", "%", ratio=False),
        Figure("full.load", "core used by the load", "%", ratio=False),
        Figure("full.at_once", "messages under way", "", ratio=False),
    ),
)
COSTS: Final = Table(
    "Single requests to Ephemera, server CPU",
    (
        Figure("cost.open", "open a room", "ms", ratio=False),
        Figure("cost.join", "join", "ms", ratio=False),
        Figure("cost.page", "page with 200 messages", "ms", ratio=False),
        Figure("cost.catch_up", "catch up 200 events", "ms", ratio=False),
    ),
)
OVERLOAD: Final = Table(
    "Twice the messages that Ephemera can carry, to 400 rooms of 8, rates limited",
    (
        Figure("over.carried", "carried, 8 under way at once", "msg/s", more=True, ratio=False),
        Figure("over.quiet", "at an eighth of that: POST to last, 99 of 100", "ms", ratio=False),
        Figure("over.p99", "at twice that: the same of those accepted", "ms", ratio=False),
        Figure("over.times", "the second by the first", "", ratio=False),
        Figure("over.refused", "refused", "%", ratio=False),
        Figure("over.unsent", "not even sent, all of a room still wait", "%", ratio=False),
        Figure("over.recovery", "until everything is accepted again", "s", ratio=False),
    ),
)


def idle(plan: Plan) -> Table:
    """Return the figures of idle streams, of which a plan says how many."""
    memory = (
        Figure(f"idle.kib.{streams}", f"memory per stream at {streams:,}", "KiB")
        for streams in plan.idle_streams
    )
    return Table(
        "Idle streams",
        (
            *memory,
            Figure("idle.cpu", "CPU per 1,000 streams per minute, a heartbeat each 15 s", "ms"),
            Figure("idle.beats", "heartbeats per stream seen in one interval", "", ratio=False),
        ),
    )


def tables(plan: Plan) -> list[Table]:
    """Return everything that a run of this plan yields."""
    return [FIXED, SATURATED, idle(plan), COSTS, OVERLOAD]


def plotted(plan: Plan) -> list[tuple[str, Figure]]:
    """Return what the plot shows, each with a title that says under which load."""
    fixed, saturated, resting = FIXED.figures, SATURATED.figures, idle(plan).figures
    memory, heartbeats = resting[len(plan.idle_streams) - 1], resting[-2]
    return [
        ("200 messages/s: server CPU per delivery", fixed[0]),
        ("200 messages/s: POST to last of 8 readers, 99 of 100", fixed[2]),
        ("saturated: deliveries per core-second", saturated[0]),
        (f"idle: {memory.title}", memory),
        (f"idle: {heartbeats.title}", heartbeats),
    ]
