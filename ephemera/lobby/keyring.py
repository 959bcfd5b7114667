"""The keys that open rooms, in a file of the operator's, which may change at any time."""

import logging
import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

from ephemera.domain.errors import KeyNeeded

SHORTEST_KEY: Final = 16
LONGEST_KEY: Final = 256
LARGEST_FILE: Final = 65_536
"""In bytes: some thousand keys. Each is looked at whenever somebody opens a room."""

logger = logging.getLogger(__name__)

Version = tuple[int, int, int]


class KeysUnfit(Exception):
    """The file cannot be used; the message is one sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The file of keys that open rooms {why}.")


class Keyring:
    """The keys in a file: a line for each, with a name, a blank and the key.

    The name is for the operator alone, who withdraws a key by its line. Only digests are kept, and
    a file that has become unfit changes nothing: who had a key may not lose it by a slip.
    """

    def __init__(self, file: Path) -> None:
        """Read the file. Raises `KeysUnfit`."""
        self._file = file
        self._version = self._version_now()
        self._digests = list(_digests_in(file))

    def check(self, key: str) -> None:
        """Raise `KeyNeeded` unless that is a key, in a time that tells nothing of which."""
        self._read_again()
        digest = _digest_of(key[: LONGEST_KEY + 1])
        if not sum(compare_digest(digest, known) for known in self._digests):
            raise KeyNeeded

    def _read_again(self) -> None:
        version = self._version_now()
        if version == self._version:
            return
        self._version = version
        try:
            self._digests = list(_digests_in(self._file))
        except KeysUnfit as reason:
            logger.warning("%s The keys that it had before still hold.", reason)

    def _version_now(self) -> Version:
        try:
            told = self._file.stat()
        except OSError:
            return (0, 0, 0)
        return (told.st_mtime_ns, told.st_size, told.st_ino)


def _digests_in(file: Path) -> Iterator[bytes]:
    for number, line in enumerate(_text_in(file).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        _name, *keys = line.split()
        if len(keys) != 1:
            raise KeysUnfit(f"has no name and key in line {number}")
        if not SHORTEST_KEY <= len(keys[0]) <= LONGEST_KEY:
            raise KeysUnfit(
                f"has a key in line {number} that is not of {SHORTEST_KEY} to {LONGEST_KEY} "
                "characters"
            )
        yield _digest_of(keys[0])


def _text_in(file: Path) -> str:
    try:
        if not file.is_file():  # of a pipe we would wait for who writes
            raise KeysUnfit("cannot be read as text")
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            text = opened.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise KeysUnfit(f"is larger than {LARGEST_FILE} bytes")
        if mode & stat.S_IROTH:
            logger.warning("Everybody on this machine can read the keys that open rooms.")
        return text.decode()
    except (OSError, ValueError):
        raise KeysUnfit("cannot be read as text") from None


def _digest_of(key: str) -> bytes:
    return sha256(key.encode(errors="surrogatepass")).digest()
