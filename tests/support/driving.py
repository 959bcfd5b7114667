"""A room that is driven at random, with the model beside it: all but the rules themselves."""

import secrets
from collections import Counter
from dataclasses import replace
from typing import Final

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant

from ephemera.domain import commands as c
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import (
    Locked,
    Muted,
    NoSuchRoom,
    NotHost,
    Refusal,
    Removed,
    RoomFull,
    WrongCode,
)
from ephemera.domain.log import Entry
from ephemera.domain.rooms import Room
from ephemera.domain.tokens import digest_of
from ephemera.domain.words import Word
from ephemera.engine.memory import MemoryEngine
from ephemera.engine.redis.records import pieces_of, room_from_pieces
from ephemera.lobby.lobby import Admission, Seated, Waiting
from tests.support.kinds import all_below
from tests.support.losing import lose_and_bring_back
from tests.support.model import Model, Somebody, Way
from tests.support.rooms import a_storey, at_once

FOR_HOSTS: Final = frozenset(
    {c.Remove, c.Mute, c.Appoint, c.Resign, c.Lock, c.Rotate, c.Invite, c.Revoke}
    | {c.ChangeOptions, c.Close}
)
assert all_below(c.Power) == FOR_HOSTS, "what only a host may do is said in two places on purpose"
FOR_VOICES: Final = frozenset({c.Post, c.Edit, c.React})
NO_CODE: Final = "0" * 10

driven: Final[list[int]] = []
"""How many steps each sequence had that was really driven."""
granted: Final[Counter[type[c.Command | c.Act]]] = Counter()
refused: Final[Counter[type[c.Command | c.Act]]] = Counter()


