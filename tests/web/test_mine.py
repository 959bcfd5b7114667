"""GET /rooms/{id}/mine.css: the style sheet that tells what is the reader's own."""

from tests.support.asking import KINDS
from tests.support.cast import Scene


async def test_each_member_gets_the_sheet_that_knows_them(scene: Scene) -> None:
    adas, bens = [await who.get(f"{scene.path}/mine.css") for who in (scene.ada, scene.ben)]
    assert (adas.status, adas.type) == (200, "text/css; charset=utf-8")
    assert '.message[data-member="p1"]' in adas.text
    assert "p2" not in adas.text
    assert adas.text.replace("p1", "p2") == bens.text


async def test_the_sheet_may_be_kept_by_nobody(scene: Scene) -> None:
    sheet = await scene.ada.get(f"{scene.path}/mine.css")
    assert sheet.headers["Cache-Control"] == "no-store"


async def test_the_sheet_is_the_same_however_it_is_asked_for(scene: Scene) -> None:
    sheets = [await scene.ada.get(f"{scene.path}/mine.css", kind) for kind in KINDS]
    assert sheets == [sheets[0]] * len(KINDS)


async def test_outsiders_learn_nothing(scene: Scene) -> None:
    await scene.assert_closed_to_outsiders("GET", "/mine.css")
