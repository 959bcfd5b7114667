"""The small frames of the room without JavaScript: the roster, and the composer."""

from quart import Blueprint, Response, request

from ephemera.lobby.lobby import Lobby
from ephemera.lobby.presence import Presence
from ephemera.lobby.talk import Talk
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.rendering.media import HTML
from ephemera.web.road.asked import as_asked
from ephemera.web.routes.composer import asked_composer
from ephemera.web.routes.requests import shown_token

ROSTER_SECONDS = 10


class Frames:
    """Handlers of the small frames: the roster, which renews itself, and the composer."""

    def __init__(self, lobby: Lobby, talk: Talk, presence: Presence, fragments: Fragments) -> None:
        self._lobby = lobby
        self._talk = talk
        self._presence = presence
        self._fragments = fragments

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("frames", __name__)
        blueprint.get("/rooms/<room_id>/roster")(self.show_roster)
        blueprint.get("/rooms/<room_id>/composer")(self.show_composer)
        return blueprint

    async def show_roster(self, room_id: str) -> Response:
        """Show who is in the room; asking for it is a sign of life."""
        seated = await self._lobby.seated(room_id, shown_token())
        await self._presence.renew(room_id, seated.member.id)
        room = (await self._lobby.seated(room_id, shown_token())).room  # with its reader here
        html = self._fragments.render(
            "live/roster.html", as_asked().locale, room=room, members=room.members
        )
        return Response(html, content_type=HTML, headers={"Refresh": str(ROSTER_SECONDS)})

    async def show_composer(self, room_id: str) -> Response:
        """Show an empty composer, perhaps for a `reply` to a message."""
        seated = await self._lobby.seated(room_id, shown_token())
        composer = await asked_composer(self._talk, seated, request.args)
        page = "rooms/_composer.html" if as_asked().htmx else "live/composer.html"
        html = self._fragments.render(page, as_asked().locale, room=seated.room, **composer)
        return Response(html, content_type=HTML)
