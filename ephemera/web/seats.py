"""Seats: take one with a code, give it up."""

from quart import Blueprint, Response, jsonify, request

from ephemera.domain.codes import show_code
from ephemera.domain.errors import Invalid, Refusal
from ephemera.lobby.lobby import Admission, Lobby
from ephemera.web.addresses import Addresses
from ephemera.web.media import TEXT
from ephemera.web.pages import Pages
from ephemera.web.representations import member_fields, room_fields
from ephemera.web.requests import origin, read_form, read_retry_key, shown_token, wanted
from ephemera.web.sessions import forget_seat, give_seat


class Seats:
    """Handlers of /join and /rooms/{id}/leave."""

    def __init__(self, lobby: Lobby, pages: Pages, addresses: Addresses) -> None:
        self._lobby = lobby
        self._pages = pages
        self._addresses = addresses

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("seats", __name__)
        blueprint.post("/join")(self.join)
        blueprint.post("/rooms/<room_id>/leave")(self.leave)
        return blueprint

    async def join(self) -> Response:
        """Take a seat in the room that the code admits to."""
        fields = await read_form()
        visitor = self._addresses.visitor(visitor_address())
        try:
            admission = await self._lobby.join(
                _typed_code(fields.get("code", "")),
                fields.get("nickname", ""),
                visitor,
                shown_token,
                read_retry_key(fields),
            )
        except Refusal as refusal:
            return self._pages.again("pages/join.html", fields, refusal)
        return admitted(admission)

    async def leave(self, room_id: str) -> Response:
        """Give the seat up."""
        seated = await self._lobby.seated(room_id, shown_token())
        await self._lobby.leave(seated)
        return departed(room_id)


def _typed_code(code: str) -> str:
    if not code.strip():
        raise Invalid("code", "empty")
    return code


def visitor_address() -> str | None:
    """Return the address of the other end, or what the trusted hops say it is."""
    client = request.scope.get("client")
    return client[0] if client else None


def admitted(admission: Admission) -> Response:
    """Answer someone who has taken a seat: a browser goes to the room, a program gets the token."""
    room, member, token = admission
    url = f"{origin()}/rooms/{room.id}"
    match wanted():
        case "html":
            answer = see_other(f"/rooms/{room.id}")
            give_seat(answer, request.scheme, room, token)
            return answer
        case "json":
            answer = jsonify(room=room_fields(room, url), member=member_fields(member), token=token)
        case _:
            lines = (f"room {url}", f"code {show_code(room.code)}", f"token {token}", "")
            answer = Response("\n".join(lines), content_type=TEXT)
    answer.status_code = 201
    return answer


def see_other(path: str) -> Response:
    """Send a browser there, to GET it (RFC 9110, section 15.4.4)."""
    return Response(status=303, headers={"Location": path})


def departed(room_id: str) -> Response:
    """Answer someone who has no seat any more: a browser goes to the lobby."""
    if wanted() != "html":
        return Response(status=204)
    answer = see_other("/")
    forget_seat(answer, request.scheme, room_id)
    return answer