class Driven(RuleBasedStateMachine):
    """One room, and everybody who ever came to its door."""

    def __init__(self) -> None:
        super().__init__()
        driven.append(0)
        self.engine = MemoryEngine()
        self.storey = a_storey(self.engine)
        self.heard: list[Entry] = []
        self.engine.listen(lambda _, entries: self.heard.extend(entries))
        self.model = Model()
        self.room_id = ""
        self.lost = 0
        """The sequence up to which the log was lost."""
        self.number = 0

    def teardown(self) -> None:
        """Whatever became of some of the rooms can leave the process and come back."""
        room = self.room()
        if room and len(driven) % 10 == 0:
            assert room_from_pieces(pieces_of(None, room).changed) == room

    @property
    def now(self) -> float:
        return self.storey.clock()

    def room(self) -> Room | None:
        snapshot = at_once(self.engine.load(self.room_id))
        return snapshot.room if snapshot else None

    def next(self) -> int:
        self.number += 1
        return self.number

    def pick(self, place: int) -> Somebody:
        return self.model.people[place % len(self.model.people)]

    def message(self, place: int) -> int | None:
        """Return one of the newest messages, a gone one too."""
        said = list(self.model.said)
        return said[-1 - place % len(said)] if said else None

    def look_up(self, somebody: Somebody) -> Seated | None:
        """Return the seat; somebody without one must be refused."""
        if somebody.member_id:
            return at_once(self.storey.lobby.seated(self.room_id, somebody.token))
        with pytest.raises(NoSuchRoom):
            at_once(self.storey.lobby.seated(self.room_id, somebody.token))
        return None

    def do(self, who: int, act: c.Act) -> Room | None:
        """Let somebody do it; return the room if anything came of it."""
        somebody, kind = self.pick(who), type(act)
        seated = self.look_up(somebody)
        if seated is None:
            return None
        try:
            room = at_once(self.storey.lobby.act(seated, act))
        except Refusal as refusal:
            self.was_refused(somebody, seated, kind, refusal)
            return None
        assert somebody.is_host or kind not in FOR_HOSTS
        assert not (somebody.is_muted and kind in FOR_VOICES)
        assert getattr(act, "message", self.number + 10**6) > seated.member.horizon
        if room.sequence == seated.room.sequence:
            return None
        granted[kind] += 1
        return room

    def was_refused(
        self, somebody: Somebody, seated: Seated, kind: type[c.Act], refusal: Refusal
    ) -> None:
        refused[kind] += 1
        assert self.room() == seated.room
        if kind in FOR_HOSTS:
            assert isinstance(refusal, NotHost) != somebody.is_host
        if isinstance(refusal, Muted):
            assert somebody.is_muted
            assert kind in FOR_VOICES

    def come(self, held: Somebody | None, way: str) -> None:
        """Somebody comes to the door, with a token that they hold, by the code or by a word."""
        before = self.room()
        invitation = self.model.ways[-1] if way == "word" and self.model.ways else None
        code = before.code if before and way == "code" else NO_CODE
        if way == "old":
            code = next(iter(self.model.dead_codes), NO_CODE)
        elif invitation:
            code = invitation.word
        nickname = held.nickname if held else f"Guest {self.next()}"
        token = held.token if held else None
        try:
            place = at_once(self.storey.lobby.join(code, nickname, "visitor", lambda _: token))
        except Refusal as refusal:
            assert self.room() == before
            refused[c.Join] += 1
            self.was_turned_away(held, way, before, invitation, refusal)
            return
        assert before
        assert way != "old"
        if place.token == token:
            assert held
            assert held.member_id or held.knock_id
        else:
            assert not (held and held.is_banned)
            granted[c.Join] += 1
            self.came(held, before, invitation, place)

    def came(
        self, held: Somebody | None, before: Room, by: Way | None, place: Admission | Waiting
    ) -> None:
        came = Somebody(place.token, "")
        self.model.comes(came, held)
        assert isinstance(place, Waiting) == (before.options.ask and by is None)
        if by:
            assert by.is_open(self.now)
            by.taken += 1
        else:
            assert not before.locked
        if isinstance(place, Waiting):
            came.nickname, came.knock_id = place.knock.nickname, place.knock.id
            came.waits_until = place.knock.expires_at
        else:
            self.model.sits(came, place.member)
            later = before.options.newcomers == "later"
            assert place.member.horizon == (place.room.sequence - 1 if later else 0)

    def stay_away(self, somebody: Somebody) -> None:
        """Let somebody be away for longer than the grace, while the others look in."""
        others = [member_id for member_id in self.model.seated if member_id != somebody.member_id]
        self.storey.clock.turn(3601)
        at_once(self.storey.presence.renew(self.room_id, *others))
        while at_once(self.storey.reaper.reap_due()):
            pass
        self.model.time_is(self.now)
        if somebody.member_id:
            self.model.stands_up(somebody, self.room())

    def come_back(self, somebody: Somebody) -> None:
        """Somebody wants a place again that they have lost, or have not."""
        before = self.room()
        lost = before.lapse_of(digest_of(somebody.token)) if before else None
        try:
            place = at_once(
                self.storey.returning.come_back(self.room_id, somebody.token, "visitor")
            )
        except NoSuchRoom:
            assert lost is None
            refused[c.ComeBack] += 1
            return
        except Refusal:
            assert self.room() == before
            refused[c.ComeBack] += 1
            return
        assert before
        assert lost
        assert not somebody.is_banned
        granted[c.ComeBack] += 1
        self.came(somebody, before, None, place)

    def was_turned_away(
        self,
        held: Somebody | None,
        way: str,
        before: Room | None,
        by: Way | None,
        refusal: Refusal,
    ) -> None:
        if before is None or way == "old":
            assert isinstance(refusal, WrongCode)
        elif isinstance(refusal, WrongCode):
            assert way == "word"
            assert not (by and by.is_open(self.now))
        elif isinstance(refusal, Locked):
            assert before.locked
            assert way == "code"
        elif isinstance(refusal, Removed):
            assert held
            assert held.is_banned
        elif isinstance(refusal, RoomFull):
            assert len(self.model.seated) >= before.options.capacity

    def lose(self) -> None:
        """The engine loses the room, and whoever still knows it brings it back."""
        before = self.room()
        if before is None:
            return
        at_once(lose_and_bring_back(self.engine, before.id, self.storey.clock))
        granted[c.Restore] += 1
        self.model.words_are_lost()
        self.lost, after = before.sequence, self.room()
        assert after
        assert after.generation != before.generation
        assert after == replace(
            before, generation=after.generation, sequence=before.sequence + 1, traces={}
        )

    def new_word(self) -> Word:
        return Word(self.room_id, secrets.token_urlsafe(32))

    @invariant()
    def everything_is_as_it_must_be(self) -> None:
        if not self.room_id:
            return
        driven[-1] += 1
        assert [entry.sequence for entry in self.heard] == list(range(1, len(self.heard) + 1))
        room = self.room()
        assert (room is None) == self.model.gone
        for code in self.model.dead_codes:
            assert at_once(self.engine.find(code)) is None
        if room is None:
            assert not self.engine._rooms
            assert not self.engine._codes
            assert not self.engine._due._index
        else:
            self.model.check(room, self.now)
            self.only_tokens_of_seats_open(room)
            self.words_taken_back_are_nowhere(room)

    def only_tokens_of_seats_open(self, room: Room) -> None:
        for somebody in self.model.people:
            digest = digest_of(somebody.token)
            member, knock = room.holder_of(digest), room.knock_of(digest)
            assert somebody.member_id == (member.id if member else None)
            assert somebody.knock_id == (knock.id if knock else None)

    def words_taken_back_are_nowhere(self, room: Room) -> None:
        log = at_once(self.engine.read(room.id, Cursor(room.generation, self.lost)))
        assert log is not None
        assert [one.cursor for one in log] == [one.cursor for one in self.heard[self.lost :]]
        if self.model.dead_words:
            kept = repr(self.engine._rooms[room.id])
            assert not [words for words in self.model.dead_words if words in kept]
