"""Who is writing: a signal, kept nowhere."""

from quart import Blueprint, Response

from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import shown_token


class Writing:
    """Handlers of /rooms/{id}/writing."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._talk = kit.talk

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("writing", __name__)
        blueprint.post("/rooms/<room_id>/writing")(self.signal)
        return blueprint

    async def signal(self, room_id: str) -> Response:
        """Let the others know; more than once in three seconds tells them nothing new."""
        await self._talk.signal_writing(await self._lobby.seated(room_id, shown_token()))
        return Response(status=204)
