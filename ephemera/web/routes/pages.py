"""Pages that need no room: the lobby, the way in, and what is kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from quart import Blueprint, Response, request
from werkzeug.routing import BaseConverter

from ephemera.clock import shown
from ephemera.domain.errors import NoSuchRoom, Refusal
from ephemera.domain.pasted import Pasted, read_pasted
from ephemera.lobby.returning import HeldPlace
from ephemera.web.rendering import refusals
from ephemera.web.rendering.endings import ENDINGS
from ephemera.web.rendering.fragments import iso
from ephemera.web.rendering.media import HTML, TEXT
from ephemera.web.rendering.site import UNTOLD
from ephemera.web.road.asked import as_asked
from ephemera.web.road.errors import field_of, with_status
from ephemera.web.road.sessions import held_tokens
from ephemera.web.routes.composer import new_key
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import origin

VALID_SECONDS: Final = 30 * 86_400
"""Of security.txt: less than a year, as RFC 9116 recommends (section 2.5.5)."""


class JoinPath(BaseConverter):
    """The path of a link with its code in it, as it comes from phones and messengers."""

    regex = r"(?i:join)(?:[/#?][^/]*)?/?"
    part_isolating = False

    def to_python(self, value: str) -> str:
        """Return what stands where the code should be."""
        return value[len("join") :].strip("/#?")


class Pages:
    """The pages themselves, and the forms on them when they come back refused."""

    def __init__(self, kit: Kit) -> None:
        self._fragments = kit.fragments
        self._returning = kit.returning
        self._opening = kit.opening
        self._clock = kit.clock

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("pages", __name__)
        blueprint.get("/")(self.lobby)
        blueprint.get("/about")(self.about)
        blueprint.get("/operator")(self.operator)
        blueprint.get("/.well-known/security.txt")(self.security)
        blueprint.get("/ended/<ending>")(self.ended)
        blueprint.record_once(lambda state: state.app.url_map.converters.update(join=JoinPath))
        blueprint.get("/join")(self.join)
        blueprint.get("/<join:code>")(self.join)
        return blueprint

    async def lobby(self) -> Response:
        """Show the lobby; to a program, a short help."""
        if as_asked().form == "html":
            fields = {"key": new_key()}
            return self._page("pages/lobby.html", fields=fields, errors={}, opening=self._opening)
        text = self._fragments.render("pages/help.txt", as_asked().locale, origin=origin())
        return Response(text, content_type=TEXT)

    async def about(self) -> Response:
        """Say in plain words what is kept, and for how long."""
        return self._page("pages/about.html")

    async def operator(self) -> Response:
        """Show what the operator says of themselves, if they say anything."""
        if as_asked().form == "html":
            return self._page("pages/operator.html")
        told = self._fragments.site.plain or UNTOLD.plain(as_asked().locale)
        return Response(f"{told}\n", content_type=TEXT)

    async def security(self) -> Response:
        """Say whom to tell of a fault (RFC 9116). Raises `NoSuchRoom` if nobody is known."""
        site = self._fragments.site
        if not site.contact:
            raise NoSuchRoom
        until = iso(shown(self._clock()) + VALID_SECONDS)
        return Response(f"Contact: {site.contact_url}\nExpires: {until}\n", content_type=TEXT)

    async def ended(self, ending: str) -> Response:
        """Say how a room ended, to whoever comes from its last document. Raises `NoSuchRoom`."""
        if ending not in ENDINGS:
            raise NoSuchRoom
        return self._page("pages/ended.html", ending=ending)

    async def join(self, code: str = "") -> Response:
        """Show the form. It never joins, and never tells whether the code is good.

        A browser with a seat already is told so, and led to it.
        """
        tokens = held_tokens(request.headers, secure=as_asked().secure)
        places = await self._returning.held(tokens)
        pasted = read_pasted(code)
        fields = {"code": str(pasted) or code, "key": new_key()}
        here = _place_of(pasted, places)
        return self._page("pages/join.html", fields=fields, errors={}, places=places, here=here)

    def again(self, page: str, fields: Mapping[str, str], refusal: Refusal) -> Response:
        """Show a refused form again with what was typed; raise the refusal for a program."""
        if as_asked().form != "html":
            raise refusal
        errors = {field_of(refusal): refusals.sentence(refusal, as_asked().locale)}
        context = {"places": (), "here": None, "opening": self._opening}
        return with_status(self._page(page, fields=fields, errors=errors, **context), refusal)

    def _page(self, name: str, **context: Any) -> Response:  # noqa: ANN401 - templates take anything
        return Response(
            self._fragments.render(name, as_asked().locale, **context), content_type=HTML
        )


def _place_of(pasted: Pasted, places: Sequence[HeldPlace]) -> HeldPlace | None:
    """Return which of somebody's places a code, or the word of an invitation, leads to."""
    code, word = pasted
    for place in places:
        if place.room.code == code or (word and word.room_id == place.room.id):
            return place
    return None
