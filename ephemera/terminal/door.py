"""Waiting at the door of a room where one asks before entering."""

import asyncio
import contextlib
from typing import Final

from prompt_toolkit import print_formatted_text

from ephemera.terminal.client import Client
from ephemera.terminal.delivery import PATIENCE_SECONDS, Backoff
from ephemera.terminal.events import text_of
from ephemera.terminal.mistakes import Mistake, TooFast, Unreached

ASKS_EVERY_SECONDS: Final = 1.0
_LAST_WORDS_SECONDS: Final = 3.0
_TURNED_AWAY: Final = {
    "declined": "You were not let in.",
    "expired": "Nobody let you in. You can knock again.",
}


async def wait_at_the_door(client: Client) -> None:
    """Wait until somebody lets us in. Raises `Mistake` when nobody will.

    Whoever stops waiting (Ctrl-C) is not left standing there for the others to see.
    """
    print_formatted_text(
        "You have knocked: whoever is in the room can let you in. Ctrl-C waits no longer."
    )
    try:
        while (state := await _state(client)) != "admitted":
            if state != "waiting":
                raise Mistake(_TURNED_AWAY.get(state, "The server does not say who may come in."))
            await asyncio.sleep(ASKS_EVERY_SECONDS)
    except asyncio.CancelledError:
        with contextlib.suppress(Mistake, TooFast, Unreached, TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await client.leave()
        raise


async def _state(client: Client) -> str:
    """Return how it stands with our knock; try again for a minute when nobody answers."""
    backoff = Backoff(PATIENCE_SECONDS)
    while True:
        try:
            return text_of(await client.knock(), "state")
        except TooFast as refusal:
            await asyncio.sleep(refusal.seconds)
        except Unreached as failure:
            await asyncio.sleep(backoff.wait(failure))
