"""What a translator of pages must leave alone: names, which may be words."""

from collections.abc import Iterator
from typing import Final

from tests.support.asking import BROWSER
from tests.support.cast import House
from tests.support.page import Element, Page

WILL: Final = "Will"
ROSE: Final = "Rose"


def translated(element: Element, *, on: bool = True) -> Iterator[str]:
    """Yield the texts of a page that a translator puts into other words."""
    on = on and element.attributes.get("translate") != "no"
    for child in element.children:
        if isinstance(child, Element):
            yield from translated(child, on=on)
        elif on:
            yield child


async def test_no_name_is_taken_for_a_word_wherever_it_stands(house: House) -> None:
    will, room = await house.open_room(WILL, capacity="4")
    path = f"/rooms/{room['id']}"
    rose, _ = await house.join(room["code"], ROSE)
    await rose.say(room["id"], "words")
    pages = [
        await will.get(path, BROWSER),
        await rose.get(path, BROWSER),
        await will.get(f"{path}/members?member=p2", BROWSER),
        await will.get("/join", BROWSER),
    ]
    seen = 0
    for answer in pages:
        document = Page(answer.text).document
        seen += document.text.count(WILL) + document.text.count(ROSE)
        for text in translated(document):
            assert WILL not in text
            assert ROSE not in text
    assert seen > 10, "the premise"
