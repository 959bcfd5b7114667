"""Waiting at the door in real browsers: with scripts and without, let in and turned away."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Request, expect

from ephemera.hub.hub import MOST_STREAMS_OF_A_SEAT
from ephemera.web.routes.streams import FINITE_SECONDS
from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person
from tests.support.firefox import Firefox, Tab, running_firefox
from tests.support.hostile import Network
from tests.support.patience import PATIENCE
from tests.support.plain import ROSTER_MS, plain
from tests.support.processes import until
from tests.support.stopwatch import slowness

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON_MS = 3_000.0
"""A browser renews a document that has ended after a second."""
KNOCKED = "You have knocked"
OUTCOMES = {
    "turned away": "You were not let in",
    "wiped": "There is nothing here.",
}
scripts_on_and_off = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def firefox() -> AsyncIterator[Firefox]:
    """Run Firefox without scripts."""
    async with running_firefox(scripts=False) as running:
        yield running


async def asking_room(newcomer: Newcomer, **options: object) -> tuple[Person, str]:
    """Let Ada open a room in which one asks before entering; return her and the code."""
    ada = await newcomer(**options)
    code = await ada.open_room("Ada", capacity=8)
    await post(ada, "options", {"ask": "yes"})
    return ada, code


async def post(person: Person, what: str, form: dict[str, str | float | bool]) -> None:
    answer = await person.context.request.post(
        f"{person.page.url}/{what}", form=form, headers={"Accept": "application/json"}
    )
    assert answer.status == 204, await answer.text()


async def knock(zoe: Person, code: str, nickname: str = "Zoe") -> None:
    """Knock, and wait until the page says so."""
    await zoe.ask_to_join(code, nickname)
    await zoe.page.wait_for_url(f"{zoe.url}/rooms/*/waiting", wait_until="commit")
    await expect(heading(zoe.page)).to_have_text(KNOCKED)


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def knocks(ada: Person) -> Locator:
    return ada.page.get_by_role("list", name="Waiting to be let in").get_by_role("listitem")


def loads(page: Page) -> list[str]:
    """Return a list that grows with the address of each document of the page."""
    urls: list[str] = []

    def note(asked: Request) -> None:
        if asked.is_navigation_request():
            urls.append(asked.url)

    page.on("request", note)
    return urls


@scripts_on_and_off
async def test_who_knocks_is_let_in_by_one_button_and_lands_in_the_room(
    newcomer: Newcomer,
    scripts: bool,  # noqa: FBT001 - both
) -> None:
    ada, code = await asking_room(newcomer)
    zoe = await newcomer(java_script_enabled=scripts)
    await knock(zoe, code)
    await expect(knocks(ada)).to_have_text(re.compile("Zoe asks to come in."))
    await ada.page.get_by_role("button", name="Let in").click()
    await zoe.page.wait_for_url(
        ada.page.url, timeout=SOON_MS * slowness(), wait_until="domcontentloaded"
    )
    await expect(knocks(ada)).to_have_count(0)
    await expect(ada.notices.nth(-2)).to_have_text("Ada let Zoe in.")
    await expect(ada.roster).to_have_count(2)
    guest = zoe if scripts else plain(zoe)
    await guest.say("Good evening")
    await ada.sees("Good evening")


@scripts_on_and_off
@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_who_is_not_let_in_reads_why(newcomer: Newcomer, scripts: bool, outcome: str) -> None:  # noqa: FBT001 - both
    ada, code = await asking_room(newcomer)
    zoe = await newcomer(java_script_enabled=scripts)
    zoe.watch.forgive("status of 404")
    await knock(zoe, code)
    await expect(knocks(ada)).to_have_count(1)
    if outcome == "turned away":
        await ada.page.get_by_role("button", name="Turn away").click()
        await expect(ada.notices.last).to_have_text("Ada turned Zoe away.")
    else:
        await post(ada, "close", {})
    await expect(heading(zoe.page)).to_have_text(OUTCOMES[outcome], timeout=SOON_MS * slowness())


async def test_a_page_that_waits_is_not_loaded_again_while_it_waits(newcomer: Newcomer) -> None:
    ada, code = await asking_room(newcomer)
    zoe = await newcomer(java_script_enabled=False)
    await knock(zoe, code)
    again = loads(zoe.page)
    for number in range(5):
        await ada.say(f"message {number}")
    for name in ("Ben", "Cleo"):  # whose pages end, and come again a second later
        other = await newcomer()
        await knock(other, code, name)
        await knocks(ada).filter(has_text=name).get_by_role("button", name="Let in").click()
        await other.is_seated()
    assert again == []
    await ada.page.get_by_role("button", name="Let in").click()
    await expect(plain(zoe).composer).to_be_visible()
    assert again[0].endswith("/waiting")


async def test_many_tabs_that_wait_do_not_chase_each_other(newcomer: Newcomer) -> None:
    ada, code = await asking_room(newcomer)
    zoe = await newcomer()
    await knock(zoe, code)
    tabs = [await zoe.context.new_page() for _ in range(MOST_STREAMS_OF_A_SEAT)]
    for tab in tabs:
        await tab.goto(zoe.page.url.partition("?")[0], wait_until="commit")
        await expect(heading(tab)).to_have_text(KNOCKED)
    await zoe.page.wait_for_url("**/waiting?once=1", wait_until="commit")
    again = [loads(tab) for tab in tabs]
    for _ in range(2):
        # At once with one process; another may know of no stream of theirs, and let them wait.
        async with zoe.page.expect_navigation(
            url="**/waiting?once=1",
            wait_until="commit",
            timeout=2_000 * FINITE_SECONDS * slowness(),
        ):
            pass
    assert again == [[]] * MOST_STREAMS_OF_A_SEAT
    await ada.page.get_by_role("button", name="Let in").click()
    for tab in (zoe.page, *tabs):
        await tab.wait_for_url(ada.page.url, wait_until="commit")


@scripts_on_and_off
async def test_who_waits_no_longer_goes_and_is_seen_no_more(
    newcomer: Newcomer,
    scripts: bool,  # noqa: FBT001 - both
) -> None:
    ada, code = await asking_room(newcomer)
    zoe = await newcomer(java_script_enabled=scripts)
    await knock(zoe, code)
    await expect(knocks(ada)).to_have_count(1)
    await zoe.page.get_by_role("button", name="Wait no longer").click()
    await zoe.page.wait_for_url(f"{zoe.url}/")
    await expect(knocks(ada)).to_have_count(0)


@pytest.mark.parametrize(("button", "last"), [("Let in", "Zoe joined."), ("Turn away", "away.")])
async def test_a_host_without_scripts_answers_in_the_frame_of_the_roster(
    newcomer: Newcomer, button: str, last: str
) -> None:
    ada, code = await asking_room(newcomer, java_script_enabled=False)
    zoe = await newcomer()
    await knock(zoe, code)
    host = plain(ada)
    await host.people.get_by_role("button", name=button).click(timeout=2 * ROSTER_MS * slowness())
    await expect(host.notices.last).to_have_text(re.compile(f"{last}$"))
    await expect(heading(zoe.page)).not_to_have_text(KNOCKED)
    await expect(host.people.get_by_role("button", name=button)).to_have_count(0)


@scripts_on_and_off
async def test_a_member_may_answer_only_while_no_host_is_here(
    site: Site,
    newcomer: Newcomer,
    scripts: bool,  # noqa: FBT001 - both
) -> None:
    ada, code = await asking_room(newcomer)
    ben = await newcomer(java_script_enabled=scripts)
    await post(ada, "options", {"ask": "no"})
    await ben.join(code, "Ben")
    await post(ada, "options", {"ask": "yes"})
    zoe = await newcomer()
    await knock(zoe, code)
    there = ben.page if scripts else plain(ben).people
    item = there.locator("#knock-k1")
    await expect(item).to_have_count(1, timeout=2 * ROSTER_MS * slowness())
    await expect(item).to_be_hidden()
    await ada.page.close()  # and her lease with it
    await expect(there.locator("#member-p1")).to_have_attribute(
        "data-away", re.compile("."), timeout=4 * ROSTER_MS * slowness()
    )
    await there.get_by_role("button", name="Let in").click()
    await zoe.is_seated()
    assert site.server.stderr.count("Traceback") == 0


async def test_a_knock_is_read_out_politely_to_those_who_may_answer(newcomer: Newcomer) -> None:
    ada, code = await asking_room(newcomer, viewport={"width": 360, "height": 740})
    zoe = await newcomer()
    await expect(ada.page.locator("#knocks")).to_have_attribute("aria-live", "polite")
    await knock(zoe, code)
    await expect(ada.page.get_by_role("button", name="Let in")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="Let in")).to_be_in_viewport()
    await ada.page.get_by_role("button", name="Let in").press("Enter")
    await zoe.is_seated()


async def test_firefox_without_scripts_is_let_in_and_turned_away(
    site: Site, newcomer: Newcomer, firefox: Firefox
) -> None:
    ada, code = await asking_room(newcomer)
    for button in ("Turn away", "Let in"):
        tab = await firefox.tab()
        await knock_in_firefox(tab, site.url, code)
        await ada.page.get_by_role("button", name=button).click()
        if button == "Turn away":
            await tab.sees("h1", ["You were not let in"])
        else:
            await tab.until_url(re.escape(ada.page.url))
            await tab.frame("/live")


async def knock_in_firefox(tab: Tab, url: str, code: str) -> None:
    await tab.goto(f"{url}/join/{code}")
    await tab.fill("#join-nickname", "Zoe")
    await tab.click("#join button[type=submit]")
    await tab.until_url(rf"{re.escape(url)}/rooms/\w+/waiting")
    await tab.sees("h1", [KNOCKED])


@scripts_on_and_off
async def test_behind_a_proxy_that_holds_answers_the_waiting_comes_to_a_good_end(
    newcomer: Newcomer,
    held: Network,
    scripts: bool,  # noqa: FBT001 - both
) -> None:
    ada, code = await asking_room(newcomer)
    zoe = await newcomer(held.url, java_script_enabled=scripts)
    await zoe.page.goto(f"{held.url}/join/{code}")
    await zoe.page.get_by_label("Your nickname").fill("Zoe")
    await zoe.page.get_by_role("button", name="Join the room").click(no_wait_after=True)
    await expect(knocks(ada)).to_have_count(1)
    harm = held.harm
    await ada.page.get_by_role("button", name="Let in").click()
    await zoe.page.wait_for_url(re.compile(r"/rooms/\w+$"), wait_until="commit")
    await until(lambda: harmed(held, harm), within=PATIENCE)


async def harmed(network: Network, before: int) -> bool:
    return network.harm > before
