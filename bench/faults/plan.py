"""How much happens in a run, and what goes wrong when."""

from dataclasses import dataclass
from random import Random
from typing import Final

FULL_ROOMS: Final = 200
FULL_SECONDS: Final = 60.0
KILL: Final = "kill -9 of a process"
STOP: Final = "SIGTERM to a process"
PAUSE: Final = "engine paused for 20 s"
DEAFEN: Final = "pub/sub connections killed"
RESTART: Final = "engine restarted"
FAILOVER: Final = "failover to the replica"
TAKES: Final = {KILL: 4.0, STOP: 3.0, PAUSE: 20.0, DEAFEN: 0.0, RESTART: 0.5, FAILOVER: 2.0}
"""Seconds, about."""
LEAST_PAUSE: Final = 2.8
"""Seconds between two of them: so long streams may take to notice, and end."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done, from when all streams are open; `posts` is messages a second in all."""

    rooms: int = FULL_ROOMS
    seconds: float = FULL_SECONDS
    posts: float = 40.0
    seed: int = 1
    sentinel: bool = False

    @property
    def is_full(self) -> bool:
        """Whether it is what the project promises to survive."""
        return self.rooms >= FULL_ROOMS and self.seconds >= FULL_SECONDS

    def mishaps(self) -> list[tuple[float, str]]:
        """Return what goes wrong, in this order, each so many seconds after the one before."""
        dice = Random(f"mishaps-{self.seed}")  # noqa: S311 - to repeat it
        names = [KILL, STOP, PAUSE, DEAFEN, FAILOVER if self.sentinel else RESTART]
        dice.shuffle(names)
        spare = self.seconds - sum(TAKES[name] for name in names)
        shares = [dice.uniform(0.7, 1.3) for _ in range(len(names) + 1)]
        pauses = [max(LEAST_PAUSE, spare * share / sum(shares)) for share in shares]
        return list(zip(pauses, names, strict=False))
