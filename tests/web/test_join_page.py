"""GET /join and /join/{code}: a form that never joins and never tells."""

import pytest

from tests.support.asking import BROWSER, CURL, Kind, by_kind
from tests.support.cast import House, Person, Scene, without_key
from tests.support.cast import percent as as_path


@by_kind
async def test_everybody_gets_the_form(house: House, kind: Kind) -> None:
    page = await Person(house).get("/join", kind)
    assert page.status == 200
    assert page.type == "text/html; charset=utf-8"
    assert 'action="/join" method="post"' in page.text


async def test_the_code_of_the_path_is_in_its_field(scene: Scene) -> None:
    page = await scene.mallory.get(f"/join/{scene.code}", BROWSER)
    assert f'name="code" value="{scene.code}"' in page.text


async def test_without_scripts_the_empty_field_says_what_to_paste(scene: Scene) -> None:
    said = "Have you followed a link? Scripts are off, so its code did not get here: paste the"
    for path in ("/join", "/", "/join/", "/join?fbclid=x"):
        page = await scene.mallory.get(path, BROWSER)
        assert f'<noscript><p class="hint">{said} whole link.</p></noscript>' in page.text
        assert "Ten letters and digits, or the whole link, from whoever" in page.text
    assert said not in (await scene.mallory.get(f"/join/{scene.code}", BROWSER)).text


async def test_looking_at_a_good_code_takes_no_seat(scene: Scene) -> None:
    before = await scene.house.engine.load(scene.room)
    assert before
    page = await scene.mallory.get(f"/join/{scene.code}", BROWSER)
    assert page.status == 200
    assert "Set-Cookie" not in page.headers
    assert await scene.house.engine.load(scene.room) == before


async def test_the_form_does_not_tell_a_good_code_from_a_bad_one(scene: Scene) -> None:
    bad = "ZZZZZ-ZZZZZ"
    assert bad != scene.code
    good_page = await scene.mallory.get(f"/join/{scene.code}", BROWSER)
    bad_page = await scene.mallory.get(f"/join/{bad}", BROWSER)
    good, other = (without_key(page.text) for page in (good_page, bad_page))
    assert good.replace(scene.code, "") == other.replace(bad, "")
    assert good_page.status == bad_page.status
    assert good_page.lines == bad_page.lines


@pytest.mark.parametrize(
    "code", ['"><script>alert(1)', "\N{RIGHT-TO-LEFT OVERRIDE}edoc", "%", "a" * 3000]
)
async def test_any_code_comes_back_as_text(house: House, code: str) -> None:
    page = await Person(house).get(f"/join/{as_path(code)}", BROWSER)
    assert page.status == 200
    assert "<script>alert" not in page.text


async def test_a_code_that_is_not_utf_8_is_no_fault_of_ours(house: House) -> None:
    assert (await Person(house).get("/join/%FF%FE", BROWSER)).status == 200


async def test_a_deeper_path_leads_nowhere(house: House) -> None:
    assert (await Person(house).get("/join/ABCDE/FGHJK", CURL)).status == 404


async def test_a_code_in_the_path_is_never_joined(scene: Scene) -> None:
    answer = await scene.mallory.post(f"/join/{scene.code}", CURL, {"nickname": "Mallory"})
    assert answer.status == 405
    assert {*answer.headers["Allow"].split(", ")} == {"GET", "HEAD", "OPTIONS"}
