"""Joining: take a seat with a code or an invitation."""

from quart import Blueprint, Response

from ephemera.domain.errors import Invalid, Refusal
from ephemera.domain.pasted import MOST_TYPED_CHARACTERS, plainly
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.pages import Pages
from ephemera.web.routes.requests import read_form, read_idempotency_key, shown_token
from ephemera.web.routes.returning import Returns


class Joining:
    """Handler of POST /join."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._addresses = kit.addresses
        self._returns = Returns(kit)
        self._pages = Pages(kit)

    def routes(self) -> Blueprint:
        """Return the handler."""
        blueprint = Blueprint("joining", __name__)
        blueprint.post("/join")(self.join)
        return blueprint

    async def join(self) -> Response:
        """Take a seat, or a place at the door, in the room that the code leads to."""
        fields = await read_form()
        visitor = self._addresses.asking()
        try:
            place = await self._lobby.join(
                _typed_code(fields.get("code", "")),
                fields.get("nickname", ""),
                visitor,
                shown_token,
                read_idempotency_key(fields),
            )
        except Refusal as refusal:
            return self._pages.again("pages/join.html", fields, refusal)
        return self._returns.welcome(place)


def _typed_code(code: str) -> str:
    """Return what was typed as the code. Raises `Invalid` when nothing of it can be seen."""
    if not plainly(code[:MOST_TYPED_CHARACTERS]).strip():
        raise Invalid("code", "empty")
    return code
