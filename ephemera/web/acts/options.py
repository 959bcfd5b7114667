"""How a room is run, as forms say it: when it is opened, and later."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ephemera.domain.commands import ChangeOptions
from ephemera.domain.rooms import Newcomers, Options
from ephemera.lobby.lobby import Seated
from ephemera.web.requests import YES_OR_NO, read_choice, read_number

_NEWCOMERS: Final[Mapping[str, Newcomers]] = {"all": "all", "later": "later"}


def options(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], ChangeOptions]:
    """`POST /options`: `capacity`, `grace`, `ask`, `newcomers`, `vanish`; the rest stays."""
    changes = _read(fields)
    return lambda at: ChangeOptions(at=at, member_id=seated.member.id, **changes)


def read_options(fields: Mapping[str, str]) -> Options:
    """Return the options of a room that is to be opened. Raises `Invalid`."""
    return Options(**_read(fields))


def _read(fields: Mapping[str, str]) -> dict[str, Any]:
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
