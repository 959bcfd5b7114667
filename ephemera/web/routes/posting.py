"""The way of a message into its room: from a page, from the frame without scripts, from a program.

Quart, Werkzeug and their contexts were more than half of what a message cost (ADR 0025). What is
left is this: read the body, look up who it is, post, answer. What is refused comes back with why.
"""

from typing import Any

from ephemera.domain.cursors import Cursor, message_id
from ephemera.domain.errors import Invalid, NoSuchRoom, Refusal
from ephemera.lobby.lobby import Seated
from ephemera.web.road import answers
from ephemera.web.road.answers import CREATED, Answer, see_other
from ephemera.web.road.asked import Asked
from ephemera.web.road.errors import refusal_for, saying_no
from ephemera.web.road.forms import refuse_coded
from ephemera.web.road.front import Call, Ways
from ephemera.web.routes.composer import BlankComposer, kept_composer
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import (
    Draft,
    origin_of,
    read_draft,
    read_key,
    replied_to,
)
from ephemera.web.routes.rooms import RoomPage


class Posting:
    """Serves POST of /rooms/{id}/messages, and of /rooms/{id}/composer, the frame."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._talk = kit.talk
        self._fragments = kit.fragments
        self._page = RoomPage(kit)
        self._blank = BlankComposer(kit.fragments)

    def ways(self) -> Ways:
        """Return what is served here, for the front."""
        return {("POST", "messages"): self.post, ("POST", "composer"): self.post_from_frame}

    async def post(self, call: Call) -> Answer | None:
        """Post the message; the same key with the same text again is the same message."""
        draft = await _read(call)
        if draft is None:
            return None
        seated = await self._lobby.author(call.room_id, call.token)
        try:
            key, reply = read_key(draft.key), replied_to(draft)
            cursor = await self._talk.post(seated, draft.text, key, reply)
        except Exception as raised:  # noqa: BLE001 - a fault of ours loses no words, either
            refusal = refusal_for(raised)
        else:
            return self._posted(seated, cursor, call.asked)
        return await self._give_back(call, seated, draft, refusal)

    async def post_from_frame(self, call: Call) -> Answer | None:
        """Post a message from the frame, and show the frame again."""
        draft = await _read(call)
        if draft is None:
            return None
        seated = await self._lobby.author(call.room_id, call.token)
        try:
            await self._talk.post(seated, draft.text, read_key(draft.key), replied_to(draft))
        except NoSuchRoom:
            raise
        except Exception as raised:  # noqa: BLE001 - nor in the frame
            refusal = refusal_for(raised)
        else:
            return see_other(f"/rooms/{call.room_id}/composer")
        composer = await self._kept(seated, draft, refusal, call.asked)
        return saying_no(self._frame(seated, call.asked, composer), refusal)

    def _posted(self, seated: Seated, cursor: Cursor, asked: Asked) -> Answer:
        """Tell a poster how they know the message, or give them a composer for the next one."""
        if asked.htmx:
            return answers.page(self._blank.render(seated.room.id, asked.locale))
        match asked.form:
            case "html":
                return see_other(f"/rooms/{seated.room.id}")
            case "json":
                number = message_id(cursor.sequence)
                return answers.fields(CREATED, cursor=str(cursor), id=number)
            case _:
                return answers.lines(f"{cursor}\n", CREATED)

    async def _give_back(
        self, call: Call, seated: Seated, draft: Draft, refusal: Refusal
    ) -> Answer:
        """Show the composer again with what was typed; raise the refusal for a program."""
        asked = call.asked
        if asked.form != "html" or isinstance(refusal, NoSuchRoom):
            raise refusal
        composer = await self._kept(seated, draft, refusal, asked)
        if asked.htmx:
            answer = self._frame(seated, asked, composer)
        else:
            await self._lobby.afford(seated.room.id, seated.member.id)
            origin = origin_of(asked.scheme, call.headers.get("host"))
            answer = answers.page(await self._page.render(seated, composer, asked.locale, origin))
        return saying_no(answer, refusal)

    def _frame(self, seated: Seated, asked: Asked, composer: dict[str, Any]) -> Answer:
        page = "rooms/_composer.html" if asked.htmx else "live/composer.html"
        html = self._fragments.render(page, asked.locale, room=seated.room, **composer)
        return answers.page(html)

    async def _kept(
        self, seated: Seated, draft: Draft, refusal: Refusal, asked: Asked
    ) -> dict[str, Any]:
        """Return the context of a composer with the draft, still a reply if it was one."""
        try:
            number = replied_to(draft)
        except Invalid:
            number = None
        quote = await self._talk.quote(seated, number) if number else None
        return kept_composer(draft, refusal, quote, asked.locale)


async def _read(call: Call) -> Draft | None:
    """Return the message that was sent, or nothing if its sender has gone. Raises a `Refusal`."""
    body = await call.body.read()
    if body is None:
        return None
    refuse_coded(call.headers)
    kind = call.headers.get("content-type", "")
    draft = read_draft(kind, body, call.headers.get("idempotency-key"))
    call.kept = draft.text
    return draft
