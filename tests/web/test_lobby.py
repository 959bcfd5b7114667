"""GET /: the lobby for people, a short help for curl."""

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind
from tests.support.cast import House, Person, without_key


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_a_browser_sees_both_doors(house: House, kind: Kind) -> None:
    page = await Person(house).get("/", kind)
    assert page.status == 200
    assert page.type == "text/html; charset=utf-8"
    assert '<form id="open" class="form" action="/rooms" method="post"' in page.text
    assert '<form id="join" class="form" action="/join" method="post"' in page.text


@pytest.mark.parametrize("kind", [CURL, PROGRAM, {}], ids=["curl", "program", "no Accept"])
async def test_a_program_gets_a_short_help_with_our_own_address(house: House, kind: Kind) -> None:
    text = await Person(house).get("/", kind)
    assert text.status == 200
    assert text.type == "text/plain; charset=utf-8"
    assert "curl -d nickname=Ada -d capacity=3 http://ephemera.test/rooms" in text.text
    assert len(text.text.splitlines()) < 24


async def test_the_help_speaks_of_https_when_it_came_by_https(house: House) -> None:
    text = await Person(house, scheme="https").get("/")
    assert "https://ephemera.test/rooms" in text.text
    assert "http://" not in text.text


async def test_the_user_agent_decides_nothing(house: House) -> None:
    plain = await Person(house).get("/", CURL)
    posing = await Person(house).get("/", CURL, headers={"User-Agent": "Mozilla/5.0 Firefox/153"})
    assert posing == plain


async def test_nobody_gets_a_cookie_for_looking(house: House) -> None:
    assert "Set-Cookie" not in (await Person(house).get("/", BROWSER)).headers


async def test_a_query_changes_nothing(house: House) -> None:
    plain = await Person(house).get("/", BROWSER)
    asked = await Person(house).get("/?code=%3Cscript%3E&nickname=%FF", BROWSER)
    assert without_key(asked.text) == without_key(plain.text)
    assert (asked.status, asked.lines) == (plain.status, plain.lines)
