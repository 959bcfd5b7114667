"""Reading requests: what was sent, by whom, and in which form they want the answer."""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from quart import request

from ephemera.domain.cursors import read_message_id
from ephemera.domain.errors import Invalid, NotUnderstood
from ephemera.lobby.idempotency import MOST_KEY_CHARACTERS
from ephemera.web.road.asgi import MOST_FIELDS
from ephemera.web.road.asked import as_asked
from ephemera.web.road.sessions import token_in

FORM: Final = "application/x-www-form-urlencoded"

YES_OR_NO: Final[Mapping[str, bool]] = {"yes": True, "no": False}
ON_OR_OFF: Final[Mapping[str, bool]] = {"on": True, "off": False}

T = TypeVar("T")


def shown_token(returning_to: str | None = None) -> str | None:
    """Return the seat token that the request shows, if any."""
    return token_in(request.headers, secure=as_asked().secure, returning_to=returning_to)


def origin() -> str:
    """Return scheme and host as the client sees them, for links."""
    return f"{request.scheme}://{request.host}"


async def read_form() -> Mapping[str, str]:
    """Return the fields of a form body; the last of several with one name counts.

    Only urlencoded forms are read: no other parser exists here, so that
    nothing can be made to spool a body to disk. Raises `NotUnderstood`.
    """
    return _fields(_kind(), await _read_body())


class Draft(NamedTuple):
    """A message as it was sent: nothing of it has been checked."""

    text: str
    key: str | None
    reply: str = ""
    """The id of the message that it replies to, or nothing."""


def read_draft(kind: str, body: bytes, key: str | None) -> Draft:
    """Return the message in a form, or in a plain text body, of that media type.

    `key` is that of the header, for what has none in its form. Raises `NotUnderstood`.
    """
    fields = {"text": _text(body)} if kind == "text/plain" else _fields(kind, body)
    return Draft(fields.get("text", ""), fields.get("key") or key, fields.get("reply", "").strip())


def media_type(content_type: str) -> str:
    """Return the media type without its parameters (RFC 9110, section 8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


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


def _kind() -> str:
    """Return the media type of the body; Werkzeug would read its parameters, too."""
    return media_type(request.headers.get("Content-Type", ""))


async def _read_body() -> bytes:
    return await request.get_data(cache=False, as_text=False, parse_form_data=False)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NotUnderstood from None


def _fields(kind: str, body: bytes) -> dict[str, str]:
    text = _text(body)
    if not text:
        return {}
    if kind != FORM:
        raise NotUnderstood
    try:
        return dict(
            parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
        )
    except ValueError:  # bytes that are not UTF-8 behind percent signs, or too many fields
        raise NotUnderstood from None
