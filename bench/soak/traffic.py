"""What happens in a soak, by seeded dice: posts, reloads, swaps, slow readers, ends of rooms."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from bench.soak.member import Member
from bench.soak.plan import Plan
from bench.soak.room import Room
from bench.soak.talk import Talk
from bench.soak.world import MEMBERS, World

ROOMS_AT_ONCE: Final = 4
"""So many rooms are filled, or emptied, at the same time: a burst that is paced by the server."""
A_ROOM_TAKES: Final = 2.0
"""Seconds after which we give up filling rooms, for each room."""
CALMS_DOWN_WITHIN: Final = 90.0
"""Seconds until the slowest reader has everything, when nothing more is said."""
BREAKS: Final = {"with a goodbye": 5, "with a reset": 5, "in the middle": 4, "silently": 2}
"""How streams break, and how often in proportion."""
PAGES: Final = 0.2
"""So many of those whose stream broke load the page anew."""
PAUSES: Final = ((0.05, 2.0), (2.0, 7.0), (10.0, 25.0))
"""Seconds between a break and the return: unnoticed, and so long that the others see it."""
PAUSE_WEIGHTS: Final = (7, 2, 1)
SLOW_SECONDS: Final = (3.0, 35.0)
TALKATIVE_SHARE: Final = 0.05
"""Of what is not said, so much happens in the talkative rooms."""


class Traffic:
    """All rooms, and what happens in them."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.rooms: list[Room] = []
        self._world = world
        self._plan = plan
        self._talk = Talk(world)
        self._talkative: list[Room] = []
        self._unfinished = 0
        self._opening = 0
        self._wanted = 0
        self._goes_on = False

    @property
    def members(self) -> list[Member]:
        """Return everybody in rooms that are not ending."""
        return [member for room in self.rooms for member in room.members]

    def open_rooms(self) -> None:
        """Open all rooms, as fast as the server lets everybody in."""
        self._wanted = self._plan.rooms
        self._open_some()
        within = 30 + self._plan.rooms * A_ROOM_TAKES
        self._world.loop.until(self._is_full, within, "opening the rooms")
        self._talkative = self.rooms[: self._plan.talkative]

    def run(self, seconds: float) -> None:
        """Let everything happen for so many seconds."""
        plan, self._goes_on = self._plan, True
        self._repeat(plan.posts, self._post)
        self._repeat(plan.posts * plan.reloads, self._reload)
        self._repeat(plan.posts * plan.swaps, self._swap)
        self._repeat(plan.posts * plan.slow, self._slow_down)
        self._repeat(plan.posts * plan.endings, self._end_oldest)
        self._world.loop.run(seconds)
        self._goes_on = False

    def calm_down(self) -> None:
        """Wait until everybody is back and has everything; note who has not."""
        deadline = time.monotonic() + CALMS_DOWN_WITHIN
        while not self._is_calm() and time.monotonic() < deadline:
            self._world.loop.run(0.5)
        for room in self.rooms:
            for member in room.members:
                if not member.is_up_to_date:
                    room.record.fault("a member without the newest event", member.place)

    def leave(self) -> None:
        """Let everybody leave every room, a few rooms at the same time."""
        self._wanted = 0
        leaving: list[Room] = []
        while self.rooms or leaving:
            leaving = [room for room in leaving if room.members]
            while self.rooms and len(leaving) < ROOMS_AT_ONCE:
                leaving.append(self.rooms.pop())
                leaving[-1].end(by_host=False)
            self._world.loop.turn(0.02)
        within = CALMS_DOWN_WITHIN
        self._world.loop.until(lambda: not self._unfinished, within, "leaving the rooms")

    def look_for_deaf(self) -> None:
        """Note those whose streams are open and silent."""
        for room in self.rooms:
            for member in room.deaf():
                room.record.fault("a stream without heartbeats", member.place)

    def _open_some(self) -> None:
        while self._opening < ROOMS_AT_ONCE and len(self.rooms) + self._opening < self._wanted:
            self._opening += 1
            self._unfinished += 1
            Room(self._world, self._ready, self._ended)

    def _ready(self, room: Room) -> None:
        self._opening -= 1
        self.rooms.append(room)
        self._open_some()

    def _ended(self, room: Room) -> None:
        room.record.check_accepted()
        self._unfinished -= 1

    def _is_full(self) -> bool:
        return len(self.rooms) >= self._wanted

    def _is_calm(self) -> bool:
        if self._opening or self._world.calls.under_way:
            return False
        return all(member.is_up_to_date for member in self.members) and all(
            len(room.members) == MEMBERS for room in self.rooms if room.may_swap
        )

    def _repeat(self, rate: float, do: Callable[[], None]) -> None:
        """Do it again and again, at random times that are `rate` a second on average."""
        if self._goes_on:
            pause = self._world.dice.expovariate(rate)
            self._world.loop.after(pause, partial(self._once_more, rate, do))

    def _once_more(self, rate: float, do: Callable[[], None]) -> None:
        if self._goes_on:
            do()
            self._repeat(rate, do)

    def _any_room(self, talkative: float) -> Room:
        dice = self._world.dice
        return dice.choice(self._talkative if dice.random() < talkative else self.rooms)

    def _post(self) -> None:
        room = self._any_room(self._plan.talked)
        if member := room.any_member():
            self._talk.post(room.record, member)

    def _reload(self) -> None:
        member, dice = self._any_room(TALKATIVE_SHARE).any_member(), self._world.dice
        if member is None:
            return
        how = dice.choices([*BREAKS], [*BREAKS.values()])[0]
        pause = dice.uniform(*dice.choices(PAUSES, PAUSE_WEIGHTS)[0])
        again = member.reload if dice.random() < PAGES else member.listen
        self._world.done[f"streams broken off {how}"] += 1
        member.break_off(how, partial(self._world.loop.after, pause, again))

    def _swap(self) -> None:
        room = self._any_room(TALKATIVE_SHARE)
        if room.may_swap:
            room.swap()

    def _slow_down(self) -> None:
        if member := self._any_room(TALKATIVE_SHARE).any_member():
            self._world.done["readers slow for a while"] += 1
            member.dawdle(self._world.dice.uniform(*SLOW_SECONDS))

    def _end_oldest(self) -> None:
        quiet = len(self._talkative)  # the talkative ones are the oldest, and stay
        if self._opening < ROOMS_AT_ONCE and len(self.rooms) > quiet:
            room = self.rooms.pop(quiet)
            room.end(by_host=self._world.dice.random() < 1 / 2)
            self._open_some()
