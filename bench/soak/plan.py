"""How much happens in a soak. The full one leaves the server about half of its core."""

from dataclasses import dataclass
from typing import Final

FULL_ROOMS: Final = 1_000
FULL_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done, from when all rooms are open.

    seconds: how long; posts: messages a second in all. Everything else that happens is so much
    for each message. A new room is opened for each that ends, so that the whole neither grows nor
    ages, apart from the talkative rooms, which stay and lose old messages.
    """

    rooms: int = FULL_ROOMS
    seconds: float = FULL_SECONDS
    posts: float = 50.0
    seed: int = 1
    talkative: int = 5
    talked: float = 0.3
    reloads: float = 0.4
    swaps: float = 0.08
    slow: float = 0.02
    endings: float = 0.1

    @property
    def is_full(self) -> bool:
        """Whether it is what the project promises to survive."""
        return self.rooms >= FULL_ROOMS and self.seconds >= FULL_SECONDS

    @property
    def window(self) -> float:
        """Return the seconds of the second and the last part, which are compared."""
        return self.seconds / 10
