"""Coming back to a place that was lost; and what is said when a browser keeps no cookie."""

from quart import Blueprint, Response, request

from ephemera.domain.errors import NoSuchRoom, Refusal
from ephemera.lobby.lobby import Admission, Waiting
from ephemera.lobby.returning import LostPlace
from ephemera.web.rendering import refusals
from ephemera.web.rendering.media import HTML
from ephemera.web.road.asked import as_asked
from ephemera.web.road.errors import with_status
from ephemera.web.routes.composer import new_key
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.knocks import told_to_wait
from ephemera.web.routes.requests import read_form, read_idempotency_key, shown_token
from ephemera.web.routes.seats import admitted


class Returns:
    """Handler of /rooms/{id}/return, and the pages that a room shows to who has no seat in it."""

    def __init__(self, kit: Kit) -> None:
        self._returning = kit.returning
        self._fragments = kit.fragments
        self._addresses = kit.addresses

    def routes(self) -> Blueprint:
        """Return the handler."""
        blueprint = Blueprint("returning", __name__)
        blueprint.post("/rooms/<room_id>/return")(self.come_back)
        return blueprint

    def welcome(self, place: Admission | Waiting) -> Response:
        """Answer someone who has taken a seat, or a place at the door.

        Who has shown a token of the room keeps cookies: that needs no proof.
        """
        keeps_cookies = shown_token() or shown_token(place.room.id)
        proof = "" if keeps_cookies else self._returning.proof(place.room.id, place.token)
        if isinstance(place, Admission):
            return admitted(place, proof)
        return told_to_wait(place, proof)

    async def come_back(self, room_id: str) -> Response:
        """Take the place again that the token stood for."""
        token, fields = shown_token(), await read_form()
        visitor = self._addresses.asking()
        try:
            key = read_idempotency_key(fields)
            place = await self._returning.come_back(room_id, token, visitor, key)
        except Refusal as refusal:
            return await self._again(room_id, refusal)
        return self.welcome(place)

    async def show(self, room_id: str) -> Response:
        """Show who has no seat the way back to the place they lost. Raises `NoSuchRoom`."""
        token = shown_token()
        if token is None:
            return await self._show_without_cookie(room_id)
        if as_asked().form != "html":
            raise NoSuchRoom
        return self._page(await self._returning.lost(room_id, token))

    async def _show_without_cookie(self, room_id: str) -> Response:
        """Tell who took a place just now that their browser keeps none; undo it."""
        await self._returning.give_up(room_id, request.args.get("fresh", ""))
        return Response(
            self._fragments.render("pages/no_cookie.html", as_asked().locale), content_type=HTML
        )

    async def _again(self, room_id: str, refusal: Refusal) -> Response:
        """Show the page with why they cannot come back; raise the refusal for a program."""
        if as_asked().form != "html" or isinstance(refusal, NoSuchRoom):
            raise refusal
        lost = await self._returning.lost(room_id, shown_token())
        return with_status(self._page(lost, refusals.sentence(refusal, as_asked().locale)), refusal)

    def _page(self, lost: LostPlace, error: str | None = None) -> Response:
        html = self._fragments.render(
            "pages/lost.html",
            as_asked().locale,
            room_id=lost.room.id,
            nickname=lost.lapsed.member.nickname,
            key=new_key(),
            error=error,
        )
        return Response(html, content_type=HTML)
