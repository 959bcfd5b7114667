"""What members do in a room by a form: each act is a noun that is posted to.

`ACTS` maps the last part of an act's path to the function that reads its form.
The answer to an act is short: what it brought about reaches everybody, the one
who did it too, through the stream.
"""

from collections.abc import Callable, Mapping
from typing import Final

from quart import Blueprint, Response, request

from ephemera.domain.commands import Command
from ephemera.domain.errors import Refusal
from ephemera.lobby.lobby import Lobby, Seated
from ephemera.web.acts.doors import admission, lock, revocation, rotation
from ephemera.web.acts.members import appointment, mute, removal, resignation
from ephemera.web.acts.messages import deletion, reaction
from ephemera.web.acts.options import options
from ephemera.web.requests import read_form, shown_token, wanted
from ephemera.web.seats import see_other
from ephemera.web.sheets import Sheets

Wish = Callable[[float], Command]
Read = Callable[[Seated, Mapping[str, str]], Wish]
"""Reads a form of a member. Raises `Invalid`."""

ACTS: Final[Mapping[str, Read]] = {
    "removals": removal,
    "mutes": mute,
    "hosts": appointment,
    "resignations": resignation,
    "lock": lock,
    "code": rotation,
    "revocations": revocation,
    "admissions": admission,
    "deletions": deletion,
    "reactions": reaction,
    "options": options,
}


class Acts:
    """Handlers of /rooms/{id}/removals, /mutes and all the others in `ACTS`."""

    def __init__(self, lobby: Lobby, sheets: Sheets) -> None:
        self._lobby = lobby
        self._sheets = sheets

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("acts", __name__)
        for noun in ACTS:
            perform = self.change if noun == "options" else self.perform
            blueprint.post(f"/rooms/<room_id>/{noun}", defaults={"noun": noun})(perform)
        return blueprint

    async def perform(self, room_id: str, noun: str) -> Response:
        """Do what the form says."""
        fields = await read_form()
        seated = await self._lobby.seated(room_id, shown_token())
        await self._lobby.act(seated, ACTS[noun](seated, fields))
        return acted(room_id)

    async def change(self, room_id: str, noun: str) -> Response:
        """Do what a form of more than one field says; who is refused gets it back as sent."""
        fields = await read_form()
        seated = await self._lobby.seated(room_id, shown_token())
        try:
            await self._lobby.act(seated, ACTS[noun](seated, fields))
        except Refusal as refusal:
            return self._sheets.options_again(seated, fields, refusal)
        return acted(room_id)


def acted(room_id: str) -> Response:
    """Answer whoever has done something: a browser without scripts goes back to the room."""
    if wanted() != "html" or "HX-Request" in request.headers:
        return Response(status=204)
    return see_other(f"/rooms/{room_id}")
