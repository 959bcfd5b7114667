"""What everybody in a soak shares."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Final

from bench.soak.calls import Calls
from bench.soak.loop import Loop
from bench.soak.record import Faults

MEMBERS: Final = 8
"""Members of a room, each with one open stream."""


@dataclass(slots=True)
class World:
    """The loop, the requests under way, the dice, and what was counted.

    done: what happened as it should, by its name in the report.
    """

    loop: Loop
    calls: Calls
    dice: Random
    faults: Faults = field(default_factory=Faults)
    done: Counter[str] = field(default_factory=Counter)
