"""The room without JavaScript: an endless document in a frame, and small frames beside it."""

from collections.abc import Sequence

from quart import Blueprint, Response

from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import NoSuchRoom, Refusal
from ephemera.domain.events import Event, RoomWiped
from ephemera.engine.base import Entry, Snapshot
from ephemera.lobby.lobby import Lobby, Seated
from ephemera.lobby.presence import Presence
from ephemera.web import texts
from ephemera.web.composer import blank_composer, kept_composer
from ephemera.web.errors import with_status
from ephemera.web.fragments import Fragments
from ephemera.web.media import HTML
from ephemera.web.requests import read_key, read_message, shown_token
from ephemera.web.seats import see_other

RENEWED_AFTER_SECONDS = 2
"""A document that has ended is asked for again: never faster than once in two seconds."""
ROSTER_SECONDS = 10


class LiveDocument:
    """An HTML document that never ends: the lines of the log as they come, newest in view."""

    content_type = HTML
    refresh = RENEWED_AFTER_SECONDS

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:  # noqa: ARG002 - always the same
        """See `Renderer.greeting`: the document up to where its lines begin."""
        return self._fragments.render("live/_opening.html").encode()

    def entry(self, entry: Entry) -> bytes:
        """See `Renderer.entry`."""
        if isinstance(entry.event, RoomWiped):
            return self._fragments.render("live/_wiped.html", reason=entry.event.reason).encode()
        if not entry.event.has_line:
            return b""
        name = f"events/_{entry.event.name}.html"
        return self._fragments.render(name, entry=entry).encode()

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:  # noqa: ARG002 - lines only
        """See `Renderer.resync`: a document begins with all that is kept, whatever came before."""
        return b"".join(self.entry(entry) for entry in entries)

    def left(self, cursor: Cursor, event: Event) -> bytes:  # noqa: ARG002 - the sentence is enough
        """See `Renderer.left`."""
        return self._fragments.render("live/_left.html", event=event).encode()

    def ping(self, cursor: Cursor) -> bytes:  # noqa: ARG002 - white space has no cursor
        """See `Renderer.ping`."""
        return b"\n"

    def goodbye(self, cursor: Cursor, retry: float) -> bytes:  # noqa: ARG002 - the browser renews it
        """See `Renderer.goodbye`."""
        return b""

    def finite(self, cursor: Cursor) -> bytes:  # noqa: ARG002 - the next document is whole again
        """See `Renderer.finite`."""
        return self._fragments.render("live/_finite.html").encode()


class Frames:
    """Handlers of the small frames: the roster, which renews itself, and the composer."""

    def __init__(self, lobby: Lobby, presence: Presence, fragments: Fragments) -> None:
        self._lobby = lobby
        self._presence = presence
        self._fragments = fragments

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("frames", __name__)
        blueprint.get("/rooms/<room_id>/roster")(self.show_roster)
        blueprint.get("/rooms/<room_id>/composer")(self.show_composer)
        blueprint.post("/rooms/<room_id>/composer")(self.post)
        return blueprint

    async def show_roster(self, room_id: str) -> Response:
        """Show who is in the room; asking for it is a sign of life."""
        seated = await self._lobby.seated(room_id, shown_token())
        await self._presence.renew(room_id, seated.member.id)
        room = (await self._lobby.seated(room_id, shown_token())).room  # with its reader here
        html = self._fragments.render("live/roster.html", room=room, members=room.members)
        return Response(html, content_type=HTML, headers={"Refresh": str(ROSTER_SECONDS)})

    async def show_composer(self, room_id: str) -> Response:
        """Show an empty composer."""
        seated = await self._lobby.seated(room_id, shown_token())
        return self._composer(seated, **blank_composer())

    async def post(self, room_id: str) -> Response:
        """Post a message from the frame, and show the frame again."""
        text, key = await read_message()
        seated = await self._lobby.seated(room_id, shown_token())
        try:
            await self._lobby.post(seated, text, read_key(key))
        except NoSuchRoom:
            raise
        except Refusal as refusal:
            kept = kept_composer(text, key, texts.sentence(refusal))
            return with_status(self._composer(seated, **kept), refusal)
        return see_other(f"/rooms/{room_id}/composer")

    def _composer(self, seated: Seated, **composer: str) -> Response:
        html = self._fragments.render("live/composer.html", room=seated.room, **composer)
        return Response(html, content_type=HTML)
