"""Bytes that are no UTF-8, or only just, as terminals, files and old programs have them."""

from typing import Final

LINES: Final = (
    b"Gr\xfcn",  # ISO 8859-1
    b"\xfc",
    b"\xe9t\xe9",
    b"5 \x80",  # Windows-1252: a euro
    b"\x93quoted\x94",
    b"na\xc3",  # cut in the middle of a character
    b"\xe2\x82",
    b"\xf0\x9f\xa6",
    b"\xc3\x28",
    b"\xa0 blank",
    b"\xc0\xaf",  # overlong
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",  # half a surrogate pair
    b"\xed\xa0\xbd\xed\xb8\x80",  # CESU-8
    b"\xf4\x90\x80\x80",  # beyond the last one
    b"\xf8\x88\x80\x80\x80",
    b"\xfe\xff",
    b"\xff",
    b"x\x80\x81\x82y",
    b"\x83e\x83X\x83g",  # Shift JIS
    b"\xef\xbf\xbd and \xff",
    b"\xe2\x28\xa1",
)


def read(line: bytes) -> str:
    """Return the line as it is to be shown: what is no character is `�`."""
    return line.decode(errors="replace").strip()
