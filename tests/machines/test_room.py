"""Random lives of a room, driven through the real lobby, engine and reaper.

Beside the room runs a small model of what must hold: who has a seat, when each was last seen,
whose nickname is whose, and whether the room is gone. The memory engine never waits, so every
step runs without an event loop.
"""

from collections.abc import Sequence
from itertools import product
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import (
    NicknameTaken,
    NoSuchRoom,
    NotHost,
    Refusal,
    RoomFull,
    WrongCode,
)
from ephemera.domain.log import Entry
from ephemera.domain.nicknames import faces
from ephemera.domain.presence import LEASE_SECONDS, LINGER_SECONDS
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission
from tests.support.rooms import NOON, a_storey, at_once

SEQUENCES: Final = 10_000
STEPS: Final = 12
LIFETIME: Final = 150.0
NICKNAMES: Final = ("Ada", "\u0430da", "Ben", "BEN", "Eve", "Mallory")
"""Some of them look alike, so that names are fought for."""

PLACES: Final = range(6)
SOMEBODY: Final = st.sampled_from(PLACES)
driven: Final[list[int]] = []
"""How many steps each sequence had that was really driven."""


class RoomMachine(RuleBasedStateMachine):
    """One room and everybody who ever had a seat in it."""

    def __init__(self) -> None:
        super().__init__()
        driven.append(0)
        self.engine = MemoryEngine()
        self.storey = a_storey(self.engine, lifetime=LIFETIME)
        self.heard: list[Entry] = []
        self.engine.listen(self.hear)
        self.ever: list[Admission] = []
        self.leases: dict[str, tuple[float, float]] = {}
        """Who has a seat: last seen when, here until when."""
        self.owners: dict[str, str] = {}
        """Whose token may use which face of a nickname."""
        self.posts: dict[tuple[str, str, str], int] = {}
        self.gone = False

    def hear(self, room_id: str, entries: Sequence[Entry]) -> None:
        assert {room_id} == {admission.room.id for admission in self.ever} or not self.ever
        self.heard.extend(entries)

    # One draw for each step: drawing is what these runs spend their time on.
    @initialize(room=st.sampled_from(tuple(product((2, 3, 4), (30, 120)))))
    def open(self, room: tuple[int, int]) -> None:
        capacity, grace = room
        self.capacity, self.grace = capacity, grace
        self.sit_down(at_once(self.storey.open("Ada", capacity=capacity, grace=grace)), None)
        for nickname in ("Ben", "Eve")[: capacity - 1]:
            self.sit_down(at_once(self.storey.join(self.ever[0], nickname)), None)

    @rule(who=st.sampled_from(tuple(product(NICKNAMES, (None, None, *PLACES)))))
    def join(self, who: tuple[str, int | None]) -> None:
        nickname, old = who
        held = None if old is None else self.pick(old)
        joining = self.storey.join(self.ever[0], nickname, held.token if held else None)
        if refusal := self.refusal_of_joining(nickname, held):
            with pytest.raises(refusal):
                at_once(joining)
            return
        admission = at_once(joining)
        if held and held.member.id in self.leases:
            assert (admission.member.id, admission.token) == (held.member.id, held.token)
        else:
            self.sit_down(admission, held)

    @rule(code=st.sampled_from(("", "0000000000", "ABCDEFGHJ!", "O" * 11)))
    def join_with_a_wrong_code(self, code: str) -> None:
        with pytest.raises(WrongCode):
            at_once(self.storey.lobby.join(code, "Mallory", "visitor", lambda _: None))

    @rule(what=st.sampled_from(tuple(product(PLACES, ("one", "two"), ("", "k", "q")))))
    def post(self, what: tuple[int, str, str]) -> None:
        who, text, key = what
        if not (author := self.pick_seated(who)):
            return
        sequence = at_once(self.storey.post(author, text, key or None))
        again = self.posts.get((author.member.id, key, text))
        if again and key:
            assert sequence == again
            return
        assert sequence == self.heard[-1].sequence
        self.posts[author.member.id, key, text] = sequence
        self.is_seen(author)

    @rule(who=SOMEBODY)
    def leave(self, who: int) -> None:
        if leaver := self.pick_seated(who):
            at_once(self.storey.leave(leaver))
            self.stand_up(leaver.member.id)

    @rule(who=SOMEBODY, sure=st.sampled_from((True, *[False] * 5)))
    def close(self, who: int, sure: bool) -> None:  # noqa: FBT001 - drawn by name
        if not (closer := self.pick_seated(who)):
            return
        seated = at_once(self.storey.seated(closer))
        if seated.member.role != "host":
            with pytest.raises(NotHost):
                at_once(self.storey.lobby.close(seated))
            return
        if not sure:  # else few rooms would grow old
            return
        at_once(self.storey.lobby.close(seated))
        for member_id in tuple(self.leases):
            self.stand_up(member_id)

    @rule(who=SOMEBODY)
    def beat(self, who: int) -> None:
        """An open stream renews the lease of its seat, of a released one too."""
        somebody = self.pick(who)
        at_once(self.storey.presence.renew(somebody.room.id, somebody.member.id))
        self.is_seen(somebody)

    @rule(visit=st.sampled_from(tuple(product(PLACES, (0.0, 5.0, 10.0)))))
    def visit(self, visit: tuple[int, float]) -> None:
        """A stream opens and closes, of which the hub tells a little later."""
        who, seconds = visit
        self.beat(who)
        closed_at = self.storey.clock()
        self.storey.clock.turn(seconds)
        visitor = self.pick(who)
        at_once(self.storey.presence.linger(visitor.room.id, visitor.member.id, closed_at))
        if visitor.member.id in self.leases:
            self.leases[visitor.member.id] = (closed_at, closed_at + LINGER_SECONDS)

    @rule(who=SOMEBODY)
    def hear_too_late_of_a_closed_stream(self, who: int) -> None:
        self.beat(who)
        visitor, long_ago = self.pick(who), self.storey.clock() - 1
        at_once(self.storey.presence.linger(visitor.room.id, visitor.member.id, long_ago))

    @rule(passing=st.sampled_from(tuple(product((1.0, 8.0, 22.0, 30.0, 90.0, 119.0), (0, 1, 1)))))
    def time_passes(self, passing: tuple[float, int]) -> None:
        """Time passes, and perhaps the reaper looks."""
        seconds, reaping = passing
        self.storey.clock.turn(seconds)
        if reaping:
            self.reap()

    def reap(self) -> None:
        while at_once(self.storey.reaper.reap_due()):
            pass
        now = self.storey.clock()
        for member_id, (seen_at, until) in tuple(self.leases.items()):
            if now >= NOON + LIFETIME or now >= max(until, seen_at + self.grace):
                self.stand_up(member_id)
        self.shows_who_is_away(now)

    @invariant()
    def the_room_is_there_exactly_while_somebody_has_a_seat(self) -> None:
        if not self.ever:
            return
        driven[-1] += 1
        snapshot = at_once(self.storey.load(self.ever[0]))
        assert (snapshot is None) == self.gone
        if snapshot is None:
            self.nothing_is_left()
            return
        members = snapshot.room.members
        assert {member.id for member in members} == set(self.leases) == set(snapshot.leases)
        assert 1 <= len(members) <= self.capacity
        assert [member.role for member in members].count("host") == 1
        self.nobody_looks_like_another([member.nickname for member in members])

    @invariant()
    def the_listener_heard_every_event_once_and_in_order(self) -> None:
        assert [entry.sequence for entry in self.heard] == list(range(1, len(self.heard) + 1))
        if self.ever and not self.gone:
            room = self.ever[0].room
            log = at_once(self.engine.read(room.id, Cursor(room.generation, 0)))
            assert log == self.heard

    @invariant()
    def only_tokens_of_seats_that_are_taken_open_the_room(self) -> None:
        for admission in self.ever:
            if admission.member.id in self.leases:
                seated = at_once(self.storey.seated(admission))
                assert seated.member.nickname == admission.member.nickname
            else:
                with pytest.raises(NoSuchRoom):
                    at_once(self.storey.seated(admission))

    def nothing_is_left(self) -> None:
        assert not self.engine._rooms
        assert not self.engine._codes
        assert not self.engine._due._index
        room = self.ever[0].room
        assert at_once(self.engine.read(room.id, None)) is None
        assert at_once(self.engine.find(room.code)) is None
        assert self.heard[-1].event.name == "room-wiped"

    def nobody_looks_like_another(self, nicknames: list[str]) -> None:
        shown = [faces(nickname) for nickname in nicknames]
        assert sum(map(len, shown)) == len(frozenset().union(*shown))

    def shows_who_is_away(self, now: float) -> None:
        if not self.gone:
            room = at_once(self.storey.room(self.ever[0]))
            away = {member.id for member in room.members if member.away_since is not None}
            assert away == {who for who, (_, until) in self.leases.items() if now >= until}

    def refusal_of_joining(self, nickname: str, held: Admission | None) -> type[Refusal] | None:
        if self.gone:
            return WrongCode
        if held and held.member.id in self.leases:
            return None
        if len(self.leases) >= self.capacity:
            return RoomFull
        owners = {self.owners.get(face) for face in faces(nickname)}
        return None if owners <= {None, held.token if held else None} else NicknameTaken

    def sit_down(self, admission: Admission, held: Admission | None) -> None:
        assert admission.member.id not in {other.member.id for other in self.ever}
        self.ever.append(admission)
        self.is_seen(admission, new=True)
        for face, token in self.owners.items():
            if held and token == held.token:
                self.owners[face] = admission.token
        self.owners |= dict.fromkeys(faces(admission.member.nickname), admission.token)

    def stand_up(self, member_id: str) -> None:
        del self.leases[member_id]
        self.gone = not self.leases

    def is_seen(self, admission: Admission, *, new: bool = False) -> None:
        if new or admission.member.id in self.leases:
            now = self.storey.clock()
            self.leases[admission.member.id] = (now, now + LEASE_SECONDS)

    def pick(self, place: int) -> Admission:
        return self.ever[place % len(self.ever)]

    def pick_seated(self, place: int) -> Admission | None:
        """Return somebody with a seat; somebody without one must be refused."""
        somebody = self.pick(place)
        if somebody.member.id in self.leases:
            return somebody
        with pytest.raises(NoSuchRoom):
            at_once(self.storey.seated(somebody))
        return None


def test_ten_thousand_random_lives_of_a_room_break_no_promise() -> None:
    driven.clear()
    run_state_machine_as_test(
        RoomMachine,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{len(driven)} sequences, {sum(driven)} steps")  # noqa: T201 - shown by pytest -s
    assert len(driven) >= SEQUENCES
    assert sum(driven) >= SEQUENCES * STEPS / 2
