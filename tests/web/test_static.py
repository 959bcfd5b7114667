"""GET /static/{hash}/{name}: the only answers that may be cached."""

import gzip
import re

import pytest

from tests.support.asking import BROWSER, CURL
from tests.support.cast import House, Person, Scene

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


async def asset(house: House, name: str) -> str:
    """Return the address of a static file as a page gives it."""
    page = (await Person(house).get("/", BROWSER)).text
    found = re.search(rf'"(/static/[0-9a-f]{{16}}/{re.escape(name)})"', page)
    assert found
    return found[1]


TYPES = {
    "app.css": "text/css",
    "pages.js": "text/javascript",
    "img/mark.svg": "image/svg+xml",
}


@pytest.mark.parametrize(("name", "media_type"), TYPES.items())
async def test_a_file_is_named_by_its_content_and_may_be_kept_for_ever(
    house: House, name: str, media_type: str
) -> None:
    answer = await Person(house).get(await asset(house, name), BROWSER)
    assert answer.status == 200
    assert answer.type.split(";")[0] == media_type
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert answer.body


@pytest.mark.parametrize("name", TYPES)
async def test_a_file_is_gzipped_for_whoever_takes_that(house: House, name: str) -> None:
    path = await asset(house, name)
    plain = await Person(house).get(path, BROWSER)
    packed = await Person(house).get(path, BROWSER, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert len(packed.body) < len(plain.body)
    assert gzip.decompress(packed.body) == plain.body
    assert packed.type == plain.type


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "gzip; q=0.0, *", ""])
async def test_a_file_is_not_gzipped_for_whoever_does_not(house: House, accepted: str) -> None:
    path = await asset(house, "app.css")
    answer = await Person(house).get(path, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers


async def test_the_room_has_its_own_script(scene: Scene) -> None:
    page = (await scene.ben.get(scene.path, BROWSER)).text
    found = re.search(r'<script defer src="(/static/[0-9a-f]{16}/room\.js)"', page)
    assert found
    script = await scene.mallory.get(found[1])
    assert script.status == 200
    assert "htmx" in script.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/app.css",
        "/static/0000000000000000/app.css",
        "/static/",
        "/static/../pyproject.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/static/%00",
    ],
)
async def test_anything_else_leads_nowhere_and_is_not_kept(house: House, path: str) -> None:
    answer = await Person(house).get(path, CURL)
    assert answer.status == 404
    assert answer.headers["Cache-Control"] == "no-store"


async def test_files_are_only_read(house: House) -> None:
    path = await asset(house, "app.css")
    for method in ("POST", "PUT", "DELETE"):
        assert (await house.ask(method, path, CURL)).status == 405


async def test_all_the_javascript_of_a_room_weighs_at_most_40_kilobytes(scene: Scene) -> None:
    page = (await scene.ben.get(scene.path, BROWSER)).text
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page)
    assert scripts
    assert page.count("<script") == len(scripts)
    weight = 0
    for path in scripts:
        answer = await scene.ben.get(path, headers=GZIP)
        assert answer.headers["Content-Encoding"] == "gzip"
        weight += len(answer.body)
    assert 10_000 < weight <= 40_000


@pytest.mark.parametrize("frame", ["roster", "composer", "live?once=1"])
async def test_the_frames_of_a_room_without_javascript_have_none(scene: Scene, frame: str) -> None:
    answer = await scene.ben.get(f"{scene.path}/{frame}", BROWSER)
    assert answer.status == 200
    assert "app.css" in answer.text
    assert "<script" not in answer.text
