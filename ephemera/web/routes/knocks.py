"""Waiting at the door: a page that ends when there is an answer, and the answer."""

from math import ceil

from quart import Blueprint, Response, jsonify

from ephemera.domain.errors import NoSuchRoom, Refusal, Unavailable
from ephemera.domain.rooms import Knock
from ephemera.lobby.lobby import AtTheDoor, Seated, Waiting
from ephemera.web.rendering.fields import knock_fields, member_fields, room_fields
from ephemera.web.rendering.media import TEXT
from ephemera.web.road.answers import Answer, page, see_other
from ephemera.web.road.asked import as_asked
from ephemera.web.road.errors import saying_no
from ephemera.web.road.front import Call
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import origin, shown_token
from ephemera.web.routes.seats import arrival_at, seat_given


class Knocks:
    """What /rooms/{id}/waiting answers when it is over, and the handler of /rooms/{id}/knock."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._fragments = kit.fragments

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("knocks", __name__)
        blueprint.get("/rooms/<room_id>/knock")(self.show)
        return blueprint

    async def answer(self, call: Call, refusal: Refusal) -> Answer:
        """Show how the waiting ended, for there is no stream: who was let in goes into the room."""
        door = await self._door(call.room_id, call.token)
        if isinstance(door, Seated):
            return see_other(f"/rooms/{call.room_id}")
        if isinstance(door.knock, Knock):
            return self._wait_on(refusal, call.asked.locale)
        told = ("pages/turned_away.html", call.asked.locale)
        return page(self._fragments.render(*told, reason=door.knock))

    def _wait_on(self, why: Refusal, locale: str) -> Answer:
        """Show a whole page to who waits when this process takes no stream: it, too, asks again."""
        if not isinstance(why, Unavailable):
            raise why
        html = self._fragments.render("pages/waiting.html", locale)
        return saying_no(page(html).having(refresh=str(ceil(why.retry_after))), why)

    async def show(self, room_id: str) -> Response:
        """Tell a program whether it still waits: `waiting`, `admitted`, `declined`, `expired`."""
        door = await self._door(room_id, shown_token())
        if isinstance(door, Seated):
            room = room_fields(door.room, f"{origin()}/rooms/{room_id}")
            return jsonify(state="admitted", room=room, member=member_fields(door.member))
        if isinstance(door.knock, Knock):
            return jsonify(state="waiting", knock=knock_fields(door.knock))
        return jsonify(state=door.knock)

    async def _door(self, room_id: str, token: str | None) -> AtTheDoor | Seated:
        """Return the asker's place at the door, or their seat. Raises `NoSuchRoom`."""
        try:
            return await self._lobby.at_the_door(room_id, token)
        except NoSuchRoom:
            return await self._lobby.seated(room_id, token)


def told_to_wait(waiting: Waiting, proof: str) -> Response:
    """Answer someone who has knocked: a browser waits on a page, a program asks again."""
    room, knock, token = waiting
    url = f"{origin()}/rooms/{room.id}"
    match as_asked().form:
        case "html":
            return seat_given(
                see_other(
                    arrival_at(room.id, proof) if proof else f"/rooms/{room.id}/waiting"
                ).response,
                room,
                token,
            )
        case "json":
            where = {"id": room.id, "url": url}
            answer = jsonify(room=where, knock=knock_fields(knock), token=token)
        case _:
            lines = (f"room {url}", f"waiting {url}/knock", f"token {token}", "")
            answer = Response("\n".join(lines), content_type=TEXT)
    answer.status_code = 202
    return answer
