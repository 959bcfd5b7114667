"""What was refused is not kept: nothing of the request is left once the room is gone.

Nobody collects garbage here: in a server that has little to do that may be minutes away.
"""

import asyncio
import gc
import hashlib
import json
import re
import socket
import sys
from collections import Counter
from typing import Any, Final

import pytest

from ephemera.app import create_app
from ephemera.serve import config_file, load_config
from ephemera.server.serving import Server
from ephemera.settings import Settings
from ephemera.web.road import bodies
from tests.support.connections import without_collections
from tests.support.processes import comes

CANARY: Final = re.compile("p[t]armigan-")
CANARY_IN_BYTES: Final = re.compile(b"p[t]armigan-")
TOKEN: Final = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII)
REFUSED_FOR_SLOWNESS_AFTER: Final = 0.3
EXPECTED: Final = {
    "too long": {422},
    "no such message": {422},
    "a long key": {422},
    "no seat": {404},
    "too large": {413},
    "not UTF-8": {400},
    "other site": {403},
    "not host": {403},
    "no member": {422},
    "no message": {409},
    "no stream": {404},
    "no room": {404},
    "nowhere": {404},
    "wrong method": {405},
    "bad name": {422},
    "bad room": {422},
    "full": {409},
    "too slow": {408},
    "a stream": {200},
    "closed": {204},
}
AT_LEAST: Final = {"muted": 403, "too many": 429, "wrong code": 404, "taken": 422}
"""Others of their kind are told what somebody is told who asks too often."""


def _canaries(found: object, digests: frozenset[str]) -> bool:
    if isinstance(found, str):
        shown = (hashlib.sha256(each.encode()).hexdigest() for each in TOKEN.findall(found))
        return bool(CANARY.search(found)) or not digests.isdisjoint(shown)
    if isinstance(found, bytes | bytearray):
        return bool(CANARY_IN_BYTES.search(found)) or _canaries(found.decode("latin-1"), digests)
    return False


def left(digests: frozenset[str]) -> Counter[str]:
    """Return what is left with a canary in it, by what it is and what refers to it."""
    seen: set[int] = set()
    found: Counter[str] = Counter()
    tracked = gc.get_objects()
    ours = {id(tracked), id(seen), id(found)}
    waiting: list[Any] = [each for each in tracked if id(each) not in ours]
    ours.add(id(waiting))
    while waiting:
        one = waiting.pop()
        if id(one) in seen or id(one) in ours:
            continue
        seen.add(id(one))
        for part in gc.get_referents(one):
            if _canaries(part, digests):
                found[f"{type(part).__name__} in {_name(one)}"] += 1
            elif not gc.is_tracked(part) and isinstance(part, dict | tuple):
                waiting.append(part)
    return found


def _name(holder: object) -> str:
    if isinstance(holder, dict):
        return f"dict of {sorted(map(str, holder))[:4]}"
    code = getattr(holder, "f_code", None) or getattr(holder, "cr_code", None)
    return f"{type(holder).__name__} {code.co_qualname if code else ''}"


async def be_refused(port: int) -> dict[str, Any]:
    """Let a process of its own be refused everything; return what it was told."""
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.refused", str(port)), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await client.communicate()
    assert client.returncode == 0
    told: dict[str, Any] = json.loads(said)
    return told


def test_what_is_left_is_found() -> None:
    """The premise of the other test."""
    with without_collections():
        bird, token = "ptarmigan", "-".join(("a" * 20, "b" * 22))
        digests = frozenset({hashlib.sha256(token.encode()).hexdigest()})
        kept = [(f"{bird}-word".encode(), 1), {"a": f"seat={token}"}]
        assert left(frozenset()) == Counter({"bytes in tuple ": 1})
        assert left(digests) >= Counter({"bytes in tuple ": 1, "str in dict of ['a']": 1})
        del kept, token
        assert left(digests) == Counter()


async def test_nothing_of_what_was_refused_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.get_running_loop().set_debug(False)
    monkeypatch.setattr(bodies, "BODY_SECONDS", REFUSED_FOR_SLOWNESS_AFTER)
    app = create_app(Settings())
    app.config["BODY_TIMEOUT"] = REFUSED_FOR_SLOWNESS_AFTER
    config = load_config(config_file(), Settings())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config.bind = [f"fd://{listener.fileno()}"]
        over = asyncio.Event()
        server = Server(app, config, app.hot)
        task = asyncio.create_task(server.serve(over.wait))
        with without_collections():
            told = await be_refused(listener.getsockname()[1])
            await comes(lambda: not server._connections)
            remains = left(frozenset(told["tokens"]))
        over.set()
        await task
        listener.detach()
    statuses: dict[str, set[int]] = {}
    for what, status in told["told"]:
        statuses.setdefault(what, set()).add(status)
    assert {what: statuses[what] for what in EXPECTED} == EXPECTED
    assert all(status in statuses[what] for what, status in AT_LEAST.items())
    assert remains == Counter()
