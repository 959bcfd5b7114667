"""The README of the server: its example serves, and it is for who reads the source."""

import asyncio
import re
import socket
from pathlib import Path
from typing import Any, Final

import ephemera.server
from tests.support.connections import CONFIGURED, WITHIN, answer_of, get
from tests.support.sockets import connection

README: Final = Path(ephemera.server.__file__).with_name("README.md").read_text("utf-8")
MOST_LINES: Final = 100


def the_example() -> dict[str, Any]:
    [code] = re.findall(r"```python\n(.*?)^asyncio\.run", README, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    return names


async def test_the_example_serves() -> None:
    names = the_example()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    names["config"].bind = [f"fd://{listener.detach()}"]
    over = asyncio.Event()
    serving = asyncio.create_task(names["server"].serve(over.wait))
    for path in (b"/hello/you", b"/"):
        async with connection(port) as (reader, writer):
            writer.write(get(path))
            assert (await answer_of(reader)).body == b"Hello\n"
    over.set()
    async with asyncio.timeout(WITHIN):
        await serving


def test_the_tests_serve_as_the_readme_advises() -> None:
    config = the_example()["config"]
    assert {name: getattr(config, name) for name in CONFIGURED} == CONFIGURED


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len(README.splitlines()) <= MOST_LINES
