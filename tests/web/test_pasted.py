"""Codes, words and links as they arrive: by every form and by the path, they are what was meant."""

import re
from urllib.parse import quote

import pytest

from ephemera.domain.pasted import MOST_TYPED_CHARACTERS
from tests.support.asking import BROWSER, PROGRAM, Kind, by_kind
from tests.support.cast import Browser, House, Person, Scene
from tests.support.mangled import MANNERS_OF_CODES, MANNERS_OF_WORDS, OF_CODES
from tests.support.page import Page

TAKEN = "Somebody in this room has"
"""Who has a good code is told that the nickname is taken, and takes no seat."""
WRONG = {"nickname": "Mallory", "code": "ZZZZZ-ZZZZZ"}
PATHS = (
    "/join/{}",
    "/join/{}/",
    "/join/{}?fbclid=IwAR0",
    "/join/{}/?fbclid=IwAR0",
    "/join/{}%3Ffbclid=IwAR0",
    "/join/{}&fbclid=IwAR0",
    "/join/{}.",
    "/join/{}),",
    "/join/%3C{}%3E",
    "/join/%22{}%22",
    "/join/{}%20",
    "/join/{}%E2%80%8B",
    "/join/%23{}",
    "/join/{}%23",
    "/join%23{}",
    "/join%2F{}",
    "/Join/{}",
    "/JOIN/{}/",
)


async def word_of(scene: Scene) -> str:
    issued = await scene.ada.post(f"{scene.path}/invitations", PROGRAM, {"uses": "7"})
    return str(issued.json["invitation"]["url"].rpartition("#")[2])


@by_kind
async def test_a_code_is_read_in_every_form_however_it_was_changed(
    scene: Scene, kind: Kind
) -> None:
    for manner, change in MANNERS_OF_CODES.items():
        form = {"nickname": "Ben", "code": change(scene.code)}
        assert TAKEN in (await scene.mallory.post("/join", kind, form)).text, manner


@by_kind
async def test_a_word_is_read_in_every_form_however_it_was_changed(
    scene: Scene, kind: Kind
) -> None:
    word = await word_of(scene)
    for manner, change in MANNERS_OF_WORDS.items():
        form = {"nickname": "Ben", "code": change(word)}
        assert TAKEN in (await scene.mallory.post("/join", kind, form)).text, manner


async def test_what_is_obviously_the_code_is_not_counted_as_a_wrong_one() -> None:
    house = House(rate_limits=True)
    _, room = await house.open_room("Ada")
    mallory = Person(house)
    for manner, change in MANNERS_OF_CODES.items():
        form = {"nickname": "Ada", "code": change(room["code"])}
        assert TAKEN in (await mallory.post("/join", PROGRAM, form)).text, manner
    statuses = [(await mallory.post("/join", PROGRAM, WRONG)).status for _ in range(11)]
    assert statuses == [404] * 10 + [429], "and of the wrong ones every one was left"


@pytest.mark.parametrize("path", PATHS)
async def test_the_field_is_filled_from_the_path_however_it_was_changed(
    scene: Scene, path: str
) -> None:
    for shown in (scene.code, await word_of(scene)):
        page = await scene.mallory.get(path.format(shown), BROWSER)
        assert page.status == 200
        field = Page(page.text).document.find("join-code")
        assert field
        assert field.attributes["value"] == shown
        assert ("readonly" in field.attributes) == (shown != scene.code)


@pytest.mark.parametrize("manner", [one for one in OF_CODES if "slash" not in one])
async def test_the_field_is_filled_with_the_code_as_it_is_shown(scene: Scene, manner: str) -> None:
    changed = OF_CODES[manner](scene.code).replace("/", "")
    page = await scene.mallory.get(f"/join/{quote(changed, safe='')}", BROWSER)
    field = Page(page.text).document.find("join-code")
    assert field
    assert field.attributes["value"] == scene.code


@pytest.mark.parametrize(
    "path", ["/join", "/join/", "/Join", "/JOIN/", "/join?fbclid=x", "/join%23", "/join%3F"]
)
async def test_without_a_code_the_field_is_empty(house: House, path: str) -> None:
    page = await Person(house).get(path, BROWSER)
    assert page.status == 200
    field = Page(page.text).document.find("join-code")
    assert field
    assert field.attributes["value"] == ""


@pytest.mark.parametrize("path", ["/joinery", "/joiner/x", "/rejoin", "/join/a/b", "/join/a/b/"])
async def test_what_only_begins_alike_leads_nowhere(house: House, path: str) -> None:
    assert (await Person(house).get(path, BROWSER)).status == 404


@pytest.mark.parametrize("path", ["/join/{}.", "/join/{}/", "/join/\u200b{}"])
async def test_who_has_a_seat_is_led_to_it_by_a_changed_link_too(scene: Scene, path: str) -> None:
    cleo = Browser(scene.house)
    await cleo.post("/join", {"nickname": "Cleo", "code": scene.code})
    page = await cleo.get(quote(path.format(scene.code.lower()), safe="/"))
    assert 'You are in this room as <bdi translate="no">Cleo</bdi>.' in page.text


@by_kind
@pytest.mark.parametrize("code", ["", " ", "\u3000", "\u200b", "\ufeff\u2060"])
async def test_where_nothing_can_be_seen_a_code_is_asked_for(
    house: House, kind: Kind, code: str
) -> None:
    answer = await Person(house).post("/join", kind, {"nickname": "Mallory", "code": code})
    assert answer.status == 422
    assert "Type the code" in answer.text


async def test_what_is_too_long_for_a_link_is_no_code(scene: Scene) -> None:
    for size, status in ((MOST_TYPED_CHARACTERS, 201), (MOST_TYPED_CHARACTERS + 1, 404)):
        form = {"nickname": "Somebody", "code": f"{scene.code}".ljust(size)}
        assert (await scene.ben.post("/join", PROGRAM, form)).status == status


async def test_a_link_with_an_invitation_stays_in_its_field_and_is_not_to_be_changed(
    scene: Scene,
) -> None:
    link = f"<http://ephemera.test/join#{await word_of(scene)}>"
    page = await scene.mallory.post("/join", BROWSER, {"nickname": "Ada", "code": link})
    assert page.status == 422
    field = Page(page.text).document.find("join-code")
    assert field
    assert (field.attributes["value"], "readonly" in field.attributes) == (link, True)


async def test_code_and_links_are_not_translated(scene: Scene) -> None:
    page = (await scene.ada.get(scene.path, BROWSER)).text
    for name in ("code", "link"):
        (tag,) = re.findall(rf'<\w+ id="{name}"[^>]*>', page)
        assert 'translate="no"' in tag
    sheet = (await scene.ada.post(f"{scene.path}/invitations", BROWSER, {})).text
    (tag,) = re.findall(r'<a id="invitation-link"[^>]*>', sheet)
    assert 'translate="no"' in tag
    assert (await scene.ada.post(f"{scene.path}/code", BROWSER)).status == 303
    stream = (await scene.ada.get(f"{scene.path}/events?once=1", BROWSER)).text
    for tag in re.findall(r'<\w+ id="(?:code|link)"[^>]*>', stream):
        assert 'translate="no"' in tag
