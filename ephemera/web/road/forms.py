"""The one reading of a body: whatever way its fields are written in, as names and texts.

All of it is in memory by now, and not more than a body may have: nothing here could spool to a
disk (ADR 0042).
"""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from ephemera.domain.errors import Coded, Invalid, NotUnderstood, Unsupported
from ephemera.web.road.asgi import MOST_FIELDS, Headers

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
JSON: Final = "application/json"
AS_IT_IS: Final = frozenset({"text/plain", "application/octet-stream"})
"""What is no form, but can be one text."""

_CHARSETS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
}
"""The encodings that are read, by what they are called (those of the Web, WHATWG Encoding)."""
_USUAL: Final = "charset=utf-8"
_MOST_BOUNDARY_CHARACTERS: Final = 70
"""RFC 2046, section 5.1.1."""
_BYTE_ORDER_MARK: Final = "\ufeff"


def refuse_coded(headers: Headers) -> None:
    """Refuse a body that is compressed: nothing here unpacks one. Raises `Coded`."""
    coding = headers.get("content-encoding")
    if coding and coding.strip().lower() != "identity":
        raise Coded


def read_fields(content_type: str, body: bytes, nameless: str | None = None) -> dict[str, str]:
    """Return the fields of a body of that type; the last of several with one name counts.

    A body that has no names at all is the field `nameless`, where there can be such a one. Raises
    `NotUnderstood`, and `Invalid` for a form that lacks that field only because nobody named it.
    """
    if not body:
        return {}
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower() or FORM
    if kind == MULTIPART:
        return _parts(body, _parameter(parameters, "boundary"))
    charset = _charset(parameters)
    text = _decoded(body, charset)
    if kind == FORM:
        if nameless and _is_nameless(text, nameless):
            return {nameless: text}
        return _pairs(text, charset, nameless)
    if kind == JSON:
        return _members(text)
    if nameless and kind in AS_IT_IS:
        return {nameless: text}
    raise Unsupported


def _charset(parameters: str) -> str:
    if not parameters or parameters.strip().lower() == _USUAL:
        return "utf-8"
    known = _CHARSETS.get(_parameter(parameters, "charset").lower() or "utf-8")
    if known is None:
        raise Unsupported
    return known


def _parameter(parameters: str, wanted: str) -> str:
    for each in parameters.split(";"):
        name, _, value = each.partition("=")
        if name.strip().lower() == wanted:
            return value.strip().strip('"')
    return ""


def _decoded(body: bytes, charset: str = "utf-8") -> str:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        raise NotUnderstood from None


def _is_nameless(text: str, name: str) -> bool:
    """Tell whether that is no form, though curl calls it one: `--data-binary @file`, `-d words`."""
    if text.startswith(f"{name}=") or f"&{name}=" in text:
        return False
    return "=" not in text or len(text.split(maxsplit=1)) > 1  # no form has blanks


def _pairs(text: str, charset: str, needed: str | None) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            encoding=charset,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:  # bytes of another encoding behind percent signs, or too many fields
        raise NotUnderstood from None
    fields = dict(pairs)
    if needed and needed not in fields:
        raise Invalid(needed, "unnamed")
    return fields


def _members(text: str) -> dict[str, str]:
    """Return the members of a JSON object; numbers are as they were written."""
    try:
        read = json.loads(
            text.removeprefix(_BYTE_ORDER_MARK), parse_int=str, parse_float=str, parse_constant=str
        )
    except (ValueError, RecursionError):
        raise NotUnderstood from None
    if not isinstance(read, dict) or len(read) > MOST_FIELDS:
        raise NotUnderstood
    return {name: _member(value) for name, value in read.items() if value is not None}


def _member(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise NotUnderstood
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        raise NotUnderstood from None
    return value


def _parts(body: bytes, boundary: str) -> dict[str, str]:
    """Return the parts by their names; one that is a file is the text in it."""
    if not 0 < len(boundary) <= _MOST_BOUNDARY_CHARACTERS:
        raise NotUnderstood
    decoder = MultipartDecoder(boundary.encode("latin-1"), max_parts=MOST_FIELDS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    parts: dict[str, bytearray] = {}
    part = bytearray()
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, Field | File):
                part = parts[event.name] = bytearray()
            elif isinstance(event, Data):
                part += event.data
    except (ValueError, RequestEntityTooLarge):  # cut short, or too many
        raise NotUnderstood from None
    return {name: _decoded(bytes(part)) for name, part in parts.items()}
