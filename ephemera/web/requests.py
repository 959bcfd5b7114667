"""Reading requests: what was sent, by whom, and in which form they want the answer."""

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import parse_qsl

from quart import g, request

from ephemera.domain.errors import Invalid, NotUnderstood
from ephemera.web.sessions import held_token

FORM: Final = "application/x-www-form-urlencoded"
MOST_BODY_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 10
MOST_FIELDS: Final = 32
MOST_KEY_CHARACTERS: Final = 200


def wanted() -> Literal["html", "json", "text"]:
    """Return the form of the answer: `Accept` tells browsers and programs apart, nothing else."""
    accept = request.headers.get("Accept", "")
    if "text/html" in accept or "HX-Request" in request.headers:
        return "html"
    return "json" if "json" in accept else "text"


def shown_token(returning_to: str | None = None) -> str | None:
    """Return the seat token that the request shows, if any."""
    headers = request.headers
    return held_token(
        request.scheme, headers.get("Authorization"), headers.get("Cookie"), returning_to
    )


def origin() -> str:
    """Return scheme and host as the client sees them, for links."""
    return f"{request.scheme}://{request.host}"


async def read_form() -> Mapping[str, str]:
    """Return the fields of a form body; the last of several with one name counts.

    Only urlencoded forms are read: no other parser exists here, so that
    nothing can be made to spool a body to disk. Raises `NotUnderstood`.
    """
    body = await _read_text()
    if not body:
        return {}
    if request.mimetype != FORM:
        raise NotUnderstood
    return _fields(body)


async def read_message() -> tuple[str, str | None]:
    """Return the text and the key of a message, from a form or from a plain text body.

    What was typed is kept for the answer, whatever comes of it.
    """
    if request.mimetype == "text/plain":
        text, key = await _read_text(), None
    else:
        fields = await read_form()
        text, key = fields.get("text", ""), fields.get("key")
    g.kept_text = text
    return text, key or request.headers.get("Idempotency-Key")


def read_key(typed: str | None) -> str | None:
    """Return the key by which a retry is known. Raises `Invalid` for field `key`."""
    if typed and len(typed) > MOST_KEY_CHARACTERS:
        raise Invalid("key", "too-long")
    return typed


def read_retry_key(fields: Mapping[str, str]) -> str | None:
    """Return the key of a form by which a retry is known, if it has one. Raises `Invalid`."""
    return read_key(fields.get("key") or request.headers.get("Idempotency-Key"))


def read_number(fields: Mapping[str, str], name: str, default: int) -> int:
    """Return a field that must be a whole number. Raises `Invalid`."""
    typed = fields.get(name, "").strip()
    if not typed:
        return default
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len("86400")):
        raise Invalid(name, "not-a-number" if name == "capacity" else "not-a-choice")
    return int(typed)


async def _read_text() -> str:
    body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NotUnderstood from None


def _fields(body: str) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
        )
    except ValueError:  # bytes that are not UTF-8 behind percent signs, or too many fields
        raise NotUnderstood from None
