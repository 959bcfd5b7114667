"""Coming back: to a place that was lost because the grace was over, and to one that is still held.

The token proves whose place it was; nobody else learns that there is a room.
"""

import hmac
from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from ephemera.clock import Clock
from ephemera.domain.commands import By, ComeBack, Command, Leave, Withdraw
from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.log import Snapshot
from ephemera.domain.rooms import Lapsed, Room
from ephemera.domain.tokens import digest_of
from ephemera.engine.base import Engine
from ephemera.lobby.idempotency import IdempotencyKeys
from ephemera.lobby.limits import Limits
from ephemera.lobby.lobby import Admission, Waiting, placed_in, price
from ephemera.lobby.steps import Steps

MOST_LOOKED_UP: Final = 8
"""Of how many tokens that a browser shows at once the rooms are looked up."""


class LostPlace(NamedTuple):
    """A place that was lost, found by the token of the seat that it had."""

    room: Room
    lapsed: Lapsed


class HeldPlace(NamedTuple):
    """A room in which a token opens a seat, or (`is_lost`) did until its grace was over."""

    room: Room
    nickname: str
    is_lost: bool


class Returning:
    """The use cases of who has been here before. Every method may raise a `Refusal`."""

    def __init__(self, engine: Engine, clock: Clock, limits: Limits, keys: IdempotencyKeys) -> None:
        self._engine = engine
        self._limits = limits
        self._keys = keys
        self._steps = Steps(engine, clock)

    async def lost(self, room_id: str, token: str | None) -> LostPlace:
        """Return the place that was lost. Raises `NoSuchRoom` for everybody else."""
        snapshot = await self._engine.load(room_id) if token else None
        lapsed = snapshot.room.lapse_of(digest_of(token)) if snapshot and token else None
        if snapshot is None or lapsed is None:
            raise NoSuchRoom
        return LostPlace(snapshot.room, lapsed)

    async def come_back(
        self, room_id: str, token: str | None, visitor: str, key: str | None = None
    ) -> Admission | Waiting:
        """Take the place again, without the code; or knock, where one asks before entering.

        The same request with the same key again is the same seat.
        """
        snapshot = await self._engine.load(room_id) if token else None
        if snapshot is None or token is None:
            raise NoSuchRoom
        fresh = self._keys.token(key, "return", room_id, token)
        if known := placed_in(snapshot.room, fresh):
            return known
        room = await self._take_again(snapshot, token, fresh, visitor)
        placed = placed_in(room, fresh)
        assert placed  # noqa: S101 # that is what coming back does
        return placed

    async def _take_again(self, snapshot: Snapshot, token: str, fresh: str, visitor: str) -> Room:
        previous = digest_of(token)
        if snapshot.room.lapse_of(previous) is None:
            raise NoSuchRoom
        asks = snapshot.room.options.ask
        async with self._limits.paying(
            *price(snapshot.room, visitor, asks=asks), refunding=not asks
        ):
            return await self._steps.carry_out(
                snapshot, ComeBack(digest=digest_of(fresh), previous=previous)
            )

    async def held(self, tokens: Iterable[tuple[str, str]]) -> list[HeldPlace]:
        """Return the places of the first few of these rooms and tokens, of living rooms only."""
        places = []
        for room_id, token in islice(tokens, MOST_LOOKED_UP):
            snapshot = await self._engine.load(room_id)
            if snapshot and (place := _held_in(snapshot.room, digest_of(token))):
                places.append(place)
        return places

    def proof(self, room_id: str, token: str) -> str:
        """Return what proves, without the token, that its place was taken just now."""
        return self._keys.proof(room_id, digest_of(token))

    async def give_up(self, room_id: str, proof: str) -> None:
        """Undo what took the place of which this is the proof, unless its holder has been seen.

        Raises `NoSuchRoom` when there is no such place.
        """
        if not proof:
            raise NoSuchRoom
        snapshot = await self._steps.load(room_id)
        await self._steps.carry_out(snapshot, self._undoing(snapshot, proof))

    def _undoing(self, snapshot: Snapshot, proof: str) -> Command:
        room, leases = snapshot
        for member in room.members:
            is_unseen = leases[member.id].seen_at <= member.joined_at
            if is_unseen and self._proves(proof, room, room.seats[member.id].digest):
                return By(member.id, Leave())
        for knock_id, knocker in room.knockers.items():
            if self._proves(proof, room, knocker.digest):
                return Withdraw(knock_id=knock_id)
        raise NoSuchRoom

    def _proves(self, proof: str, room: Room, digest: str) -> bool:
        expected = self._keys.proof(room.id, digest)
        return hmac.compare_digest(proof.encode(), expected.encode())


def _held_in(room: Room, digest: str) -> HeldPlace | None:
    if member := room.holder_of(digest):
        return HeldPlace(room, member.nickname, is_lost=False)
    if lapsed := room.lapse_of(digest):
        return HeldPlace(room, lapsed.member.nickname, is_lost=True)
    return None
