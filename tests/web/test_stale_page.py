"""Events applied to a stale page equal a fresh page, whatever happened in between."""

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cast import BROWSER, House, Person, Scene, join, open_room
from tests.support.page import Page

Step = tuple[str, int]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "post", "look", "sleep", "nap"]), st.integers(0, 7)
    ),
    max_size=30,
)


@cache
def house() -> House:
    """Return one house for all examples; each has its own room."""
    return House()


class Room:
    """A room in which things happen; the reader stays, whatever the others do."""

    def __init__(self, id_: str, code: str, reader: Person) -> None:
        self.id, self.code, self.reader = id_, code, reader
        self.others: list[Person] = []
        self.joined = 0

    @property
    def path(self) -> str:
        return f"/rooms/{self.id}"

    async def page(self) -> Page:
        answer = await self.reader.get(self.path, BROWSER)
        assert answer.status == 200
        return Page(answer.text)

    async def follow(self, page: Page) -> None:
        """Bring the page up to date as its stream would."""
        snapshot = await house().engine.load(self.id)
        assert snapshot
        if not page.stream.endswith(f"={snapshot.room.cursor}"):
            page.hear((await self.reader.get(f"{page.stream}&once=1")).text)

    async def take(self, step: Step) -> None:
        what, number = step
        chosen = self.others[number % len(self.others)] if self.others else self.reader
        match what:
            case "join":
                await self._join()
            case "leave" if chosen is not self.reader:
                self.others.remove(chosen)
                await chosen.post(f"{self.path}/leave")
            case "post":
                await chosen.say(self.id, f"<b>{number}</b>\nhttps://example.org/{number}")
            case "look":
                await chosen.get(self.path, BROWSER)
            case "sleep" | "nap":
                await house().pass_time(70 if what == "sleep" else 35)
                await self.reader.get(self.path, BROWSER)

    async def _join(self) -> None:
        if len(self.others) < 7:
            self.joined += 1
            form = {"code": self.code, "nickname": f"Guest {self.joined}"}
            other = Person(house())
            answer = await other.post("/join", {"Accept": "application/json"}, form)
            if answer.status == 201:
                other.token = answer.json["token"]
                self.others.append(other)


async def room_with_a_reader() -> Room:
    """Return Ada's room with Ben in it, who reads."""
    ada, room = await open_room(house(), "Ada")
    ben, _ = await join(house(), room["code"], "Ben")
    there = Room(room["id"], room["code"], ben)
    there.others.append(ada)
    return there


def assert_equal(stale: Page, fresh: Page) -> None:
    for place in ("messages", "members"):
        assert stale.ids(place) == fresh.ids(place)
        assert stale.shape(place) == fresh.shape(place)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=STEPS, after=STEPS)
async def test_a_stale_page_that_heeds_its_stream_equals_a_fresh_one(
    before: list[Step], after: list[Step]
) -> None:
    room = await room_with_a_reader()
    for step in before:
        await room.take(step)
    stale = await room.page()
    for step in after:
        await room.take(step)
    await room.follow(stale)
    assert_equal(stale, await room.page())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=STEPS, after=STEPS)
async def test_a_page_whose_place_is_lost_equals_a_fresh_one_after_the_resync(
    before: list[Step], after: list[Step]
) -> None:
    room = await room_with_a_reader()
    for step in before:
        await room.take(step)
    stale = await room.page()
    for step in after:
        await room.take(step)
    stale.hear((await room.reader.get(f"{room.path}/events?once=1&after=0-0")).text)
    assert_equal(stale, await room.page())


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
