"""Each answer is in the language of whoever asks, and nobody else's is left behind."""

import pytest

from ephemera.web.rendering.languages import MOST_LANGUAGE_CHARACTERS, locale_for
from tests.support.asking import BROWSER, CURL, HTMX, Kind, by_kind
from tests.support.cast import Scene
from tests.support.languages import PSEUDO, pseudo_spoken

READS: Kind = {"Accept-Language": f"x-none, {PSEUDO};q=0.8, en;q=0.5"}
PAGES = ("/", "/about", "/join", "{room}", "{room}/roster", "{room}/composer", "{room}/options")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_in_the_language_of_its_reader(scene: Scene, path: str) -> None:
    address = path.format(room=scene.path)
    with pseudo_spoken():
        english = await scene.ada.get(address, BROWSER)
        pseudo = await scene.ada.get(address, {**BROWSER, **READS})
        again = await scene.ada.get(address, BROWSER)
    for answer in (english, pseudo, again):
        assert answer.status == 200
    assert "[" in pseudo.text.partition("<body")[2]
    assert "[" not in english.text.partition("<body")[2].partition("<script")[0]
    assert "[" not in again.text.partition("<body")[2].partition("<script")[0]


@by_kind
async def test_a_refusal_is_in_the_language_of_whoever_is_refused(scene: Scene, kind: Kind) -> None:
    """Whether the road itself refuses, or Quart does."""
    with pseudo_spoken():
        for reads, marked in ((READS, True), ({}, False)):
            long = await scene.ben.say(scene.room, "x" * 4_001, {**kind, **reads})
            alone = await scene.ada.post("/rooms", {**kind, **reads}, {"nickname": ""})
            for answer in (long, alone):
                assert answer.status == 422
                assert ("[" in answer.text.partition("<body")[2] or "[" in answer.text) == marked


async def test_two_readers_of_one_room_read_two_languages(scene: Scene) -> None:
    with pseudo_spoken():
        async with (
            scene.ada.listening(f"{scene.path}/raw", CURL) as english,
            scene.ben.listening(f"{scene.path}/raw", {**CURL, **READS}) as pseudo,
        ):
            await scene.ada.post(f"{scene.path}/lock")
            assert "* Ada locked the room" in await english.until("locked")
            assert "* [Ada locked the room" in await pseudo.until("locked")


async def test_a_composer_is_in_the_language_of_whoever_has_said_something(scene: Scene) -> None:
    with pseudo_spoken():
        assert "[" in (await scene.ben.say(scene.room, "hello", {**HTMX, **READS})).text
        assert "[" not in (await scene.ben.say(scene.room, "hello", HTMX)).text


@pytest.mark.parametrize(
    ("said", "locale"),
    [
        ("", "en"),
        (PSEUDO, PSEUDO),
        (f"{PSEUDO}-ploc", PSEUDO),
        (f"de, {PSEUDO};q=0.1", PSEUDO),
        (f"en, {PSEUDO}", "en"),
        (f"{PSEUDO};q=0", "en"),
        ("de", "en"),
        (f"{PSEUDO}{' ' * MOST_LANGUAGE_CHARACTERS}", "en"),
        ("\0;q=x,,;", "en"),
    ],
)
def test_the_locale_is_the_best_of_ours(said: str, locale: str) -> None:
    with pseudo_spoken():
        assert locale_for(said) == locale
    assert locale_for(said) == "en"
