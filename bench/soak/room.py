"""A room's life: opened, joined by eight, left and joined again, ended."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

from bench.load.sse import Seat, nickname
from bench.soak.calls import Answer
from bench.soak.member import Member
from bench.soak.record import Record
from bench.soak.world import MEMBERS, World

MOST_EVER: Final = 190
"""A room lets in 200 members in its life."""
GRACE: Final = "900"
"""Seconds: who is away in a soak comes back before."""

LAST_ANSWERS: Final = 5.0
"""Seconds after the end of a room until all that was posted there has been answered."""


class Room:
    """One room as the load sees it.

    on_ready: called once, when everybody listens; on_end: some time after nobody is left.
    """

    def __init__(
        self, world: World, on_ready: Callable[["Room"], None], on_end: Callable[["Room"], None]
    ) -> None:
        self.record = Record("-", world.faults)
        self.members: list[Member] = []
        self.is_ready = False
        self._world = world
        self._on_ready = on_ready
        self._on_end = on_end
        self._code = ""
        self._admitted = self._joining = 0
        self._opener: Member | None = None
        form = world.calls.form("/rooms", nickname="Ada", capacity=str(MEMBERS), grace=GRACE)
        world.calls.send(form, self._opened)

    @property
    def may_swap(self) -> bool:
        """Whether somebody may leave for somebody else."""
        return not self.record.is_ending and self._admitted < MOST_EVER

    def any_member(self) -> Member | None:
        """Return somebody who listens, if the dice find one."""
        member = self._world.dice.choice(self.members) if self.members else None
        return member if member and member.is_live else None

    def swap(self) -> None:
        """Let somebody leave, and somebody new join after a moment."""
        if member := self.any_member():
            self._world.done["members who left and were followed by others"] += 1
            member.leave()
            self._world.loop.after(self._world.dice.uniform(1, 3), self._fill)

    def end(self, *, by_host: bool) -> None:
        """End the room: the host closes it, or everybody leaves."""
        self.record.is_ending = True
        if by_host and self._opener and self._opener.is_live:
            seat = self._opener.seat
            form = self._world.calls.form(f"/rooms/{seat.room}/close", seat.token)
            self._world.calls.send(form, self._closed)
        else:
            self._world.done["rooms that everybody left"] += 1
            for member in tuple(self.members):
                member.leave()

    def deaf(self) -> list[Member]:
        """Return those who have heard nothing for too long."""
        return [member for member in self.members if member.is_deaf]

    def _opened(self, answer: Answer) -> None:
        if answer.status != HTTPStatus.CREATED:
            self.record.fault("a room that was refused", f"with {answer.status}")
            self._on_end(self)
            return
        self._world.done["rooms opened"] += 1
        room = answer.fields()["room"]
        self.record.room, self._code = room["id"], room["code"]
        self._opener = self._seat(answer)
        self._admitted = 1
        for _ in range(1, MEMBERS):
            self._join()

    def _fill(self) -> None:
        """Let somebody join once the seat is free: the answer to who left may be under way."""
        if len(self.members) + self._joining < MEMBERS:
            self._join()
        elif self.may_swap:
            self._world.loop.after(1, self._fill)

    def _join(self) -> None:
        if self.record.is_ending:
            return
        number = self._admitted
        name = nickname(number) if number < MEMBERS else f"Guest {number}"
        form = self._world.calls.form("/join", nickname=name, code=self._code)
        self._admitted += 1
        self._joining += 1
        self._world.calls.send(form, self._joined)

    def _joined(self, answer: Answer) -> None:
        self._joining -= 1
        if answer.status == HTTPStatus.CREATED:
            self._world.done["joins"] += 1
            member = self._seat(answer)
            if self.record.is_ending:
                member.leave()
        elif not self.record.is_ending:
            self.record.fault("a join that was refused", f"with {answer.status}")
        self._look()

    def _seat(self, answer: Answer) -> Member:
        fields = answer.fields()
        seat = Seat(fields["room"]["id"], fields["token"])
        member = Member(self._world, self.record, seat, fields["member"]["id"], self._look)
        self.members.append(member)
        member.listen()
        return member

    def _closed(self, answer: Answer) -> None:
        if answer.status != HTTPStatus.NO_CONTENT:
            self.record.fault("a close that was refused", f"with {answer.status}")
        self._world.done["rooms closed by the host"] += 1
        for member in self.members:
            member.expect_the_end()

    def _look(self) -> None:
        """See who is there, whenever somebody begins to listen or is gone."""
        self.members = [member for member in self.members if not member.is_gone]
        if not self.is_ready and sum(member.is_live for member in self.members) == MEMBERS:
            self.is_ready = True
            self._on_ready(self)
        if not self.members and not self._joining:
            self._world.loop.after(LAST_ANSWERS, partial(self._on_end, self))
