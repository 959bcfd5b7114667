"""What is said in a room, and who is about to say something."""

import hashlib
from dataclasses import replace
from typing import Final

from ephemera.clock import Clock
from ephemera.domain.commands import By, Edit, Post
from ephemera.domain.cursors import Cursor
from ephemera.domain.events import MemberWriting, MessagePosted, Quote, first_line
from ephemera.domain.log import Snapshot
from ephemera.domain.rooms import Room
from ephemera.domain.texts import read_text
from ephemera.engine.base import Engine
from ephemera.lobby import limits
from ephemera.lobby.limits import Limit, Limits
from ephemera.lobby.lobby import Seated
from ephemera.lobby.steps import Steps

WRITING: Final = Limit("writing", 1 / 3, 1)
"""Not a guard but what the signal is: told once in three seconds, however often it is given."""


class Talk:
    """Messages, as their authors write them. Every method may raise a `Refusal`."""

    def __init__(self, engine: Engine, clock: Clock, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._writing = Limits(engine, clock)
        self._steps = Steps(engine, clock)

    async def post(
        self, seated: Seated, text: str, key: str | None = None, reply: int | None = None
    ) -> Cursor:
        """Say something, perhaps in reply to message number `reply`; return its cursor.

        The same text with the same key again is the same message.
        """
        text, member_id = read_text(text), seated.member.id
        fingerprint = _fingerprint(key, text) if key else None
        if fingerprint and (known := seated.room.sequence_of(member_id, fingerprint)):
            return Cursor(seated.room.generation, known)
        await self._spend(seated)
        said = Post(text=text, fingerprint=fingerprint)
        if reply is None:
            room = await self._steps.carry_out(seated.snapshot, By(member_id, said))
        else:
            room = await self._reply(seated, said, reply)
        known = room.sequence_of(member_id, fingerprint) if fingerprint else None
        return Cursor(room.generation, known or room.sequence)

    async def edit(self, seated: Seated, message: int, text: str) -> Room:
        """Put other words in the place of those of one's message of that number."""
        text = read_text(text)
        await self._spend(seated)
        return await self._steps.carry_out(
            seated.snapshot, By(seated.member.id, Edit(message=message, text=text))
        )

    async def find(self, seated: Seated, message: int) -> MessagePosted | None:
        """Return the message of that number, if the member may read it and the log still has it."""
        if not seated.member.horizon < message <= seated.room.sequence:
            return None
        before = Cursor(seated.room.generation, message - 1)
        for entry in await self._engine.read(seated.room.id, before) or ():
            seen = entry.seen_from(seated.member.horizon)
            if entry.sequence == message and seen and isinstance(seen.event, MessagePosted):
                return seen.event
        return None

    async def signal_writing(self, seated: Seated) -> None:
        """Let the others know that somebody types; who is muted types for themselves."""
        member = seated.member
        if member.muted or not await self._writing.allow(WRITING, f"{seated.room.id}/{member.id}"):
            return
        await self._engine.signal(seated.room.id, MemberWriting(member=member))

    async def quote(self, seated: Seated, message: int) -> Quote | None:
        """Return what a reply to the message says of it, if it can still be read."""
        found = await self.find(seated, message)
        if found is None:
            return None
        return Quote(message, found.member_id, found.nickname, first_line(found.text))

    async def _reply(self, seated: Seated, said: Post, to: int) -> Room:
        """Say it; what it quotes are the words of the very room it is said in, never older ones."""

        async def quoting(snapshot: Snapshot) -> By:
            quote = await self.quote(seated._replace(snapshot=snapshot), to)
            return By(seated.member.id, replace(said, reply=quote))

        snapshot = seated.snapshot
        return await self._steps.carry_out(snapshot, await quoting(snapshot), anew=quoting)

    async def _spend(self, seated: Seated) -> None:
        await self._limits.spend(
            (limits.MESSAGES_OF_A_SEAT, f"{seated.room.id}/{seated.member.id}"),
            (limits.MESSAGES_IN_A_ROOM, seated.room.id),
        )


def _fingerprint(key: str, text: str) -> str:
    """Return what tells a retry from a new message: an edited draft is not a retry."""
    return hashlib.sha256(f"{key}\0{text}".encode()).hexdigest()[:32]
