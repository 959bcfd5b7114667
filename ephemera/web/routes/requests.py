"""Reading requests: what was sent, by whom, and in which form they want the answer."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from quart import request
from werkzeug.sansio.utils import get_host

from ephemera.domain.cursors import read_message_id
from ephemera.domain.errors import Invalid
from ephemera.lobby.idempotency import MOST_KEY_CHARACTERS
from ephemera.web.road.asked import as_asked
from ephemera.web.road.forms import read_fields, refuse_coded
from ephemera.web.road.sessions import bearer_in, token_in

_TRUE_OR_FALSE: Final[Mapping[str, bool]] = {"true": True, "false": False}
"""As JSON has them."""
YES_OR_NO: Final[Mapping[str, bool]] = {"yes": True, "no": False, **_TRUE_OR_FALSE}
ON_OR_OFF: Final[Mapping[str, bool]] = {"on": True, "off": False, **_TRUE_OR_FALSE}

MOST_HOST_CHARACTERS: Final = 260
"""A name of the DNS (RFC 1035, section 2.3.4) and a port."""

T = TypeVar("T")


def shown_token(returning_to: str | None = None) -> str | None:
    """Return the seat token that the request shows, if any."""
    return token_in(request.headers, secure=as_asked().secure, returning_to=returning_to)


def shown_bearer() -> str | None:
    """Return what a program shows beside its request, if anything."""
    return bearer_in(request.headers)


def origin() -> str:
    """Return scheme and host as the client sees them, for links."""
    return origin_of(as_asked().scheme, request.host)


def origin_of(scheme: str, host: str | None) -> str:
    """Return scheme and host for links; nothing when there is no host, or one that can be none."""
    if host and len(host) <= MOST_HOST_CHARACTERS and (host := get_host(scheme, host)):
        with suppress(UnicodeError):
            host.partition(":")[0].encode("idna")
            return f"{scheme}://{host}"
    return ""


async def read_form() -> Mapping[str, str]:
    """Return the fields of the body, of which Quart's own parser would spool a part to disk.

    Raises `NotUnderstood`, and `Unsupported` for a type or a coding that is not read.
    """
    refuse_coded(request.headers)
    return read_fields(request.headers.get("Content-Type", ""), await _read_body())


class Draft(NamedTuple):
    """A message as it was sent: nothing of it has been checked."""

    text: str
    key: str | None
    reply: str = ""
    """The id of the message that it replies to, or nothing."""


def read_draft(content_type: str, body: bytes, key: str | None) -> Draft:
    """Return the message in a form, or in a body that is nothing but its text.

    `key` is that of the header, for what has none in its form. Raises `NotUnderstood`,
    `Unsupported`, and `Invalid` for a form that has no text by that name.
    """
    fields = read_fields(content_type, body, nameless="text")
    return Draft(fields.get("text", ""), fields.get("key") or key, fields.get("reply", "").strip())


def replied_to(draft: Draft) -> int | None:
    """Return the number of the message that it replies to. Raises `Invalid`."""
    return read_message_number(draft._asdict(), "reply") if draft.reply else None


def read_key(typed: str | None) -> str | None:
    """Return the key by which a retry is known. Raises `Invalid` for field `key`."""
    if typed and len(typed) > MOST_KEY_CHARACTERS:
        raise Invalid("key", "too-long")
    return typed


def read_idempotency_key(fields: Mapping[str, str]) -> str | None:
    """Return the key of a form by which a retry is known, if it has one. Raises `Invalid`."""
    return read_key(fields.get("key") or request.headers.get("Idempotency-Key"))


def read_number(fields: Mapping[str, str], name: str, default: int = 0) -> int:
    """Return a field that must be a whole number. Raises `Invalid`."""
    typed = fields.get(name, "").strip()
    if not typed:
        return default
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len("86400")):
        raise Invalid(name, "not-a-number" if name == "capacity" else "not-a-choice")
    return int(typed)


def read_choice(
    fields: Mapping[str, str], name: str, choices: Mapping[str, T], default: T | None = None
) -> T:
    """Return what the word in the field stands for. Raises `Invalid`."""
    typed = fields.get(name, "").strip()
    if not typed and default is not None:
        return default
    if typed not in choices:
        raise Invalid(name, "not-a-choice")
    return choices[typed]


def read_id(fields: Mapping[str, str], name: str) -> str:
    """Return the id of a member, a knock or an invitation; the domain knows which there are."""
    return fields.get(name, "").strip()


def read_message_number(fields: Mapping[str, str], name: str = "message") -> int:
    """Return the number in a message id such as `m-7`. Raises `Invalid`."""
    number = read_message_id(fields.get(name, "").strip())
    if number is None:
        raise Invalid("message", "unknown")
    return number


async def _read_body() -> bytes:
    return await request.get_data(cache=False, as_text=False, parse_form_data=False)
