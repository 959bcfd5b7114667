"""Clients that are refused everything, with canaries in all that they send.

`python -m tests.support.refused PORT` runs in a process of its own, so that only the server knows
the canaries; they are made here of pieces. It prints as JSON what it was told, and digests of the
tokens that it showed.
"""

import hashlib
import json
import socket
import sys
from collections.abc import Mapping
from http.client import HTTPConnection
from itertools import product
from typing import Any, Final
from urllib.parse import urlencode

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM
from tests.support.cast import FORM
from tests.support.patience import PATIENCE

WORD: Final = "ptarmigan" + "-"
LOOKS: Final[Mapping[str, Mapping[str, str]]] = {
    "browser": BROWSER,
    "htmx": HTMX,
    "program": PROGRAM,
    "curl": CURL,
}


class Visitor:
    """Asks one thing after the other, as one of `LOOKS`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.told: list[tuple[str, int]] = []
        self.room = ""
        self.code = ""
        self.tokens: dict[str, str] = {}
        self._ben = ""
        self._streams: list[socket.socket] = []
        self._look = "program"

    def ask(
        self,
        what: str,
        path: str,
        fields: Mapping[str, str] | bytes | None = None,
        token: str = "",
        **headers: str,
    ) -> Any:  # noqa: ANN401 - JSON is anything
        """GET, or POST some fields; note what came of it."""
        body = fields if isinstance(fields, bytes) or fields is None else urlencode(fields).encode()
        sent = {**LOOKS[self._look], "Content-Type": FORM, **headers}
        if self._look in ("browser", "htmx"):
            sent["Cookie"] = f"seat={token}"
        elif token:
            sent["Authorization"] = f"Bearer {token}"
        self._http.request("GET" if fields is None else "POST", path, body, sent)
        answer = self._http.getresponse()
        said = answer.read()
        if what:
            self.told.append((what, answer.status))
        return json.loads(said) if answer.headers["Content-Type"] == "application/json" else said

    def come(self) -> None:
        """Open a room for three, with two in it."""
        opened = self.ask("", "/rooms", {"nickname": f"{WORD}ada", "capacity": "3"})
        self.room, self.code = opened["room"]["id"], opened["room"]["code"]
        self.tokens["ada"] = opened["token"]
        joined = self.ask("", "/join", {"nickname": f"{WORD}ben", "code": self.code})
        self.tokens["ben"], self._ben = joined["token"], joined["member"]["id"]

    def listen(self) -> None:
        """Open streams: one that is left early, and others that end with the room."""
        for kind, who in product(("events", "json", "raw", "live"), ("ada", "ben")):
            stream = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
            stream.sendall(
                f"GET /rooms/{self.room}/{kind}?after={WORD}place HTTP/1.1\r\nHost: a\r\n"
                f"Authorization: Bearer {self.tokens[who]}\r\n\r\n".encode()
            )
            self.told.append(("a stream", int(stream.recv(65_536).split()[1])))
            self._streams.append(stream)
        self._streams.pop(0).close()

    def be_refused(self) -> None:
        """Be refused in every way there is."""
        room, ada, ben = f"/rooms/{self.room}", self.tokens["ada"], self.tokens["ben"]
        posts = (f"{room}/messages", f"{room}/composer")
        for self._look in LOOKS:
            for path in posts:
                self._be_refused_messages(path)
            self._be_refused_acts(room)
            self._be_refused_reading(room)
            self._be_refused_at_the_doors()
        self.ask("", f"{room}/mutes", {"member": self._ben}, ada)
        for self._look, path in product(LOOKS, posts):
            words = {"text": f"{WORD}muted", "key": f"{WORD}key-of-24-letters"}
            self.ask("muted", path, words, ben)
            for _ in range(3):
                self.ask("too many", path, {"text": f"{WORD}too-fast"}, ada)
        self.ask("", "/join", {"nickname": f"{WORD}cleo", "code": self.code})
        for self._look in LOOKS:
            self.ask("full", "/join", {"nickname": f"{WORD}dan", "code": self.code})
        for path, waits in product((*posts, "/join"), (True, False)):
            self._be_slow(path, waits=waits)

    def _be_refused_messages(self, path: str) -> None:
        ada = self.tokens["ada"]
        long = {"text": f"{WORD}long " + "x" * 4_000, "reply": "m-1"}
        self.ask("too long", path, long, ada)
        self.ask("no such message", path, {"text": WORD, "reply": "m-x"}, ada)
        self.ask("a long key", path, {"text": WORD, "key": WORD * 40}, ada)
        self.ask("no seat", path, {"text": f"{WORD}text"}, f"{WORD}token")
        self.ask("not UTF-8", path, WORD.encode() + b"\xff", ada)
        self.ask("other site", path, {"text": WORD}, ada, Origin="http://else")
        self._http.close()
        self.ask("too large", path, WORD.encode() * 9_500, ada)
        self._http.close()

    def _be_refused_acts(self, room: str) -> None:
        ada, ben = self.tokens["ada"], self.tokens["ben"]
        edit = {"text": f"{WORD}edit", "message": "m-1"}
        self.ask("no message", f"{room}/edits", edit, ada)
        self.ask("no member", f"{room}/mutes", {"member": WORD}, ada)
        for noun in ("close", "lock", "mutes", "invitations"):
            form = {"member": f"{WORD}member", "lasts": "600"}
            self.ask("not host", f"{room}/{noun}", form, ben)

    def _be_refused_reading(self, room: str) -> None:
        token = f"{WORD}token"
        for kind in ("events", "json", "raw", "live", "waiting", "qr.svg", "options", "nothing"):
            self.ask("no stream", f"{room}/{kind}?after={WORD}after", None, token)
        self.ask("no room", f"/rooms/{WORD}room", None, token)
        self.ask("nowhere", f"/{WORD}path?{WORD}=1", None, token)
        self.ask("wrong method", f"/?{WORD}", {"text": WORD}, token)

    def _be_refused_at_the_doors(self) -> None:
        code = {"code": self.code}
        self.ask("taken", "/join", {"nickname": f"{WORD}ada", **code})
        self.ask("bad name", "/join", {"nickname": WORD * 9, **code})
        self.ask("wrong code", "/join", {"nickname": f"{WORD}eve", "code": f"{WORD}code"})
        self.ask("bad room", "/rooms", {"nickname": f"{WORD}a", "grace": WORD})

    def _be_slow(self, path: str, *, waits: bool) -> None:
        """Send half a body; wait for the answer, or go without."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\n"
            f"Authorization: Bearer {self.tokens['ada']}\r\nContent-Length: 99\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE) as slow:
            slow.sendall(f"{head}text={WORD}slow".encode())
            if waits:
                line = slow.recv(65_536).split(b"\r\n")[0]
                self.told.append(("too slow", int(line.split()[1])))

    def go(self) -> None:
        """End the room, and go."""
        self._look = "program"
        self.ask("closed", f"/rooms/{self.room}/close", {}, self.tokens["ada"])
        self._http.close()
        for stream in self._streams:
            while stream.recv(65_536):
                pass
            stream.close()


def _main() -> None:
    visitor = Visitor(int(sys.argv[1]))
    visitor.come()
    visitor.listen()
    visitor.be_refused()
    visitor.go()
    digests = [hashlib.sha256(token.encode()).hexdigest() for token in visitor.tokens.values()]
    print(json.dumps({"told": visitor.told, "tokens": digests}))  # noqa: T201 - what it is for


if __name__ == "__main__":
    _main()
