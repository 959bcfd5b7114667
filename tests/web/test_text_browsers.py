"""What browsers without style sheets and scripts show of our pages: lynx and w3m, the real ones."""

import subprocess
from typing import Final

import pytest

from tests.support.asking import BROWSER
from tests.support.cast import House, Scene, set_scene

BROWSERS: Final = {
    "lynx": ("lynx", "-dump", "-nolist", "-width=1000", "-display_charset=utf-8", "-stdin"),
    "w3m": ("w3m", "-dump", "-cols", "1000", "-T", "text/html", "-O", "UTF-8", "-I", "UTF-8"),
}
MUTED: Final = "You are muted"
ALONE: Final = "You are alone here"
INVITED: Final = "You have been invited"
by_browser: Final = pytest.mark.parametrize("command", BROWSERS.values(), ids=BROWSERS)
Command = tuple[str, ...]


def shown(command: Command, html: str) -> str:
    """Return what a text browser makes of a page, in single blanks."""
    ran = subprocess.run(command, input=html.encode(), capture_output=True, check=True)
    return " ".join(ran.stdout.decode().split())


@by_browser
async def test_a_room_says_what_is_so_and_nothing_else(scene: Scene, command: Command) -> None:
    await scene.ada.say(scene.room, "Hello, Ben")

    async def read_by_ben() -> str:
        return shown(command, (await scene.ben.get(scene.path, BROWSER)).text)

    page = await read_by_ben()
    assert "Hello, Ben" in page
    for untrue in (MUTED, ALONE):
        assert untrue not in page
    await scene.ada.post(f"{scene.path}/mutes", {}, {"member": "p2"})
    assert MUTED in await read_by_ben()
    await scene.ada.post(f"{scene.path}/leave", {}, {})
    assert ALONE in await read_by_ben()


@by_browser
async def test_nobody_is_invited_but_by_an_invitation(house: House, command: Command) -> None:
    scene = await set_scene(house)
    for path in ("/", "/join", f"/join/{scene.code}"):
        assert INVITED not in shown(command, (await scene.ben.get(path, BROWSER)).text)
    made = await scene.ada.post(f"{scene.path}/invitations", {"Accept": "application/json"}, {})
    link = made.json["invitation"]["url"].replace("#", "/")
    page = (await scene.ben.get(link[link.index("/join") :], BROWSER)).text
    assert INVITED in shown(command, page)


@by_browser
async def test_a_name_and_a_time_are_two_words(scene: Scene, command: Command) -> None:
    await scene.ada.say(scene.room, "Hello, Ben")
    page = shown(command, (await scene.ben.get(scene.path, BROWSER)).text)
    assert "Ada15:06" not in page
    assert "Ada 15:06" in page
