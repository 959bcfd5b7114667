"""Leaving: at once, or after a question when it ends or hands over something."""

from quart import Blueprint, Response, jsonify

from ephemera.domain.errors import LeavingErases, LeavingHandsOver, NoSuchRoom
from ephemera.lobby.lobby import Seated
from ephemera.web.rendering.media import HTML
from ephemera.web.road.answers import SEE_OTHER
from ephemera.web.road.asked import as_asked
from ephemera.web.road.errors import error_fields, with_status
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import read_form, shown_token
from ephemera.web.routes.seats import departed


class Leaving:
    """Handler of /rooms/{id}/leave."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._fragments = kit.fragments

    def routes(self) -> Blueprint:
        """Return the handler."""
        blueprint = Blueprint("leaving", __name__)
        blueprint.post("/rooms/<room_id>/leave")(self.leave)
        return blueprint

    async def leave(self, room_id: str) -> Response:
        """Give the seat up, or the place at the door."""
        sure = (await read_form()).get("sure") or ("no" if as_asked().form == "html" else "yes")
        token = shown_token()
        try:
            seated = await self._lobby.seated(room_id, token)
        except NoSuchRoom:
            await self._lobby.withdraw(await self._lobby.at_the_door(room_id, token))
        else:
            try:
                await self._lobby.leave(seated, sure)
            except (LeavingErases, LeavingHandsOver) as question:
                return self._ask(seated, question)
        return _with_its_page(departed(room_id))

    def _ask(self, seated: Seated, question: LeavingErases | LeavingHandsOver) -> Response:
        """Ask a person whether they are sure, or a program that wanted to be asked."""
        asked = as_asked()
        if asked.form == "json":
            told = error_fields(question, asked.locale)
            return with_status(jsonify(error={**told, "sure": question.sure}), question)
        if asked.form != "html":
            raise question
        html = self._fragments.render(
            "sheets/_leave.html" if asked.htmx else "pages/leave.html",
            asked.locale,
            room=seated.room,
            member=seated.member,
            sure=question.sure,
            heir=getattr(question, "nickname", None),
            is_sheet=asked.htmx,
        )
        return with_status(Response(html, content_type=HTML), question)


def _with_its_page(answer: Response) -> Response:
    """Let htmx, which would follow a 303 by itself, take the page along."""
    if answer.status_code == SEE_OTHER and as_asked().htmx:
        answer.status_code = 200
        answer.headers["HX-Redirect"] = answer.headers.pop("Location")
    return answer
