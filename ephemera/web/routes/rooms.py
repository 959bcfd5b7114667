"""Rooms: open one, look at it, end it."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import segno
from quart import Blueprint, Response, request

from ephemera.domain.codes import show_code
from ephemera.domain.errors import NoSuchRoom, Refusal
from ephemera.domain.presence import waits_until
from ephemera.lobby.lobby import Seated
from ephemera.web.rendering.lines import Lines
from ephemera.web.rendering.media import CSS, HTML, SVG
from ephemera.web.road.answers import see_other
from ephemera.web.road.asked import as_asked
from ephemera.web.routes.acts import read_options
from ephemera.web.routes.composer import asked_composer
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.pages import Pages
from ephemera.web.routes.requests import (
    origin,
    read_form,
    read_idempotency_key,
    shown_bearer,
    shown_token,
)
from ephemera.web.routes.returning import Returns
from ephemera.web.routes.seats import departed


class RoomPage:
    """The page of a room, as its members see it."""

    def __init__(self, kit: Kit) -> None:
        self._reading = kit.reading
        self._talk = kit.talk
        self._fragments = kit.fragments
        self._clock = kit.clock
        self._lines = Lines(kit.fragments)

    async def asked(self, seated: Seated, query: Mapping[str, str]) -> str:
        """Return the page as the query asks for it: `slow`, or with a `reply` to a message."""
        composer = await asked_composer(self._talk, seated, query)
        slow = query.get("slow") == "1"
        return await self.render(seated, composer, as_asked().locale, origin(), slow=slow)

    async def render(
        self,
        seated: Seated,
        composer: dict[str, Any],
        locale: str,
        origin: str,
        *,
        slow: bool = False,
    ) -> str:
        """Return the page with everything up to its cursor; the stream goes on from there.

        Without scripts nothing else can tell the `origin` of its link.
        """
        room, lines = await self._reading.all_of(seated)
        return self._fragments.render(
            "pages/room.html",
            locale,
            room=room,
            members=room.members,
            member=seated.member,
            line=self._lines.render,
            entries=lines,
            cursor=str(room.cursor),
            now=self._clock(),
            waits_until=waits_until(room, self._clock()),
            slow=slow,
            origin=origin,
            **composer,
        )


class Rooms:
    """Handlers of /rooms and /rooms/{id}."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._fragments = kit.fragments
        self._addresses = kit.addresses
        self._returns = Returns(kit)
        self._pages = Pages(kit)
        self._page = RoomPage(kit)

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("rooms", __name__)
        blueprint.post("/rooms")(self.open)
        blueprint.get("/rooms/<room_id>", strict_slashes=False)(self.show)
        blueprint.get("/rooms/<room_id>/mine.css")(self.show_mine)
        blueprint.get("/rooms/<room_id>/qr.svg")(self.show_qr)
        blueprint.post("/rooms/<room_id>/close")(self.close)
        return blueprint

    async def open(self) -> Response:
        """Open a room and sit down in it."""
        fields = await read_form()
        try:
            admission = await self._lobby.open(
                fields.get("nickname", ""),
                read_options(fields),
                self._addresses.asking(),
                read_idempotency_key(fields),
                opening_key=fields.get("opening_key") or shown_bearer() or "",
            )
        except Refusal as refusal:
            return self._pages.again("pages/lobby.html", fields, refusal)
        return self._returns.welcome(admission)

    async def show(self, room_id: str) -> Response:
        """Show the room to a member; who waits to be let in is sent to where one waits."""
        try:
            seated = await self._lobby.seated(room_id, shown_token())
        except NoSuchRoom:
            return await self._show_outside(room_id)
        if "fresh" in request.args:  # the cookie has come: the proof has no business in an address
            return see_other(f"/rooms/{room_id}").response
        await self._lobby.afford(room_id, seated.member.id)
        return Response(await self._page.asked(seated, request.args), content_type=HTML)

    async def _show_outside(self, room_id: str) -> Response:
        try:
            await self._lobby.at_the_door(room_id, shown_token())
        except NoSuchRoom:
            return await self._returns.show(room_id)
        return see_other(f"/rooms/{room_id}/waiting").response

    async def show_mine(self, room_id: str) -> Response:
        """Answer with the style sheet by which a page tells what is the reader's own."""
        seated = await self._lobby.seated(room_id, shown_token())
        sheet = self._fragments.render("rooms/mine.css", as_asked().locale, member=seated.member)
        return Response(sheet, content_type=CSS)

    async def show_qr(self, room_id: str) -> Response:
        """Answer with the link that joins as a QR code, an SVG that takes no style of its own."""
        seated = await self._lobby.seated(room_id, shown_token())
        await self._lobby.afford(room_id, seated.member.id)
        link = f"{origin()}/join#{show_code(seated.room.code)}"
        code, svg = segno.make(link, error="m", micro=False), BytesIO()
        code.save(svg, kind="svg", xmldecl=False, omitsize=True, border=2, light="#fff")
        return Response(svg.getvalue(), content_type=SVG)

    async def close(self, room_id: str) -> Response:
        """End the room for all."""
        seated = await self._lobby.seated(room_id, shown_token())
        await self._lobby.close(seated)
        return departed(room_id)
