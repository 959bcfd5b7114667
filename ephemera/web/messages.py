"""Messages that were refused: what was typed comes back, and why. `Posting` takes the others."""

from typing import Any

from quart import Blueprint, Response, g, request

from ephemera.domain.errors import Invalid, NoSuchRoom, Refusal
from ephemera.lobby.lobby import Lobby, Seated
from ephemera.lobby.talk import Talk
from ephemera.web.composer import kept_composer
from ephemera.web.errors import with_status
from ephemera.web.fragments import Fragments
from ephemera.web.front import refused
from ephemera.web.media import HTML
from ephemera.web.requests import Draft, replied_to, wanted
from ephemera.web.rooms import RoomPage


class Messages:
    """Handlers of /rooms/{id}/messages."""

    def __init__(self, lobby: Lobby, talk: Talk, page: RoomPage, fragments: Fragments) -> None:
        self._lobby = lobby
        self._talk = talk
        self._page = page
        self._fragments = fragments

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("messages", __name__)
        blueprint.post("/rooms/<room_id>/messages")(self.refuse)
        return blueprint

    async def refuse(self, room_id: str) -> Response:  # noqa: ARG002 - the front has looked
        """Show the composer again with what was typed; raise the refusal for a program."""
        refusal, draft, seated = refused()
        g.kept_text = draft.text if draft else ""
        if not draft or not seated or wanted() != "html" or isinstance(refusal, NoSuchRoom):
            raise refusal
        composer = await kept_draft(self._talk, seated, draft, refusal)
        if "HX-Request" in request.headers:
            return with_status(self._composer(seated, **composer), refusal)
        await self._lobby.afford(seated.room.id, seated.member.id)
        page = await self._page.render(seated, composer)
        return with_status(Response(page, content_type=HTML), refusal)

    def _composer(self, seated: Seated, **composer: Any) -> Response:  # noqa: ANN401 - what it shows
        html = self._fragments.render("rooms/_composer.html", room=seated.room, **composer)
        return Response(html, content_type=HTML)


async def kept_draft(talk: Talk, seated: Seated, draft: Draft, refusal: Refusal) -> dict[str, Any]:
    """Return the context of a composer with the draft, still a reply if it was one."""
    try:
        number = replied_to(draft)
    except Invalid:
        number = None
    return kept_composer(draft, refusal, await talk.quote(seated, number) if number else None)
