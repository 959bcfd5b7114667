"""The lobby: open, join, post, leave, close. It looks up and makes hold; the domain decides."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

from ephemera.clock import Clock
from ephemera.domain.codes import new_code, read_code
from ephemera.domain.commands import Close, Join, Leave, Open, Post
from ephemera.domain.cursors import Cursor
from ephemera.domain.decide import open_room
from ephemera.domain.errors import NoSuchRoom, Unavailable, WrongCode
from ephemera.domain.nicknames import read_nickname
from ephemera.domain.rooms import Member, Room
from ephemera.domain.texts import read_text
from ephemera.domain.tokens import digest_of
from ephemera.engine.base import Conflict, Engine, Snapshot
from ephemera.lobby import limits
from ephemera.lobby.limits import Limits
from ephemera.lobby.retries import Retries
from ephemera.lobby.steps import Steps

RETRY_WHEN_FULL_SECONDS: Final = 60.0

HeldToken = Callable[[str], str | None]
"""Returns the token that the asker holds for a room id, if any."""


class Admission(NamedTuple):
    """A seat just taken; the token is shown once and kept nowhere."""

    room: Room
    member: Member
    token: str


class Seated(NamedTuple):
    """A member in a room, found by the member's token: the proof that they may look."""

    snapshot: Snapshot
    member: Member

    @property
    def room(self) -> Room:
        """The room as it was when the token was looked up."""
        return self.snapshot.room


class Lobby:
    """The use cases of a room. Every method may raise a `Refusal`."""

    def __init__(  # noqa: PLR0913 - all that opening and joining need
        self,
        engine: Engine,
        clock: Clock,
        limits: Limits,
        retries: Retries,
        *,
        lifetime: float,
        most_rooms: int,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._limits = limits
        self._retries = retries
        self._lifetime = lifetime
        self._most_rooms = most_rooms
        self._steps = Steps(engine)

    async def open(
        self, nickname: str, capacity: int, grace: int, visitor: str, key: str | None = None
    ) -> Admission:
        """Open a room for `capacity` seats of `grace` seconds; its opener is the host.

        The same request with the same key again is the same room.
        """
        nickname = read_nickname(nickname)
        request = (nickname, str(capacity), str(grace))
        room_id, token = self._retries.room_id(key, *request), self._retries.token(key, *request)
        if key and (known := await self._known(room_id, token)):
            return known
        if await self._engine.count_rooms() >= self._most_rooms:
            raise Unavailable(RETRY_WHEN_FULL_SECONDS)
        command = Open(
            at=self._clock(),
            room_id=room_id,
            generation=secrets.token_hex(4),
            code=new_code(),
            nickname=nickname,
            digest=digest_of(token),
            capacity=capacity,
            grace=grace,
            lifetime=self._lifetime,
        )
        room, events = open_room(command)
        await self._limits.spend((limits.ROOMS_FROM_AN_ADDRESS, visitor))
        try:
            await self._steps.start(room, events)
        except Conflict:
            # Two of 2^50 codes met, or a retry overtook its original. The next try will do.
            raise Unavailable(1.0) from None
        return Admission(room, room.members[0], token)

    async def join(
        self, code: str, nickname: str, visitor: str, held: HeldToken, key: str | None = None
    ) -> Admission:
        """Take a seat in the room that the code admits to.

        Whoever already holds a seat there comes back to it, whatever nickname
        they typed: a link followed twice must not take two seats. So does who
        sends the same request with the same key again.
        """
        nickname = read_nickname(nickname)
        snapshot = await self._admitted(code, visitor)
        shown = held(snapshot.room.id)
        token = self._retries.token(key, snapshot.room.id, nickname)
        for known in (shown, token):
            if known and (member := snapshot.room.holder_of(digest_of(known))):
                return Admission(snapshot.room, member, known)
        digest, previous = digest_of(token), digest_of(shown) if shown else None
        try:
            room = await self._steps.carry_out(
                snapshot,
                lambda _: Join(
                    at=self._clock(), nickname=nickname, digest=digest, previous=previous
                ),
            )
        except NoSuchRoom:
            raise WrongCode from None
        seated = next(member for member in room.members if room.seats[member.id].digest == digest)
        return Admission(room, seated, token)

    async def _known(self, room_id: str, token: str) -> Admission | None:
        try:
            seated = await self.seated(room_id, token)
        except NoSuchRoom:
            return None
        return Admission(seated.room, seated.member, token)

    async def _admitted(self, code: str, visitor: str) -> Snapshot:
        """Return the room behind the code; what a wrong code costs is given back for a good one."""
        spendings = (
            (limits.FAILED_JOINS_FROM_AN_ADDRESS, visitor),
            (limits.FAILED_JOINS_IN_ALL, ""),
        )
        await self._limits.spend(*spendings)
        known = read_code(code)
        room_id = await self._engine.find(known) if known else None
        snapshot = await self._engine.load(room_id) if room_id else None
        if snapshot is None:
            raise WrongCode
        await self._limits.refund(*spendings)
        return snapshot

    async def seated(self, room_id: str, token: str | None) -> Seated:
        """Return the member whose token this is. Looking it up is the authorisation.

        Raises `NoSuchRoom` for a room that is unknown, wiped, or not the asker's.
        """
        snapshot = await self._engine.load(room_id)
        member = snapshot.room.holder_of(digest_of(token)) if snapshot and token else None
        if snapshot is None or member is None:
            raise NoSuchRoom
        return Seated(snapshot, member)

    async def post(self, seated: Seated, text: str, key: str | None = None) -> Cursor:
        """Say something, and return the cursor of the message.

        The same text with the same key again is the same message.
        """
        text, member_id = read_text(text), seated.member.id
        fingerprint = _fingerprint(key, text) if key else None
        if fingerprint and (known := seated.room.sequence_of(member_id, fingerprint)):
            return Cursor(seated.room.generation, known)
        await self._limits.spend(
            (limits.MESSAGES_OF_A_SEAT, f"{seated.room.id}/{member_id}"),
            (limits.MESSAGES_IN_A_ROOM, seated.room.id),
        )
        room = await self._steps.carry_out(
            seated.snapshot,
            lambda _: Post(
                at=self._clock(), member_id=member_id, text=text, fingerprint=fingerprint
            ),
        )
        known = room.sequence_of(member_id, fingerprint) if fingerprint else None
        return Cursor(room.generation, known or room.sequence)

    async def leave(self, seated: Seated) -> None:
        """Give the seat up; the room of the last one ends at once."""
        await self._steps.carry_out(
            seated.snapshot, lambda _: Leave(at=self._clock(), member_id=seated.member.id)
        )

    async def close(self, seated: Seated) -> None:
        """End the room for all. Raises `NotHost`."""
        await self._steps.carry_out(
            seated.snapshot, lambda _: Close(at=self._clock(), member_id=seated.member.id)
        )


def _fingerprint(key: str, text: str) -> str:
    """Return what tells a retry from a new message: an edited draft is not a retry."""
    return hashlib.sha256(f"{key}\0{text}".encode()).hexdigest()[:32]
