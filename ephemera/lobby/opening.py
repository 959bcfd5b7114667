"""Who may open a room here: anybody, nobody just now, or who knows one of the operator's keys.

Joining is free in any case: a room is its members'.
"""

from pathlib import Path
from typing import Final

from ephemera.domain.errors import Paused
from ephemera.lobby import limits
from ephemera.lobby.keyring import Keyring
from ephemera.lobby.limits import Limits

Chosen = tuple[str | None, Path | None]
"""Why nobody may, which may be empty, if nobody may; and the file of keys, if one is needed."""
ANYBODY: Final[Chosen] = (None, None)


class Opening:
    """The operator's word on opening rooms."""

    def __init__(self, limits: Limits, chosen: Chosen = ANYBODY) -> None:
        """Take it as it was chosen. Raises `KeysUnfit`."""
        self._limits = limits
        self.paused, keys = chosen
        self._keyring = Keyring(keys) if keys else None

    @property
    def needs_key(self) -> bool:
        """Whether only who knows a key may open a room."""
        return self._keyring is not None

    async def check(self, key: str, visitor: str) -> None:
        """Raise a `Refusal` unless whoever knows that key may open a room just now.

        Without the right one it is `KeyNeeded`, or `TooMany` for who has tried too many.
        """
        if self.paused is not None:
            raise Paused(self.paused)
        if self._keyring is None:
            return
        async with self._limits.guessing(
            visitor, limits.FAILED_KEYS_FROM_AN_ADDRESS, limits.FAILED_KEYS_FROM_A_NETWORK
        ):
            self._keyring.check(key)
