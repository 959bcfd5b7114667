"""Requests that came whole and plain: read without a parser, for they can be read in one way only.

A parser must expect everything; most of what it does for a request is to doubt it. Here nothing is
doubted: what is not exactly of the form below is not read, and is a matter for Hypercorn's parser.
Whatever is read here, h11 reads the same way; `tests/connections/test_whole.py` holds them side by
side.
"""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE: Final = rb"[\t -~\x80-\xff]*"
_FIELD: Final = re.compile(rb"(%b):(%b)\r\n" % (_TOKEN, _VALUE))
_FIELDS: Final = rb"((?:%b:%b\r\n)+)" % (_TOKEN, _VALUE)
_QUERY: Final = rb"(?:\?([!-~]*))?"
_METHODS: Final = frozenset({"GET", "POST"})
_NAME: Final = "[0-9A-Za-z_-]+"
_PATH: Final = re.compile(rf"(?:/(?:{_NAME}|\*))+")
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
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Hot:
    """The requests that are read here, by method and path; of other methods than GET and POST none.

    A path is of letters, digits, `_` and `-` between slashes; `*` stands for any such name. Raises
    `ValueError` for others: they could be written in more than one way.
    """

    __slots__ = ("_head",)

    def __init__(self, ways: Collection[tuple[str, str]]) -> None:
        if strange := [path for _, path in ways if not _PATH.fullmatch(path)]:
            raise ValueError(f"no path can be hot that is written like this: {strange[0]}")
        lines = [f"{method} {path}" for method, path in ways if method in _METHODS]
        line = "|".join(lines).replace("*", _NAME).encode() or b"(?!)"
        self._head = re.compile(rb"(%b)%b HTTP/1\.1\r\n%b\r\n" % (line, _QUERY, _FIELDS))

    def read(self, data: bytes) -> Whole | None:
        """Return the request, if the bytes are one of these, no less and no more (RFC 9112).

        None when anything about it is unusual, or wrong.
        """
        head = self._head.match(data, 0, MOST_HEAD_BYTES)
        if head is None:
            return None
        line, query, fields = head.groups()
        method, path = line.decode().split(" ")
        headers = [(name.lower(), value.strip(b" \t")) for name, value in _FIELD.findall(fields)]
        body = data[head.end() :]
        length = b"%d" % len(body) if method == "POST" else None
        if not _is_plain(dict(headers), len(headers), length) or (body and method == "GET"):
            return None
        return Whole(method, path, query or b"", headers, body)

    def is_head(self, data: bytes) -> bool:
        """Tell whether the bytes are all of the head of a POST of these, and nothing of its body.

        Many clients write the two apart, and the other part is just behind.
        """
        return (
            data.startswith(b"POST")
            and len(data) <= MOST_HEAD_BYTES
            and self._head.fullmatch(data) is not None
        )


def _is_plain(fields: dict[bytes, bytes], count: int, length: bytes | None) -> bool:
    """Tell whether the fields leave no doubt: about who is asked, the length, and what follows."""
    return (
        len(fields) == count
        and b"host" in fields
        and fields.get(b"content-length") == length
        and _UNUSUAL.isdisjoint(fields)
        and fields.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    )
