"""Edits: other words for a message of one's own."""

from quart import Blueprint, Response, g

from ephemera.lobby.lobby import Lobby
from ephemera.lobby.talk import Talk
from ephemera.web.routes.acts import acted
from ephemera.web.routes.requests import read_form, read_message_number, shown_token


class Edits:
    """Handlers of /rooms/{id}/edits."""

    def __init__(self, lobby: Lobby, talk: Talk) -> None:
        self._lobby = lobby
        self._talk = talk

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("edits", __name__)
        blueprint.post("/rooms/<room_id>/edits")(self.edit)
        return blueprint

    async def edit(self, room_id: str) -> Response:
        """Put the `text` in the place of that of a `message`."""
        fields = await read_form()
        g.kept_text = text = fields.get("text", "")
        seated = await self._lobby.seated(room_id, shown_token())
        await self._talk.edit(seated, read_message_number(fields), text)
        return acted(room_id)
