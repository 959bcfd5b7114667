"""Invitations: links for one, or for a few, that a host hands out."""

from quart import Blueprint, Response, jsonify

from ephemera.domain.errors import Refusal
from ephemera.domain.rooms import USUAL_INVITATION_SECONDS
from ephemera.lobby.issuing import Issued
from ephemera.web.rendering.fields import invitation_fields
from ephemera.web.rendering.media import HTML, TEXT
from ephemera.web.road.asked import as_asked
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import (
    origin,
    read_form,
    read_idempotency_key,
    read_number,
    shown_token,
)
from ephemera.web.routes.sheets import Sheets


class Invitations:
    """Handlers of /rooms/{id}/invitations."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._issuing = kit.issuing
        self._fragments = kit.fragments
        self._clock = kit.clock
        self._sheets = Sheets(kit)

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("invitations", __name__)
        blueprint.post("/rooms/<room_id>/invitations")(self.issue)
        return blueprint

    async def issue(self, room_id: str) -> Response:
        """Issue an invitation for `uses` people that `lasts` so many seconds; show its link."""
        fields = await read_form()
        seated = await self._lobby.seated(room_id, shown_token())
        try:
            issued = await self._issuing.issue(
                seated,
                read_number(fields, "uses", 1),
                read_number(fields, "lasts", USUAL_INVITATION_SECONDS),
                read_idempotency_key(fields),
            )
        except Refusal as refusal:
            return self._sheets.options_again(seated, fields, refusal)
        return self._shown(room_id, issued)

    def _shown(self, room_id: str, issued: Issued) -> Response:
        link = f"{origin()}/join#{issued.word}"
        asked = as_asked()
        match asked.form:
            case "html":
                page = "_invitation" if asked.htmx else "invitation"
                html = self._fragments.render(
                    f"sheets/{page}.html",
                    asked.locale,
                    room_id=room_id,
                    link=link,
                    invitation=issued.invitation,
                    now=self._clock(),
                )
                answer = Response(html, content_type=HTML)
            case "json":
                answer = jsonify(invitation={**invitation_fields(issued.invitation), "url": link})
            case _:
                answer = Response(f"{link}\n", content_type=TEXT)
        answer.status_code = 201
        return answer
