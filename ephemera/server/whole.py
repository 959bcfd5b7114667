"""Requests that came whole and plain: read without a parser, for they can be read in one way only.

A parser must expect everything; most of what it does for a request is to doubt it. Here nothing is
doubted: what is not exactly of the form below is not read, and is a matter for Hypercorn's parser.
Whatever is read here, h11 reads the same way; `tests/server/test_whole.py` holds them side by side.
"""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE: Final = rb"[\t -~\x80-\xff]*"
_LINE: Final = rb"(GET|POST) (/rooms/[0-9A-Za-z_-]+/([a-z]+))(?:\?([!-~]*))? HTTP/1\.1\r\n"
_FIELD: Final = re.compile(rb"(%b):(%b)\r\n" % (_TOKEN, _VALUE))
_HEAD: Final = re.compile(rb"%b((?:%b:%b\r\n)+)\r\n" % (_LINE, _TOKEN, _VALUE))
MOST_HEAD_BYTES: Final = 16 * 1024
"""As for Hypercorn's parser (`h11_max_incomplete_size`); a longer head is a matter for that one."""
_UNUSUAL: Final = frozenset(
    {b"expect", b"http2-settings", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
"""What changes how a request ends, or what comes after it."""


class Whole(NamedTuple):
    """A request that came in one piece; its field names are in lower case, none is there twice."""

    method: str
    path: str
    kind: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


def read_whole(data: bytes) -> Whole | None:
    """Return the request, if the bytes are one to a room, no less and no more (RFC 9112).

    None when anything about it is unusual, or wrong.
    """
    head = _HEAD.match(data, 0, MOST_HEAD_BYTES)
    if head is None:
        return None
    method, path, kind, query, fields = head.groups()
    headers = [(name.lower(), value.strip(b" \t")) for name, value in _FIELD.findall(fields)]
    body = data[head.end() :]
    if not _is_plain(dict(headers), len(headers), b"%d" % len(body) if method == b"POST" else None):
        return None
    if method == b"GET" and body:
        return None
    return Whole(method.decode(), path.decode(), kind.decode(), query or b"", headers, body)


def is_head_of(data: bytes, hot: Collection[tuple[str, str]]) -> bool:
    """Tell whether the bytes are all of the head of a hot POST, and nothing of its body.

    Many clients write the two apart, and the other part is just behind.
    """
    head = _HEAD.fullmatch(data) if len(data) <= MOST_HEAD_BYTES else None
    return head is not None and head[1] == b"POST" and ("POST", head[3].decode()) in hot


def _is_plain(fields: dict[bytes, bytes], count: int, length: bytes | None) -> bool:
    """Tell whether the fields leave no doubt: about who is asked, the length, and what follows."""
    return (
        len(fields) == count
        and b"host" in fields
        and fields.get(b"content-length") == length
        and _UNUSUAL.isdisjoint(fields)
        and fields.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    )
