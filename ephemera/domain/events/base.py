"""What every fact has in common, and how a later one changes what is kept of an earlier one."""

from dataclasses import dataclass
from typing import ClassVar, Final

EVENTS: Final[dict[str, type["Event"]]] = {}
"""Every kind of event there is, by its name: whoever defines one with a name has put it here."""
SIGNALS: Final[dict[str, type["Signal"]]] = {}
"""The same of signals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact that is announced; `at` in seconds since the epoch."""

    name: ClassVar[str]
    at: float

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):
            EVENTS[cls.name] = (
                cls  # the last time with its slots, which a dataclass is made anew for
            )

    @property
    def has_line(self) -> bool:
        """Whether the event has a line of its own in the log that people read."""
        return True

    @property
    def actor(self) -> str | None:
        """The id of the member who showed life by this, if somebody did."""
        return None

    @property
    def released(self) -> str | None:
        """The id of the seat, or of the knock, that ended with this event, if any."""
        return None

    @property
    def about(self) -> int | None:
        """The sequence of the earlier message that this event changes, if it does."""
        return None

    @property
    def takes_back(self) -> tuple[int, ...]:
        """The sequences of the messages whose words are gone with this event."""
        return ()

    @property
    def weight(self) -> int:
        """Bytes that the event counts for in the log: of words, what they become when shown.

        What a page puts around them is not counted: that is bounded by the number of events.
        """
        return 128

    def seen_from(self, horizon: int) -> "Event":  # noqa: ARG002 - most repeat nothing
        """Return the event without what it repeats of lines up to the horizon."""
        return self

    def supersedes(self, earlier: "Event") -> bool:
        """Tell whether a reader of this event needs the earlier one no more."""
        return bool(self.takes_back) and earlier.about in self.takes_back

    def after(self, sequence: int, later: "Event") -> "Event":  # noqa: ARG002 - most stay as they are
        """Return what is kept of this event, number `sequence`, once the later one has happened."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded(Event):
    """Nothing any more: a later event says all that this one did."""

    name = "superseded"

    @property
    def has_line(self) -> bool:
        """Never."""
        return False


def amends(event: Event) -> bool:
    """Tell whether the event changes anything that was said before it."""
    return event.about is not None or bool(event.takes_back)


def amended(sequence: int, event: Event, later: Event) -> Event:
    """Return what the log keeps of event number `sequence` once `later` has happened.

    Every engine must do this to every entry it keeps, in the step that commits
    a `later` event that `amends`; else words that were taken back can be read
    by whoever catches up.
    """
    if sequence in later.takes_back:
        return later if later.has_line else Superseded(at=event.at)
    if event.about is not None and later.supersedes(event):
        return Superseded(at=event.at)
    return event.after(sequence, later)


@dataclass(frozen=True, slots=True)
class Secret:
    """A fact that changes the room's state and is announced to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that is so only just now: told to whoever listens, numbered and kept nowhere."""

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        SIGNALS[cls.name] = cls


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened(Signal):
    """Somebody began to listen, perhaps at another process; nobody is told but processes."""

    name = "stream-opened"
    member_id: str
    stream: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosed(Signal):
    """They listen there no more."""

    name = "stream-closed"
    member_id: str
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachChanged(Signal):
    """What happens in the room is not heard of just now; or it is again, and what was missed."""

    name = "reach"
    reached: bool
