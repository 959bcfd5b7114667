"""Messages: say something. What is said reaches everybody, the sender too, through the stream."""

from typing import Any

from quart import Blueprint, Response, jsonify, request

from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import Invalid, NoSuchRoom, Refusal
from ephemera.lobby.lobby import Lobby, Seated
from ephemera.lobby.talk import Talk
from ephemera.web.composer import blank_composer, kept_composer
from ephemera.web.errors import with_status
from ephemera.web.fragments import Fragments
from ephemera.web.media import HTML, TEXT
from ephemera.web.requests import (
    Draft,
    read_key,
    read_message,
    replied_to,
    shown_token,
    wanted,
)
from ephemera.web.rooms import RoomPage
from ephemera.web.seats import see_other


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
        blueprint.post("/rooms/<room_id>/messages")(self.post)
        return blueprint

    async def post(self, room_id: str) -> Response:
        """Post a message; the same key with the same text again is the same message."""
        draft = await read_message()
        seated = await self._lobby.seated(room_id, shown_token())
        try:
            key, reply = read_key(draft.key), replied_to(draft)
            cursor = await self._talk.post(seated, draft.text, key, reply)
        except Refusal as refusal:
            return await self._again(seated, draft, refusal)
        return self._posted(seated, cursor)

    def _posted(self, seated: Seated, cursor: Cursor) -> Response:
        if "HX-Request" in request.headers:
            return self._composer(seated, **blank_composer())
        match wanted():
            case "html":
                return see_other(f"/rooms/{seated.room.id}")
            case "json":
                answer = jsonify(id=f"m-{cursor.sequence}", cursor=str(cursor))
            case _:
                answer = Response(f"{cursor}\n", content_type=TEXT)
        answer.status_code = 201
        return answer

    async def _again(self, seated: Seated, draft: Draft, refusal: Refusal) -> Response:
        """Show the composer again with what was typed; raise the refusal for a program."""
        if wanted() != "html" or isinstance(refusal, NoSuchRoom):
            raise refusal
        composer = await kept_draft(self._talk, seated, draft, refusal)
        if "HX-Request" in request.headers:
            return with_status(self._composer(seated, **composer), refusal)
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
