"""Sheets: what can be done to one member, to one message, to the room; asked for when needed.

A sheet is a page of its own, and with scripts a fragment in a dialog of the
room's page. So the page itself stays light: 200 messages have 200 buttons, not
200 menus.
"""

from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from ephemera.domain.decide.common import meant, present
from ephemera.domain.decide.messages import may_edit
from ephemera.domain.errors import (
    Invalid,
    MessageGone,
    NoSuchRoom,
    NotAllowed,
    NotHost,
    Refusal,
)
from ephemera.lobby.lobby import Seated
from ephemera.web.rendering import refusals
from ephemera.web.rendering.media import HTML
from ephemera.web.road.asked import as_asked
from ephemera.web.road.errors import field_of, with_status
from ephemera.web.routes.composer import new_key
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import read_id, read_message_number, shown_token


class Sheets:
    """Handlers of GET /rooms/{id}/members, /messages and /options."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._talk = kit.talk
        self._fragments = kit.fragments
        self._clock = kit.clock

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("sheets", __name__)
        blueprint.get("/rooms/<room_id>/members")(self.show_member)
        blueprint.get("/rooms/<room_id>/messages")(self.show_message)
        blueprint.get("/rooms/<room_id>/options")(self.show_options)
        return blueprint

    async def show_member(self, room_id: str) -> Response:
        """Show a host what they can do to a `member`."""
        seated = await self._host(room_id)
        member = present(meant(seated.room, read_id(request.args, "member")))
        return self._sheet("member", seated, about=member)

    async def show_message(self, room_id: str) -> Response:
        """Show a member what they can do to a `message`."""
        seated = await self._seated(room_id)
        number = read_message_number(request.args)
        message = await self._talk.find(seated, number)
        if message is None:
            raise MessageGone
        may = may_edit(seated.room, seated.member, number, self._clock())
        return self._sheet("message", seated, number=number, message=message, may_edit=may)

    async def show_options(self, room_id: str) -> Response:
        """Show a host how the room is run, and its invitations."""
        seated = await self._host(room_id)
        return self._options(seated, fields={}, errors={})

    def options_again(
        self, seated: Seated, fields: Mapping[str, str], refusal: Refusal
    ) -> Response:
        """Show a host the options with what they typed and why it was refused.

        Whoever gets the sentence alone (a program, or htmx, whose page still
        has the form) has the refusal raised, and so has who is no host.
        """
        alone = not as_asked().whole_page
        if alone or seated.member.role != "host" or isinstance(refusal, NoSuchRoom | NotAllowed):
            raise refusal
        place = field_of(refusal) if isinstance(refusal, Invalid) else "form"
        errors = {place: refusals.sentence(refusal, as_asked().locale)}
        return with_status(self._options(seated, fields=fields, errors=errors), refusal)

    def _options(self, seated: Seated, **form: Mapping[str, str]) -> Response:
        return self._sheet("options", seated, key=new_key(), now=self._clock(), **form)

    async def _seated(self, room_id: str) -> Seated:
        seated = await self._lobby.seated(room_id, shown_token())
        await self._lobby.afford(room_id, seated.member.id)
        return seated

    async def _host(self, room_id: str) -> Seated:
        seated = await self._seated(room_id)
        if seated.member.role != "host":
            raise NotHost
        return seated

    def _sheet(self, name: str, seated: Seated, **context: Any) -> Response:  # noqa: ANN401 - templates take anything
        page = f"sheets/_{name}.html" if as_asked().htmx else "pages/sheet.html"
        html = self._fragments.render(
            page,
            as_asked().locale,
            sheet=f"sheets/_{name}.html",
            room=seated.room,
            member=seated.member,
            **context,
        )
        return Response(html, content_type=HTML)
