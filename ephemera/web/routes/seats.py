"""Seats as answers: what somebody gets who takes one, and who gives one up."""

from quart import Response, jsonify

from ephemera.domain.codes import show_code
from ephemera.domain.rooms import Room
from ephemera.lobby.lobby import Admission
from ephemera.web.rendering.fields import member_fields, room_fields
from ephemera.web.rendering.media import TEXT
from ephemera.web.road.answers import see_other
from ephemera.web.road.asked import as_asked
from ephemera.web.road.sessions import forget_seat, give_seat
from ephemera.web.routes.requests import origin


def admitted(admission: Admission, proof: str) -> Response:
    """Answer someone who has taken a seat: a browser goes to the room, a program gets the token.

    The `proof` tells the room's page that there must be a cookie by now.
    """
    room, member, token = admission
    url = f"{origin()}/rooms/{room.id}"
    match as_asked().form:
        case "html":
            return seat_given(see_other(arrival_at(room.id, proof)).response, room, token)
        case "json":
            answer = jsonify(room=room_fields(room, url), member=member_fields(member), token=token)
        case _:
            lines = (f"room {url}", f"code {show_code(room.code)}", f"token {token}", "")
            answer = Response("\n".join(lines), content_type=TEXT)
    answer.status_code = 201
    return answer


def arrival_at(room_id: str, proof: str) -> str:
    """Return where who has taken a place just now goes, with the proof of it, if there is one."""
    return f"/rooms/{room_id}?fresh={proof}" if proof else f"/rooms/{room_id}"


def seat_given(answer: Response, room: Room, token: str) -> Response:
    """Return the answer with the token for a browser to keep."""
    give_seat(answer, room, token, secure=as_asked().secure)
    return answer


def departed(room_id: str) -> Response:
    """Answer someone who has no seat any more: a browser goes to the lobby."""
    if as_asked().form != "html":
        return Response(status=204)
    answer = see_other("/").response
    forget_seat(answer, room_id, secure=as_asked().secure)
    return answer
