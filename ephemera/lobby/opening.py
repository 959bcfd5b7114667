"""Who may open a room here: anybody, nobody just now, or who knows one of the operator's keys.

Joining is free in any case: a room is its members'.
"""

from pathlib import Path
from typing import Final

from ephemera.domain.errors import KeyNeeded, Paused
from ephemera.lobby.keyring import Keyring
from ephemera.lobby.limits import FAILED_KEYS_FROM_AN_ADDRESS, Limits

LONGEST_SENTENCE: Final = 500
"""In characters, of what an operator says while the house is paused."""


Chosen = tuple[str | None, Path | None]
"""How a house begins: paused, if it is, with a sentence that may be empty; and the file of keys, if
only who knows one of them may open a room."""
ANYBODY: Final[Chosen] = (None, None)


class Opening:
    """The operator's word on opening rooms, which may change while the house stands."""

    def __init__(self, limits: Limits, chosen: Chosen = ANYBODY) -> None:
        """Begin as it was chosen. Raises `KeysUnfit`."""
        self._limits = limits
        self._paused, keys = chosen
        self._keyring = Keyring(keys) if keys else None

    @property
    def paused(self) -> str | None:
        """What the operator says of why nobody may open a room; nothing while they may."""
        return self._paused

    @property
    def needs_key(self) -> bool:
        """Whether only who knows a key may open a room."""
        return self._keyring is not None

    def pause(self, text: str) -> None:
        """Let nobody open a room from now on, and say why."""
        self._paused = text[:LONGEST_SENTENCE]

    def resume(self) -> None:
        """Let rooms be opened again, by whoever may."""
        self._paused = None

    async def check(self, key: str, visitor: str) -> None:
        """Raise a `Refusal` unless whoever knows that key may open a room just now.

        Without the right one it is `KeyNeeded`, or `TooMany` for who has tried too many.
        """
        if self._paused is not None:
            raise Paused(self._paused)
        if self._keyring is None:
            return
        tried = (FAILED_KEYS_FROM_AN_ADDRESS, visitor)
        await self._limits.spend(tried)
        if not self._keyring.knows(key):
            raise KeyNeeded
        await self._limits.refund(tried)
