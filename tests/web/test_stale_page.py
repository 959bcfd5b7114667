"""Events applied to a stale page equal a fresh page, whatever happened in between."""

from collections.abc import Sequence

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ephemera.domain.events import EVENTS, RoomWiped, Superseded
from ephemera.domain.log import Entry
from tests.support.asking import BROWSER, HTMX, PROGRAM
from tests.support.cast import House, Scene
from tests.support.living import EVERYTHING, STEPS, Step, a_room_with_a_reader, house
from tests.support.page import Page, parse

PLANS = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7)), max_size=30)
PLACES = ("messages", "members", "knocks", "code", "link", "lock-state", "rules")
"""What a room changes on its page."""


def assert_equal(stale: Page, fresh: Page) -> None:
    for place in ("messages", "members", "knocks"):
        assert stale.ids(place) == fresh.ids(place)
    for place in PLACES:
        assert fresh.shape(place)
        assert stale.shape(place) == fresh.shape(place), place


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=PLANS, after=PLANS, newcomers=st.sampled_from(("all", "later")))
@example(before=[], after=list(EVERYTHING), newcomers="all")
@example(before=list(EVERYTHING), after=list(EVERYTHING), newcomers="later")
async def test_a_stale_page_that_heeds_its_stream_equals_a_fresh_one(
    before: list[Step], after: list[Step], newcomers: str
) -> None:
    room = await a_room_with_a_reader(newcomers)
    for step in before:
        await room.take(step)
    stale = await room.page()
    for step in after:
        await room.take(step)
    await room.follow(stale)
    assert_equal(stale, await room.page())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=PLANS, newcomers=st.sampled_from(("all", "later")))
@example(plan=list(EVERYTHING), newcomers="all")
async def test_a_page_that_heeds_each_event_as_it_comes_equals_a_fresh_one(
    plan: list[Step], newcomers: str
) -> None:
    room = await a_room_with_a_reader(newcomers)
    stale = await room.page()
    stream, seen = stale.stream.split("?after=")
    for step in plan:
        await room.take(step)
        now = str((await room.state()).cursor)
        if now != seen:
            stale.hear(await room.heard(f"{stream}?after={seen}"))
            seen = now
    assert_equal(stale, await room.page())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=PLANS, after=PLANS, newcomers=st.sampled_from(("all", "later")))
@example(before=[], after=list(EVERYTHING), newcomers="all")
async def test_a_page_whose_place_is_lost_equals_a_fresh_one_after_the_resync(
    before: list[Step], after: list[Step], newcomers: str
) -> None:
    room = await a_room_with_a_reader(newcomers)
    for step in before:
        await room.take(step)
    stale = await room.page()
    for step in after:
        await room.take(step)
    stale.hear((await room.reader.get(f"{room.path}/events?once=1&after=0-0")).text)
    assert_equal(stale, await room.page())


async def test_every_kind_of_event_is_among_what_these_pages_have_heeded() -> None:
    happened: dict[str, set[str]] = {}

    def remember(room_id: str, entries: Sequence[Entry]) -> None:
        happened.setdefault(room_id, set()).update(entry.event.name for entry in entries)

    house().engine.listen(remember)
    room = await a_room_with_a_reader()
    for step in EVERYTHING:
        await room.take(step)
    # The one is the end of the page, the other is in no log but in the place of another event.
    others = {RoomWiped.name, Superseded.name}
    assert happened[room.id] == EVENTS.keys() - others


