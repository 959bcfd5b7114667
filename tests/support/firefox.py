"""Drives Debian's Firefox by WebDriver BiDi, the protocol that it speaks by itself.

What is on a page is asked of the tree that Firefox keeps, not of a script in the page: it is the
same with scripts on and off.
"""

import asyncio
import base64
import itertools
import json
import re
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import STARTS_WITHIN, STOPS_WITHIN, environment

# Firefox under remote control keeps quiet by itself; this is what it would do before.
PREFERENCES: dict[str, object] = {
    "app.normandy.enabled": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}

_LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
_MOST_BYTES = 2**26  # of one answer: screenshots are large

Node = dict[str, Any]


@dataclass
class Firefox:
    """A running Firefox."""

    socket: ClientConnection
    _answers: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._numbers)
        waiting = self._answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await asyncio.wait_for(waiting, PATIENCE)
        assert answer["type"] == "success", f"{method}: {answer}"
        result: dict[str, Any] = answer["result"]
        return result

    async def listen(self) -> None:
        """Hand answers to those who wait for them, until the connection ends."""
        async for message in self.socket:
            answer = json.loads(message)
            if (waiting := self._answers.pop(answer.get("id"), None)) and not waiting.done():
                waiting.set_result(answer)

    async def tab(self, width: int = 1280, height: int = 800) -> "Tab":
        """Open a tab with cookies of its own."""
        container = (await self.ask("browser.createUserContext"))["userContext"]
        made = await self.ask("browsingContext.create", type="tab", userContext=container)
        tab = Tab(self, made["context"])
        size = {"width": width, "height": height}
        await self.ask("browsingContext.setViewport", context=tab.id, viewport=size)
        return tab


@dataclass(frozen=True)
class Tab:
    """A page, or a document in a frame of it."""

    firefox: Firefox
    id: str

    async def goto(self, url: str) -> None:
        """Go there and wait for all of it: until its style sheet has come, everything moves.

        Not for a page with a frame that never ends.
        """
        go = {"context": self.id, "url": url, "wait": "complete"}
        await self.firefox.ask("browsingContext.navigate", **go)

    async def url(self) -> str:
        """Return where this is."""
        return str((await self._tree())["url"])

    async def until_url(self, pattern: str) -> None:
        """Wait until the whole address, without its fragment, matches."""

        async def there() -> bool:
            return bool(re.fullmatch(pattern, (await self.url()).partition("#")[0]))

        await until(there, PATIENCE)

    async def frame(self, path: str) -> "Tab":
        """Wait for the frame whose address has this path at its end."""
        found: list[str] = []

        async def there() -> bool:
            frames = (await self._tree())["children"]
            found[:] = [one["context"] for one in frames if path in one["url"].partition("?")[0]]
            return bool(found)

        await until(there, PATIENCE)
        return Tab(self.firefox, found[0])

    async def texts(self, selector: str) -> list[str]:
        """Return the text of each element that is there now."""
        return [_text(node).strip() for node in await self._find(selector)]

    async def sees(self, selector: str, expected: Sequence[str], within: float = PATIENCE) -> None:
        """Wait until exactly these texts are there."""

        async def there() -> bool:
            return await self.texts(selector) == list(expected)

        await until(there, within)

    async def click(self, selector: str) -> None:
        """Click into the middle of the first such element, when it is there and in view.

        Until the style sheet has come, a page is longer than the window.
        """
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]

        async def clicked() -> bool:
            origin = {"type": "element", "element": {"sharedId": await self.wait_for(selector)}}
            move = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
            try:
                await self._act({"type": "pointer", "id": "mouse", "actions": [move, *press]})
            except AssertionError as error:
                if "move target out of bounds" not in str(error):
                    raise
                return False
            return True

        await until(clicked, PATIENCE)

    async def fill(self, selector: str, text: str) -> None:
        """Click into an empty field and type when the caret is in it."""

        async def has_focus() -> bool:
            await self.click(selector)
            return bool(await self._find(f"{selector}:focus"))

        await until(has_focus, PATIENCE)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        await self._act({"type": "key", "id": "keyboard", "actions": keys})

    async def screenshot(self) -> bytes:
        """Return what can be seen, as PNG."""
        shot = await self.firefox.ask("browsingContext.captureScreenshot", context=self.id)
        return base64.b64decode(shot["data"])

    async def _tree(self) -> dict[str, Any]:
        tree = await self.firefox.ask("browsingContext.getTree", root=self.id)
        only: dict[str, Any] = tree["contexts"][0]
        return only

    async def _find(self, selector: str) -> list[Node]:
        found = await self.firefox.ask(
            "browsingContext.locateNodes",
            context=self.id,
            locator={"type": "css", "value": selector},
            serializationOptions={"maxDomDepth": 8},
        )
        nodes: list[Node] = found["nodes"]
        return nodes

    async def wait_for(self, selector: str) -> str:
        """Wait until such an element is there; return what Firefox calls it."""
        found: list[Node] = []

        async def there() -> bool:
            found[:] = await self._find(selector)
            return bool(found)

        await until(there, PATIENCE)
        return str(found[0]["sharedId"])

    async def _act(self, source: dict[str, object]) -> None:
        await self.firefox.ask("input.performActions", context=self.id, actions=[source])


@asynccontextmanager
async def running_firefox(*, scripts: bool, **preferences: object) -> AsyncIterator[Firefox]:
    """Run Firefox with a fresh profile until the block ends."""
    chosen = {**PREFERENCES, "javascript.enabled": scripts, **preferences}
    with tempfile.TemporaryDirectory(prefix="ephemera-firefox-") as profile:
        lines = (f'user_pref("{name}", {json.dumps(value)});\n' for name, value in chosen.items())
        (Path(profile) / "user.js").write_text("".join(lines), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            "firefox-esr", "--headless", "--no-remote", "--profile", profile,
            "--remote-debugging-port", "0",
            env=environment({"HOME": profile}), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
        )  # fmt: skip
        assert process.stderr
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                url = await _until_listening(process.stderr)
            reading = asyncio.create_task(_swallow(process.stderr))
            async with connect(f"{url}/session", max_size=_MOST_BYTES, proxy=None) as socket:
                firefox = Firefox(socket)
                listening = asyncio.create_task(firefox.listen())
                wishes = {"alwaysMatch": {"acceptInsecureCerts": True}}
                await firefox.ask("session.new", capabilities=wishes)
                yield firefox
                await socket.close()
                await listening
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), STOPS_WITHIN)
        await reading


async def _until_listening(stderr: asyncio.StreamReader) -> str:
    async for line in stderr:
        if found := _LISTENING.search(line):
            return found[1].decode()
    raise AssertionError("Firefox ended early")


async def _swallow(stderr: asyncio.StreamReader) -> None:
    while await stderr.read(65_536):
        pass


def _text(node: Node) -> str:
    value = node.get("value", {})
    children = value.get("children", [])
    return str(value.get("nodeValue") or "") + "".join(_text(child) for child in children)
