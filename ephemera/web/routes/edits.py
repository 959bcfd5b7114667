"""Edits: other words for a message of one's own."""

from quart import Blueprint, Response, g

from ephemera.web.routes.acts import acted
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import read_form, read_message_number, shown_token


class Edits:
    """Handlers of /rooms/{id}/edits."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._talk = kit.talk

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
