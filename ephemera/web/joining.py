"""Joining and leaving: take a seat with a code or an invitation, give it up."""

from quart import Blueprint, Response

from ephemera.domain.errors import Invalid, NoSuchRoom, Refusal
from ephemera.lobby.lobby import Admission, Lobby
from ephemera.web.addresses import Addresses
from ephemera.web.knocks import told_to_wait
from ephemera.web.pages import Pages
from ephemera.web.requests import read_form, read_retry_key, shown_token
from ephemera.web.seats import admitted, departed, visitor_address


class Joining:
    """Handlers of /join and /rooms/{id}/leave."""

    def __init__(self, lobby: Lobby, pages: Pages, addresses: Addresses) -> None:
        self._lobby = lobby
        self._pages = pages
        self._addresses = addresses

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("joining", __name__)
        blueprint.post("/join")(self.join)
        blueprint.post("/rooms/<room_id>/leave")(self.leave)
        return blueprint

    async def join(self) -> Response:
        """Take a seat, or a place at the door, in the room that the code leads to."""
        fields = await read_form()
        visitor = self._addresses.visitor(visitor_address())
        try:
            place = await self._lobby.join(
                _typed_code(fields.get("code", "")),
                fields.get("nickname", ""),
                visitor,
                shown_token,
                read_retry_key(fields),
            )
        except Refusal as refusal:
            return self._pages.again("pages/join.html", fields, refusal)
        return admitted(place) if isinstance(place, Admission) else told_to_wait(place)

    async def leave(self, room_id: str) -> Response:
        """Give the seat up, or the place at the door."""
        token = shown_token()
        try:
            await self._lobby.leave(await self._lobby.seated(room_id, token))
        except NoSuchRoom:
            await self._lobby.withdraw(await self._lobby.at_the_door(room_id, token))
        return departed(room_id)


def _typed_code(code: str) -> str:
    """Return what was typed as the code; of a whole link, what it ends in."""
    if not code.strip():
        raise Invalid("code", "empty")
    return code.replace("/", "#").rpartition("#")[2]
