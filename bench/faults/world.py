"""What everybody in a run shares."""

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from bench.faults.engine import Engine
from bench.faults.processes import Processes
from bench.soak.loop import Loop
from bench.soak.record import Faults


@dataclass(slots=True)
class Mishap:
    """One thing that went wrong, and how long until all was well again.

    took: until it was undone, as far as we undo it. first_post: until a message that was sent
    after it was accepted. most_closed: streams closed at the same time, of those there should
    be; whole: until all were open again, the last time.
    """

    name: str
    at: float = field(default_factory=time.monotonic)
    took: float | None = None
    first_post: float | None = None
    most_closed: int = 0
    whole: float | None = None


@dataclass(slots=True)
class World:
    """The loop, the processes, the dice, what was counted, and what must not have happened.

    lost_at, back_at: from when until when the engine was away that lost everything.
    """

    seed: int
    loop: Loop
    engine: Engine
    processes: Processes
    dice: Random
    violations: Faults = field(default_factory=Faults)
    done: Counter[str] = field(default_factory=Counter)
    mishaps: list[Mishap] = field(default_factory=list)
    streams: int = 0
    closed: int = 0
    lost_at: float = 0.0
    back_at: float = 0.0
    is_ending: bool = False

    def violation(self, kind: str, where: str) -> None:
        """Note what must not happen."""
        self.violations.add(kind, f"seed {self.seed}, {where}")

    def count_closed(self, change: int) -> None:
        """Note that so many more, or fewer, streams are closed that should be open."""
        self.closed += change
        if not self.mishaps:
            return
        mishap = self.mishaps[-1]
        if self.closed:
            mishap.most_closed = max(mishap.most_closed, self.closed)
            mishap.whole = None
        else:
            mishap.whole = time.monotonic() - mishap.at

    def note_accepted(self, sent_at: float) -> None:
        """Note that a message was accepted that was sent then."""
        for mishap in self.mishaps[-1:]:
            if mishap.first_post is None and sent_at >= mishap.at:
                mishap.first_post = time.monotonic() - mishap.at
