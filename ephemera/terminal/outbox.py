"""What a person typed and the room does not have yet."""

import asyncio
from collections.abc import Callable

from ephemera.terminal.client import Client
from ephemera.terminal.delivery import PATIENCE_SECONDS, Draft, deliver
from ephemera.terminal.mistakes import Gone, Mistake


class Outbox:
    """Posts one message after the other, so that the prompt need not wait."""

    def __init__(self, client: Client, complain: Callable[[str], None]) -> None:
        self._client = client
        self._complain = complain
        self._texts: asyncio.Queue[str] = asyncio.Queue()
        self.waiting: list[str] = []

    def put(self, text: str) -> None:
        """Take a message to post."""
        self.waiting.append(text)
        self._texts.put_nowait(text)

    async def run(self) -> None:
        """Post what is put in until that leads nowhere any more: then raise `Gone`."""
        while True:
            text = await self._texts.get()
            try:
                await deliver(self._client, Draft((text,)), PATIENCE_SECONDS, lambda draft: draft)
            except Gone:
                raise
            except Mistake as mistake:
                self._complain(f"not sent: {text}\n{mistake}")
            del self.waiting[0]
            self._texts.task_done()

    async def emptied(self) -> None:
        """Wait until everything is posted or given up."""
        await self._texts.join()
