"""Pages that need no room: the lobby, the way in, and what is kept."""

from collections.abc import Mapping

from quart import Blueprint, Response

from ephemera.domain.errors import Refusal
from ephemera.web import texts
from ephemera.web.composer import new_key
from ephemera.web.errors import field_of, with_status
from ephemera.web.fragments import Fragments
from ephemera.web.media import HTML, TEXT
from ephemera.web.requests import origin, wanted


class Pages:
    """The pages themselves, and the forms on them when they come back refused."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("pages", __name__)
        blueprint.get("/")(self.lobby)
        blueprint.get("/about")(self.about)
        blueprint.get("/join")(self.join)
        blueprint.get("/join/<code>")(self.join)
        return blueprint

    async def lobby(self) -> Response:
        """Show the lobby; to a program, a short help."""
        if wanted() == "html":
            return self._page("pages/lobby.html", fields={"key": new_key()}, errors={})
        text = self._fragments.render("pages/help.txt", origin=origin())
        return Response(text, content_type=TEXT)

    async def about(self) -> Response:
        """Say in plain words what is kept, and for how long."""
        return self._page("pages/about.html")

    async def join(self, code: str = "") -> Response:
        """Show the form. It never joins, and never tells whether the code is good."""
        return self._page("pages/join.html", fields={"code": code, "key": new_key()}, errors={})

    def again(self, page: str, fields: Mapping[str, str], refusal: Refusal) -> Response:
        """Show a refused form again with what was typed; raise the refusal for a program."""
        if wanted() != "html":
            raise refusal
        errors = {field_of(refusal): texts.sentence(refusal)}
        return with_status(self._page(page, fields=fields, errors=errors), refusal)

    def _page(self, name: str, **context: object) -> Response:
        return Response(self._fragments.render(name, **context), content_type=HTML)
