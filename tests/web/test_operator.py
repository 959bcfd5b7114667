"""Who runs this site: at every foot, at /operator, and for who found a fault."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ephemera.given import Given, SettingsError, configured
from ephemera.settings import Settings
from tests.support.asking import BROWSER, CURL, PROGRAM
from tests.support.cast import House, Person, set_scene

HOSTILE = "<script>alert(1)</script> & “quotes” 'n' <b>bold</b> {{ 7 * 7 }} {% raw %}"
TOLD: Final[Mapping[str, Any]] = {
    "site": "Chess club “Rook & Pawn” <b>",
    "contact": "ada@club.example",
    "banner": f"Down on Monday. {HOSTILE} https://club.example/why",
    "operator": "# Imprint\n\nAda Lovelace\n12 Old Street\n\n## Rules\nBe kind.\n"
    f"{HOSTILE}\n\n\n\n#\n\n# Privacy\n",
}


async def page_of(house: House, path: str) -> str:
    answer = await Person(house).get(path, BROWSER)
    assert answer.status == 200
    return answer.text


@pytest.mark.parametrize("path", ["/", "/join", "/about", "/operator", "/ended/closed"])
async def test_what_an_operator_says_is_text_on_every_page(path: str) -> None:
    page = await page_of(House(**TOLD), path)
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "49" not in re.sub(r"<[^>]*>", "", page)


@pytest.mark.parametrize("path", ["/", "/join", "/about", "/operator"])
async def test_the_banner_and_who_runs_it_stand_on_every_quiet_page(path: str) -> None:
    page = await page_of(House(**TOLD), path)
    assert 'class="banner"' in page
    assert '<a href="https://club.example/why"' in page
    assert 'Run by <bdi translate="no">Chess club “Rook &amp; Pawn” &lt;b&gt;</bdi>' in page


@pytest.mark.parametrize("path", ["/", "/join", "/about"])
async def test_where_nothing_is_said_nothing_stands(house: House, path: str) -> None:
    page = await page_of(house, path)
    assert "banner" not in page
    assert "/operator" not in page
    assert "They have not said who they are." in await page_of(house, "/operator")


async def test_a_room_has_no_banner() -> None:
    scene = await set_scene(House(**TOLD))
    assert "banner" not in (await scene.ada.get(scene.path, BROWSER)).text


async def test_the_page_of_the_operator_has_headings_and_paragraphs() -> None:
    page = await page_of(House(**TOLD), "/operator")
    assert re.findall(r'<h2 dir="auto">(.*?)</h2>', page) == ["Imprint", "Rules", "Privacy"]
    assert "Ada Lovelace\n12 Old" in page
    assert re.search(r'<p class="operators" dir="auto">Be kind\.\n', page)
    assert '<a href="mailto:ada@club.example"' in page


@pytest.mark.parametrize("kind", [CURL, PROGRAM], ids=["curl", "program"])
async def test_a_program_reads_the_same_as_text(kind: dict[str, str]) -> None:
    answer = await Person(House(**TOLD)).get("/operator", kind)
    assert answer.type == "text/plain; charset=utf-8"
    assert HOSTILE in answer.text
    assert TOLD["site"] in answer.text


async def test_who_found_a_fault_is_told_whom_to_tell() -> None:
    house = House(**TOLD)
    answer = await Person(house).get("/.well-known/security.txt", CURL)
    assert answer.type == "text/plain; charset=utf-8"
    contact, expires = answer.text.splitlines()
    assert contact == "Contact: mailto:ada@club.example"
    until = datetime.strptime(expires, "Expires: %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    now = datetime.fromtimestamp(house.clock(), UTC)
    assert timedelta(days=1) < until - now < timedelta(days=365)


async def test_an_address_of_the_web_is_a_contact_as_it_stands() -> None:
    house = House(contact="https://club.example/contact?x=1")
    assert (
        "Contact: https://club.example/contact?x=1\n"
        in (await Person(house).get("/.well-known/security.txt", CURL)).text
    )


async def test_without_a_contact_there_is_nobody_to_tell(house: House) -> None:
    nothing = await Person(house).get("/nowhere", CURL)
    assert await Person(house).get("/.well-known/security.txt", CURL) == nothing


@pytest.mark.parametrize(
    ("lifetime", "told"), [(60, "1 minute"), (86_400, "24 hours"), (604_800, "7 days")]
)
async def test_what_is_kept_is_told_for_the_lifetime_in_force(lifetime: int, told: str) -> None:
    page = await page_of(House(lifetime=lifetime), "/about")
    assert f"or after {told}, the room is wiped" in page
    assert f"the second cookie, {told} at most" in page


def chosen(name: str, text: str) -> Settings:
    return configured({f"EPHEMERA_{name.upper()}": Given(text, "environment")})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("site", "a" * 101),
        ("site", "two\nlines"),
        ("banner", "\x1b[31m"),
        ("contact", "nobody"),
        ("contact", "ada@club.example?cc=mallory@evil.example"),
        ("contact", "javascript:alert(1)"),
        ("contact", "http://club.example"),
        ("contact", 'ada"onclick=@club.example'),
        ("operator", "/nowhere/at/all"),
        ("operator", "/"),
        ("opening", "somebody"),
        ("opening", "keys:relative"),
        ("opening", "nobody: " + "a" * 501),
        ("opening", "nobody: two\nlines"),
    ],
)
def test_what_does_not_fit_is_a_sentence(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^EPHEMERA_{name.upper()} must be .*\\.$"):
        chosen(name, text)


def test_a_text_is_read_once_and_bounded(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_bytes("Zürich\r\n".encode() + b"a" * 65_000)
    assert chosen("operator", str(file)).operator.startswith("Zürich\na")
    for unfit in (b"a" * 65_537, b"\xff\xfe"):
        file.write_bytes(unfit)
        with pytest.raises(SettingsError):
            chosen("operator", str(file))


def test_a_pipe_in_the_place_of_a_text_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "text")
    with pytest.raises(SettingsError):
        chosen("operator", str(tmp_path / "text"))