async def test_the_words_of_a_message_go_wherever_the_page_repeats_them(scene: Scene) -> None:
    said = (await scene.ada.say(scene.room, "The first line\nand more")).json["id"]
    reply = {"text": "So it is", "reply": said}
    await scene.ben.post(f"{scene.path}/messages", PROGRAM, reply)
    stale = Page((await scene.ben.get(scene.path, BROWSER)).text)
    sheet = (await scene.ada.get(f"{scene.path}/messages?message={said}", HTMX)).text
    body = stale.document.find("sheet-body")
    assert body
    body.children = parse(sheet).children
    assert stale.document.text.count("The first line") >= 3
    await scene.ada.post(f"{scene.path}/deletions", PROGRAM, {"message": said})
    stale.hear((await scene.ben.get(f"{stale.stream}&once=1")).text)
    assert "The first line" not in stale.document.text
    assert body.elements == []
    assert_equal(stale, Page((await scene.ben.get(scene.path, BROWSER)).text))


def said(page: Page) -> str:
    """Return what the page says of the guest that the room waits for."""
    place = page.document.find("waits")
    assert place
    return place.text


async def test_the_page_of_a_lone_room_stops_waiting_when_somebody_comes(house: House) -> None:
    ada, room = await house.open_room("Ada")
    path = f"/rooms/{room['id']}"
    stale = Page((await ada.get(path, BROWSER)).text)
    lost = Page((await ada.get(path, BROWSER)).text)
    assert "waits for your guest until 16:06 UTC" in " ".join(said(stale).split())
    await house.join(room["code"], "Ben")
    stale.hear((await ada.get(f"{stale.stream}&once=1")).text)
    lost.hear((await ada.get(f"{path}/events?once=1&after=0-0")).text)
    fresh = Page((await ada.get(path, BROWSER)).text)
    for page in (stale, lost, fresh):
        assert not said(page).strip()


async def test_the_interpreter_notices_what_a_stream_does_not_tell(scene: Scene) -> None:
    stale = Page((await scene.ben.get(scene.path, BROWSER)).text)
    await scene.ada.say(scene.room, "Hello")
    fresh = Page((await scene.ben.get(scene.path, BROWSER)).text)
    assert stale.shape("messages") != fresh.shape("messages")
    stale.hear((await scene.ben.get(f"{stale.stream}&once=1")).text)
    assert_equal(stale, fresh)


async def test_ten_and_more_members_and_lines_stand_in_the_order_in_which_they_came(
    scene: Scene,
) -> None:
    stale = Page((await scene.ben.get(scene.path, BROWSER)).text)
    for number in range(9):
        member = await scene.join(f"Guest {number}")
        if number < 6:
            await member.post(f"{scene.path}/leave")
    stale.hear((await scene.ben.get(f"{stale.stream}&once=1")).text)
    fresh = Page((await scene.ben.get(scene.path, BROWSER)).text)
    assert fresh.ids("members")[-1] == "member-p12"
    assert_equal(stale, fresh)


async def test_a_page_that_missed_more_than_is_kept_is_brought_up_by_the_resync(
    scene: Scene,
) -> None:
    stale = Page((await scene.ben.get(scene.path, BROWSER)).text)
    for number in range(210):
        await scene.ada.say(scene.room, f"{number}")
    stale.hear((await scene.ben.get(f"{stale.stream}&once=1")).text)
    fresh = Page((await scene.ben.get(scene.path, BROWSER)).text)
    assert len(fresh.ids("messages")) == 200
    assert_equal(stale, fresh)
    assert "Some earlier lines are gone." in stale.document.text


async def test_a_page_that_was_there_all_along_keeps_what_the_room_no_longer_does(
    scene: Scene,
) -> None:
    stale = Page((await scene.ben.get(scene.path, BROWSER)).text)
    stream, seen = stale.stream.split("?after=")[0], stale.stream.split("=")[-1]
    for number in range(210):
        said = await scene.ada.say(scene.room, f"{number}")
        stale.hear((await scene.ben.get(f"{stream}?once=1&after={seen}")).text)
        seen = said.json["cursor"]
    fresh = Page((await scene.ben.get(scene.path, BROWSER)).text)
    assert stale.ids("messages")[-200:] == fresh.ids("messages")
    assert len(stale.ids("messages")) > 200
    assert stale.shape("members") == fresh.shape("members")
