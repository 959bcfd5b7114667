"""`ephemera send URL`: what comes in on standard input is said in the room."""

import asyncio
import os
import sys
from typing import Final

from ephemera.terminal.client import Client
from ephemera.terminal.delivery import Draft, deliver
from ephemera.terminal.follow import Follower
from ephemera.terminal.lines import Backlog
from ephemera.terminal.mistakes import Gone, Mistake
from ephemera.terminal.pipe import ensure_input, read_whole, start_reading
from ephemera.terminal.places import read_room, read_token
from ephemera.terminal.tasks import stop, until_one_ends

KEEPS_SEAT_AFTER: Final = 2.0
"""Seconds after which a stream keeps the seat: a log may be silent for longer than the grace."""
INTERRUPTED: Final = 130
"""What a shell says of a program that was interrupted."""


def send(url: str, *, whole: bool, patience: float) -> None:
    """Post standard input to the room, a message for each line or one for all. Raises `Mistake`."""
    ensure_input()
    client = Client(read_room(url), read_token(os.environ))
    sender = Sender(client, patience)
    try:
        asyncio.run(sender.run_once(read_whole()) if whole else sender.run())
    except KeyboardInterrupt:
        sys.stderr.write(f"ephemera: Stopped.{sender.left_over()}\n" if sender.unsent else "\n")
        sys.exit(INTERRUPTED)


class Sender:
    """Posts a backlog as fast as the room takes it."""

    def __init__(self, client: Client, patience: float) -> None:
        self._client = client
        self._patience = patience
        self._backlog = Backlog()
        self._pending: tuple[str, ...] = ()

    @property
    def unsent(self) -> int:
        """How many lines were read and, as far as we know, not posted."""
        return len(self._pending) + len(self._backlog)

    def left_over(self) -> str:
        """Return the sentence that says how much may be missing; nothing when all is there."""
        lines = "1 line" if self.unsent == 1 else f"{self.unsent} lines"
        return f" {lines} may not have arrived." if self.unsent else ""

    async def run_once(self, text: str) -> None:
        """Post one message."""
        async with self._client:
            await deliver(self._client, Draft((text,)), self._patience, lambda draft: draft)

    async def run(self) -> None:
        """Post every line until the input ends. Raises `Mistake`."""
        start_reading(self._backlog)
        async with self._client:
            pumping = asyncio.create_task(self._pump())
            keeping = asyncio.create_task(self._keep_seat())
            ended = await until_one_ends(keeping, pumping)
            await stop(keeping, pumping)
            try:
                for task in ended:
                    task.result()
            except Mistake as mistake:
                raise Mistake(f"{mistake}{self.left_over()}") from None

    async def _pump(self) -> None:
        while lines := await self._backlog.next():
            self._pending = lines
            await deliver(self._client, Draft(lines), self._patience, self._grow)
            self._pending = ()

    def _grow(self, draft: Draft) -> Draft:
        self._pending = self._backlog.fill(draft.lines)
        return Draft(self._pending) if self._pending != draft.lines else draft

    async def _keep_seat(self) -> None:
        """Hold a stream open, so that the seat lives; notice at once when the room is gone."""
        await asyncio.sleep(KEEPS_SEAT_AFTER)
        await Follower(self._client).run()
        raise Gone
