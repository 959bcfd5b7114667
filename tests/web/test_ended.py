"""GET /ended/{how}: why a room is no more, where no script could keep the sentence."""

import re

import pytest

from ephemera.web.rendering.endings import ENDINGS
from tests.support.asking import BROWSER
from tests.support.cast import Scene

TO_THE_END = re.compile(r'<meta http-equiv="refresh" content="0; url=(/ended/\w+)">\s*$')


async def test_the_last_document_leads_to_a_page_that_stays(scene: Scene) -> None:
    """The document itself would be asked for again in two seconds, when nothing knows why."""
    async with scene.ben.listening(f"{scene.path}/live", BROWSER) as stream:
        await stream.until("joined")
        await scene.ada.post(f"{scene.path}/close")
        document = await stream.ended()
    link = TO_THE_END.search(document)
    assert link
    page = await scene.ben.get(link[1], BROWSER)
    assert page.status == 200
    assert "The host ended this room. It is gone." in page.text
    assert "Refresh" not in page.headers
    assert "http-equiv" not in page.text


@pytest.mark.parametrize("ending", ENDINGS)
async def test_every_way_a_room_can_end_has_its_page(scene: Scene, ending: str) -> None:
    page = await scene.ben.get(f"/ended/{ending}", BROWSER)
    assert page.status == 200
    assert ENDINGS[ending].html("en") in page.text


async def test_of_any_other_end_there_is_nothing(scene: Scene) -> None:
    answer = await scene.ben.get("/ended/otherwise", BROWSER)
    assert (answer.status, answer.text) == (404, (await scene.ben.get("/nowhere", BROWSER)).text)
