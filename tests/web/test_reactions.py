"""POST /rooms/{id}/reactions: one of six signs on a message."""

from typing import Final, get_args

import pytest

from ephemera.domain.rooms import Sign
from tests.support.asking import BROWSER, HTMX, Kind, by_kind
from tests.support.page import Page, parse
from tests.support.powers import Stage, Why
from tests.web.test_deletions import UNKNOWN
from tests.web.test_edits import GONE, MUTED

TAIL: Final = "/reactions"
SIGNS: Final = get_args(Sign)


def form(message: str, sign: str = "love") -> dict[str, str]:
    return {"message": message, "sign": sign}


def tallies(page: Page, message: str) -> dict[str, tuple[str, str]]:
    """Return the signs on a message as a page shows them: by whom, and how many."""
    shown = page.document.find(f"{message}-reactions")
    if shown is None:
        return {}
    return {
        str(one.attributes["data-sign"]): (
            str(one.attributes["data-by"]),
            one.elements[-1].text,
        )
        for one in shown.elements
    }


@by_kind
@pytest.mark.parametrize("sign", SIGNS)
async def test_every_member_puts_a_sign_on_a_message(stage: Stage, sign: str, kind: Kind) -> None:
    said = await stage.message_of(stage.ben)
    for person in (stage.ada, stage.cleo, stage.ben):
        stage.assert_done(kind, await person.post(stage.path + TAIL, kind, form(said, sign)))
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    by = " ".join([await stage.id_of(name) for name in ("Ada", "Cleo", "Ben")])
    assert tallies(page, said) == {sign: (by, "3")}


async def test_one_has_one_sign_on_a_message_and_takes_it_off(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    stale = Page((await stage.mona.get(stage.path, BROWSER)).text)
    for sign, expected in (
        ("love", {"love": ("p1", "1")}),
        ("sad", {"sad": ("p1", "1")}),
        ("none", {}),
        ("wow", {"wow": ("p1", "1")}),
    ):
        await stage.act(stage.ada, TAIL, form(said, sign))
        fresh = Page((await stage.mona.get(stage.path, BROWSER)).text)
        assert tallies(fresh, said) == expected
        stale.hear((await stage.mona.get(f"{stale.stream}&once=1")).text)
        assert stale.shape("messages") == fresh.shape("messages")


async def test_a_message_without_signs_has_no_list_of_them(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    assert "reactions" not in (await stage.mona.get(stage.path, BROWSER)).text
    await stage.act(stage.ada, TAIL, form(said))
    assert "reactions" in (await stage.mona.get(stage.path, BROWSER)).text


async def test_a_message_on_its_way_is_small_whatever_can_be_done_to_it(stage: Stage) -> None:
    place = (await stage.now()).cursor
    await stage.message_of(stage.ben, "x" * 100)
    heard = (await stage.mona.get(f"{stage.path}/events?once=1&after={place}")).body
    assert heard.count(b"x" * 100) == 1
    assert len(heard) - 100 < 560, "eight people get it"


async def test_the_same_sign_twice_is_a_quiet_matter(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    await stage.act(stage.ada, TAIL, form(said))
    before = await stage.known()
    await stage.act(stage.ada, TAIL, form(said))
    await stage.act(stage.cleo, TAIL, form(said, "none"))
    assert await stage.known() == before


async def test_the_muted_may_not(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    await stage.assert_refused(stage.mona, TAIL, form(said), MUTED)


async def test_whoever_has_no_seat_learns_nothing(stage: Stage) -> None:
    await stage.assert_closed_to_the_cast(TAIL, form(await stage.message_of(stage.ben)))


async def test_what_is_deleted_takes_no_sign_and_loses_those_it_had(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    await stage.act(stage.ada, TAIL, form(said))
    await stage.act(stage.ben, "/deletions", {"message": said})
    await stage.assert_refused(stage.ada, TAIL, form(said, "sad"), GONE)
    assert tallies(Page((await stage.mona.get(stage.path, BROWSER)).text), said) == {}
    assert '"sign":' not in (await stage.mona.get(f"{stage.path}/json?once=1")).text


@pytest.mark.parametrize("number", ["", "m-0", "m-999999", "nonsense"])
async def test_a_message_that_never_was_is_refused(stage: Stage, number: str) -> None:
    await stage.assert_refused(stage.ada, TAIL, form(number), UNKNOWN)


@pytest.mark.parametrize("sign", ["", "maybe", "LOVE", "❤", "None"])
async def test_another_sign_is_refused(stage: Stage, sign: str) -> None:
    said = await stage.message_of(stage.ben)
    sentence = "Choose one of: yes, no, love, laugh, wow, sad; or none, to take yours off."
    why = Why(422, "invalid", sentence)
    await stage.assert_refused(stage.ada, TAIL, form(said, sign), why)


async def test_programs_get_the_sign_and_later_ones_all_of_them(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    for person, sign in ((stage.ada, "love"), (stage.cleo, "wow"), (stage.ada, "none")):
        await stage.act(person, TAIL, form(said, sign))
    cleo = await stage.id_of("Cleo")
    lines = (await stage.mona.get(f"{stage.path}/json?once=1")).text.splitlines()
    (posted,) = [line for line in lines if '"event":"message-posted"' in line]
    assert f'"reactions":{{"{cleo}":"wow"}}' in posted
    (reacted,) = [line for line in lines if '"event":"message-reacted"' in line]
    assert f'"message":"{said}","member":"p1"' in reacted
    assert '"sign":null' in reacted


async def test_a_sign_is_no_line_of_text(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    before = (await stage.mona.get(f"{stage.path}/raw?once=1")).text
    await stage.act(stage.ada, TAIL, form(said))
    assert (await stage.mona.get(f"{stage.path}/raw?once=1")).text == before


async def test_the_sheet_shows_which_sign_is_ones_own_and_takes_it_off(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    await stage.act(stage.ada, TAIL, form(said, "wow"))
    for person, mine in ((stage.ada, "wow"), (stage.cleo, None)):
        html = (await person.get(f"{stage.path}/messages?message={said}", HTMX)).text
        buttons = {
            str(one.attributes["data-sign"]): one.attributes
            for one in parse(html).all("button")
            if one.attributes.get("name") == "sign"
        }
        assert tuple(buttons) == SIGNS
        for sign, button in buttons.items():
            assert button["value"] == ("none" if sign == mine else sign)
            assert button["aria-pressed"] == ("true" if sign == mine else "false")
    assert (
        "/reactions"
        not in (await stage.mona.get(f"{stage.path}/messages?message={said}", HTMX)).text
    )
