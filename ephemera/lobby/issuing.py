"""Issuing invitations: ways in that a host hands out one by one."""

from typing import NamedTuple

from ephemera.domain.commands import Invite
from ephemera.domain.rooms import Invitation
from ephemera.domain.words import Word
from ephemera.lobby.idempotency import IdempotencyKeys
from ephemera.lobby.lobby import Lobby, Seated


class Issued(NamedTuple):
    """An invitation just issued; its word is shown once and kept nowhere."""

    invitation: Invitation
    word: Word


class Issuing:
    """Makes invitations and their words."""

    def __init__(self, lobby: Lobby, keys: IdempotencyKeys) -> None:
        self._lobby = lobby
        self._keys = keys

    async def issue(self, seated: Seated, uses: int, seconds: int, key: str | None) -> Issued:
        """Issue an invitation for `uses` people and `seconds`; for a host only.

        The same request with the same key again is the same invitation.
        """
        room_id = seated.room.id
        secret = self._keys.token(key, "invitation", room_id, str(uses), str(seconds))
        word = Word(room_id, secret)
        room = await self._lobby.act(seated, Invite(digest=word.digest, uses=uses, seconds=seconds))
        issued = next(one for one in room.invitations if room.words[one.id] == word.digest)
        return Issued(issued, word)
