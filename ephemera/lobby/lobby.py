"""The lobby: open, join, act, leave, close. It looks up and makes hold; the domain decides."""

import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

from ephemera.clock import Clock
from ephemera.domain.codes import new_code
from ephemera.domain.commands import Act, By, Close, Join, Leave, Open, Withdraw
from ephemera.domain.decide import open_room
from ephemera.domain.errors import NoSuchRoom, Unavailable, WrongCode
from ephemera.domain.log import Snapshot
from ephemera.domain.nicknames import read_nickname
from ephemera.domain.pasted import read_pasted
from ephemera.domain.rooms import Knock, Member, Options, Room, TurnedAway
from ephemera.domain.tokens import digest_of
from ephemera.engine.base import Conflict, Engine
from ephemera.lobby import limits
from ephemera.lobby.codes import Codes
from ephemera.lobby.idempotency import IdempotencyKeys
from ephemera.lobby.limits import Limit, Limits, network_of
from ephemera.lobby.opening import Opening
from ephemera.lobby.steps import Steps

RETRY_WHEN_FULL_SECONDS: Final = 60.0

HeldToken = Callable[[str], str | None]
"""Returns the token that the asker holds for a room id, if any."""


class Admission(NamedTuple):
    """A seat just taken; the token is shown once and kept nowhere."""

    room: Room
    member: Member
    token: str


class _Known(NamedTuple):
    """A seat taken by a request with the same key, and whether its holder has been seen since."""

    admission: Admission
    has_shown_life: bool


class Waiting(NamedTuple):
    """A place at the door just taken; the token opens the seat once they are let in."""

    room: Room
    knock: Knock
    token: str


class Seated(NamedTuple):
    """A member in a room, found by the member's token: the proof that they may look."""

    snapshot: Snapshot
    member: Member

    @property
    def room(self) -> Room:
        """The room as it was when the token was looked up."""
        return self.snapshot.room


class AtTheDoor(NamedTuple):
    """Somebody who waits, or was turned away, found by their token."""

    snapshot: Snapshot
    knock: Knock | TurnedAway

    @property
    def room(self) -> Room:
        """The room as it was when the token was looked up. Nothing of it is theirs to see."""
        return self.snapshot.room


