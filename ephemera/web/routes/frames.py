"""The small frames of the room without JavaScript: the roster, and the composer."""

from quart import Blueprint, Response, request

from ephemera.web.rendering.media import HTML
from ephemera.web.road.asked import as_asked
from ephemera.web.routes.composer import asked_composer
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import shown_token

ROSTER_SECONDS = 10


class Frames:
    """Handlers of the small frames: the roster, which renews itself, and the composer."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._talk = kit.talk
        self._reading = kit.reading
        self._fragments = kit.fragments

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("frames", __name__)
        blueprint.get("/rooms/<room_id>/roster")(self.show_roster)
        blueprint.get("/rooms/<room_id>/composer")(self.show_composer)
        return blueprint

    async def show_roster(self, room_id: str) -> Response:
        """Show who is in the room; asking for it is a sign of life."""
        room = await self._reading.room(await self._lobby.seated(room_id, shown_token()))
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
