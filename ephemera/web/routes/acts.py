"""What members do in a room by a form: each act is a noun that is posted to.

`ACTS` maps the last part of an act's path to the function that reads its form.
The answer to an act is short: what it brought about reaches everybody, the one
who did it too, through the stream.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from quart import Blueprint, Response

from ephemera.domain.codes import new_code
from ephemera.domain.commands import (
    Act,
    AnswerKnock,
    Appoint,
    ChangeOptions,
    Delete,
    Lock,
    Mute,
    React,
    Remove,
    Resign,
    Revoke,
    Rotate,
)
from ephemera.domain.errors import Refusal
from ephemera.domain.rooms import Newcomers, Options, Sign
from ephemera.web.road.answers import see_other
from ephemera.web.road.asked import as_asked
from ephemera.web.routes.kit import Kit
from ephemera.web.routes.requests import (
    ON_OR_OFF,
    YES_OR_NO,
    read_choice,
    read_form,
    read_id,
    read_message_number,
    read_number,
    shown_token,
)
from ephemera.web.routes.sheets import Sheets

Fields = Mapping[str, str]
SIGNS: Final[tuple[Sign, ...]] = get_args(Sign)
_SIGNS: Final[Mapping[str, Sign | None]] = {**{sign: sign for sign in SIGNS}, "none": None}
_ANSWERS: Final = {"admit": True, "decline": False}
_NEWCOMERS: Final[Mapping[str, Newcomers]] = {"all": "all", "later": "later"}


def _removal(fields: Fields, room_id: str) -> Remove:
    """Show a `member` out; the code changes unless `keep_code` says yes."""
    keep_code = read_choice(fields, "keep_code", YES_OR_NO, default=False)
    code = None if keep_code else new_code(room_id)
    return Remove(target=read_id(fields, "member"), code=code)


def _mute(fields: Fields, _: str) -> Mute:
    """Let a `member` speak no more, or again (`state` off)."""
    muted = read_choice(fields, "state", ON_OR_OFF, default=True)
    return Mute(target=read_id(fields, "member"), muted=muted)


def _appointment(fields: Fields, _: str) -> Appoint:
    """Make a `member` a host, in one's own place if `stay` says no."""
    stay = read_choice(fields, "stay", YES_OR_NO, default=True)
    return Appoint(target=read_id(fields, "member"), stay=stay)


def _resignation(_: Fields, __: str) -> Resign:
    """Be a host no more."""
    return Resign()


def _lock(fields: Fields, _: str) -> Lock:
    """Let the code admit nobody, or again (`state` off)."""
    return Lock(locked=read_choice(fields, "state", ON_OR_OFF, default=True))


def _rotation(_: Fields, room_id: str) -> Rotate:
    """Put a new code in the place of the old one."""
    return Rotate(code=new_code(room_id))


def _revocation(fields: Fields, _: str) -> Revoke:
    """Take an `invitation` back."""
    return Revoke(invitation=read_id(fields, "invitation"))


def _admission(fields: Fields, _: str) -> AnswerKnock:
    """Let somebody in whose `knock` that is, or not (`answer` decline)."""
    admit = read_choice(fields, "answer", _ANSWERS, default=True)
    return AnswerKnock(knock=read_id(fields, "knock"), admit=admit)


def _deletion(fields: Fields, _: str) -> Delete:
    """Take a `message` back."""
    return Delete(message=read_message_number(fields))


def _reaction(fields: Fields, _: str) -> React:
    """Put a `sign` on a `message`, or take one's own off (none)."""
    message = read_message_number(fields)
    return React(message=message, sign=read_choice(fields, "sign", _SIGNS))


def _options(fields: Fields, _: str) -> ChangeOptions:
    """`capacity`, `grace`, `ask`, `newcomers`, `vanish`; the rest stays."""
    return ChangeOptions(**_named_options(fields))


def read_options(fields: Fields) -> Options:
    """Return the options of a room that is to be opened. Raises `Invalid`."""
    return Options(**_named_options(fields))


def _named_options(fields: Fields) -> dict[str, Any]:
    """Return the options that the form names; an empty field is none."""
    given = {name: value for name, value in fields.items() if value.strip()}
    read: dict[str, Any] = {
        name: read_number(given, name) for name in ("capacity", "grace", "vanish") if name in given
    }
    if "ask" in given:
        read["ask"] = read_choice(given, "ask", YES_OR_NO)
    if "newcomers" in given:
        read["newcomers"] = read_choice(given, "newcomers", _NEWCOMERS)
    return read


ACTS: Final[Mapping[str, Callable[[Fields, str], Act]]] = {
    "removals": _removal,
    "mutes": _mute,
    "hosts": _appointment,
    "resignations": _resignation,
    "lock": _lock,
    "code": _rotation,
    "revocations": _revocation,
    "admissions": _admission,
    "deletions": _deletion,
    "reactions": _reaction,
    "options": _options,
}
"""Each reads the form that is posted to a room of that id. Raises `Invalid`."""


class Acts:
    """Handlers of /rooms/{id}/removals, /mutes and all the others in `ACTS`."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._sheets = Sheets(kit)

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("acts", __name__)
        for noun in ACTS:
            blueprint.post(f"/rooms/<room_id>/{noun}", defaults={"noun": noun})(self.perform)
        return blueprint

    async def perform(self, room_id: str, noun: str) -> Response:
        """Do what the form says; who is refused other options gets them back as sent."""
        fields = await read_form()
        seated = await self._lobby.seated(room_id, shown_token())
        try:
            await self._lobby.act(seated, ACTS[noun](fields, room_id))
        except Refusal as refusal:
            if noun != "options":
                raise
            return self._sheets.options_again(seated, fields, refusal)
        return acted(room_id)


def acted(room_id: str) -> Response:
    """Answer whoever has done something: a browser without scripts goes back to the room."""
    if not as_asked().whole_page:
        return Response(status=204)
    return see_other(f"/rooms/{room_id}").response