class Lobby:
    """The use cases of a room. Every method may raise a `Refusal`."""

    def __init__(  # noqa: PLR0913 - all that opening and joining need
        self,
        engine: Engine,
        clock: Clock,
        limits: Limits,
        keys: IdempotencyKeys,
        opening: Opening,
        *,
        lifetime: float,
        most_rooms: int,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._limits = limits
        self._keys = keys
        self._opening = opening
        self._codes = Codes(engine, limits)
        self._lifetime = lifetime
        self._most_rooms = most_rooms
        self._steps = Steps(engine, clock)

    async def open(
        self,
        nickname: str,
        options: Options,
        visitor: str,
        key: str | None = None,
        *,
        opening_key: str = "",
    ) -> Admission:
        """Open a room; its opener is the host.

        The same request with the same key again is the same room. The `opening_key` is what an
        operator may want of who opens one.
        """
        await self._opening.check(opening_key, visitor)
        nickname = read_nickname(nickname)
        request = (nickname, repr(options))
        room_id, token = self._keys.room_id(key, *request), self._keys.token(key, *request)
        if key and (known := await self._known(room_id, token)):
            if not known.has_shown_life:
                return known.admission
            # The answer has arrived: the key dies with its request. Whoever goes back to the
            # form and opens a room again, for somebody else, must not get this one.
            room_id, token = self._keys.room_id(None), self._keys.token(None)
        if await self._engine.count_rooms() >= self._most_rooms:
            raise Unavailable(RETRY_WHEN_FULL_SECONDS)
        room, events = open_room(self._command(nickname, options, room_id, token), self._clock())
        await self._limits.spend(
            (limits.ROOMS_FROM_AN_ADDRESS, visitor),
            (limits.ROOMS_FROM_A_NETWORK, network_of(visitor)),
        )
        try:
            await self._steps.start(room, events)
        except Conflict:
            # Two of 2^50 codes met, or a retry overtook its original. The next try will do.
            raise Unavailable(1.0) from None
        return Admission(room, room.members[0], token)

    def _command(self, nickname: str, options: Options, room_id: str, token: str) -> Open:
        return Open(
            room_id=room_id,
            generation=secrets.token_hex(4),
            code=new_code(room_id),
            nickname=nickname,
            digest=digest_of(token),
            options=options,
            lifetime=self._lifetime,
        )

    async def join(
        self, code: str, nickname: str, visitor: str, held: HeldToken, key: str | None = None
    ) -> Admission | Waiting:
        """Take a seat, or a place at the door, in the room that what was typed leads to.

        Whoever already holds a seat there comes back to it, whatever nickname
        they typed: a link followed twice must not take two seats. So does who
        sends the same request with the same key again.
        """
        nickname = read_nickname(nickname)
        pasted = read_pasted(code)
        word = pasted.word
        snapshot = await self._codes.look_up(pasted, visitor)
        shown = held(snapshot.room.id)
        token = self._keys.token(key, snapshot.room.id, nickname)
        asks = snapshot.room.options.ask and word is None
        for known in (shown, token):
            placed = placed_in(snapshot.room, known) if known else None
            if placed and (asks or isinstance(placed, Admission)):
                return placed  # who need not ask any more does not wait any more, either
        if word and not snapshot.room.invitation_of(word.digest, self._clock()):
            await self._codes.refuse(visitor)
        command = Join(
            nickname=nickname,
            digest=digest_of(token),
            code=pasted.code,
            word=word.digest if word else None,
            previous=digest_of(shown) if shown else None,
        )
        cost = price(snapshot.room, visitor, asks=asks)
        try:
            async with self._limits.paying(*cost, refunding=not asks):
                room = await self._steps.carry_out(snapshot, command)
        except NoSuchRoom:
            raise WrongCode from None
        placed = placed_in(room, token)
        assert placed  # noqa: S101 # that is what joining does
        return placed

    async def _known(self, room_id: str, token: str) -> "_Known | None":
        try:
            seated = await self.seated(room_id, token)
        except NoSuchRoom:
            return None
        seen_at = seated.snapshot.leases[seated.member.id].seen_at
        admission = Admission(seated.room, seated.member, token)
        return _Known(admission, has_shown_life=seen_at > seated.room.opened_at)

    async def seated(self, room_id: str, token: str | None) -> Seated:
        """Return the member whose token this is. Looking it up is the authorisation.

        Raises `NoSuchRoom` for a room that is unknown, wiped, or not the asker's. Who shows nothing
        gets that at once: the engine has nothing to look up.
        """
        snapshot = await self._engine.load(room_id) if token else None
        member = snapshot.room.holder_of(digest_of(token)) if snapshot and token else None
        if snapshot is None or member is None:
            raise NoSuchRoom
        return Seated(snapshot, member)

    async def author(self, room_id: str, token: str | None) -> Seated:
        """Return the member whose token this is, as far as is known without looking it up.

        Only for what ends in a commit, which looks. Raises as `seated` does.
        """
        known = self._engine.recall(room_id)
        member = known.room.holder_of(digest_of(token)) if known and token else None
        return Seated(known, member) if known and member else await self.seated(room_id, token)

    async def at_the_door(self, room_id: str, token: str | None) -> AtTheDoor:
        """Return the knock whose token this is, or how it ended. Raises `NoSuchRoom`."""
        snapshot = await self._engine.load(room_id) if token else None
        if snapshot is None or token is None:
            raise NoSuchRoom
        digest = digest_of(token)
        knock = snapshot.room.knock_of(digest) or snapshot.room.turned_away.get(digest)
        if knock is None:
            raise NoSuchRoom
        return AtTheDoor(snapshot, knock)

    async def withdraw(self, waiting: AtTheDoor) -> None:
        """Wait no longer."""
        knock = waiting.knock
        if isinstance(knock, Knock):
            await self._steps.carry_out(waiting.snapshot, Withdraw(knock_id=knock.id))

    async def count_rooms(self) -> int:
        """Return how many rooms there are."""
        return await self._engine.count_rooms()

    async def afford(self, room_id: str, seat: str) -> None:
        """Take what it costs to show somebody all of a room from their budget."""
        await self._limits.spend((limits.READS_OF_A_SEAT, f"{room_id}/{seat}"))

    async def act(self, seated: Seated, act: Act) -> Room:
        """Let a member do something; return the room after it."""
        await self._limits.spend((limits.ACTS_OF_A_SEAT, f"{seated.room.id}/{seated.member.id}"))
        return await self._carry_out(seated, act)

    async def leave(self, seated: Seated, sure: str = "yes") -> None:
        """Give the seat up; the room of the last one ends at once. For `sure`, see `Leave`."""
        await self._carry_out(seated, Leave(sure=sure))

    async def close(self, seated: Seated) -> None:
        """End the room for all. Raises `NotHost`."""
        await self._carry_out(seated, Close())

    async def _carry_out(self, seated: Seated, act: Act) -> Room:
        return await self._steps.carry_out(seated.snapshot, By(seated.member.id, act))


def price(room: Room, visitor: str, *, asks: bool) -> tuple[tuple[Limit, str], ...]:
    """Return what a new seat costs, or a place at the door for who asks to be let in."""
    if asks:
        return ((limits.KNOCKS_FROM_AN_ADDRESS, visitor),)
    return (limits.JOINS_FROM_AN_ADDRESS, visitor), (limits.JOINS_IN_A_ROOM, room.id)


def placed_in(room: Room, token: str) -> Admission | Waiting | None:
    """Return the place of the token in the room, if it has one."""
    digest = digest_of(token)
    if member := room.holder_of(digest):
        return Admission(room, member, token)
    if knock := room.knock_of(digest):
        return Waiting(room, knock, token)
    return None
