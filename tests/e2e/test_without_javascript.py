"""The same room in a browser that runs no script: its parts are in frames."""

import re
from itertools import pairwise

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Newcomer, Site, serving
from tests.support.browser import Person, person
from tests.support.hostile import Network
from tests.support.nginx import running_nginx
from tests.support.plain import REFRESH_MS, ROSTER_MS, PlainPerson, plain
from tests.support.processes import until
from tests.support.stopwatch import slowness

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON_MS = 2_000.0
NOTHING = "There is nothing here."
CLOSED = "The host ended this room. It is gone."


async def without_scripts(newcomer: Newcomer, *url: str) -> PlainPerson:
    return plain(await newcomer(*url, java_script_enabled=False))


async def pair(newcomer: Newcomer, *url: str, capacity: int = 2) -> tuple[Person, PlainPerson]:
    """Seat Ada, who runs scripts, and Ben, who does not."""
    ada, ben = await newcomer(), await without_scripts(newcomer, *url)
    await ben.join(await ada.open_room("Ada", capacity=capacity), "Ben")
    return ada, ben


def requests_of(page: Page, ending: str) -> list[float]:
    """Return a list that grows with the time of each request for such a path, in milliseconds."""
    times: list[float] = []

    def note(path: str, start: float) -> None:
        if path.partition("?")[0].endswith(ending):
            times.append(start)

    page.on("response", lambda answer: note(answer.url, answer.request.timing["startTime"]))
    return times


async def end_the_room(ada: Person) -> None:
    await ada.page.get_by_text("End the room…").click()
    await ada.page.get_by_role("button", name="End it for everyone").click()
    await ada.page.wait_for_url(f"{ada.url}/")


async def test_scripts_are_really_off(site: Site, newcomer: Newcomer) -> None:
    ben = await newcomer(java_script_enabled=False)
    await ben.page.goto(f"{site.url}/join#ABCDE-FGHJK")
    await expect(ben.page.get_by_label("Code")).to_have_value("")


async def test_a_link_that_left_the_field_empty_can_be_pasted_into_it(newcomer: Newcomer) -> None:
    ada, ben = await without_scripts(newcomer), await without_scripts(newcomer)
    await ada.open_room_by_hand("Ada")
    await ada.page.locator("summary", has_text="QR and link").click()
    link = await ada.link.inner_text()
    assert link.startswith(f"{ada.url}/join#"), "whole, as the other must have it"
    await ben.page.goto(link)
    told = ben.page.locator("noscript .hint")  # by its text Playwright finds nothing in there
    await expect(told).to_contain_text("Have you followed a link?")
    await expect(told).to_be_visible()
    await ben.page.get_by_label("Code").fill(link)
    await ben.page.get_by_label("Your nickname").fill("Ben")
    await ben.page.get_by_role("button", name="Join the room").click()
    await expect(ben.roster).to_have_count(2)


async def test_a_room_is_opened_joined_and_talked_in_without_any_reload(
    newcomer: Newcomer,
) -> None:
    ada, ben = await without_scripts(newcomer), await without_scripts(newcomer)
    code = await ada.open_room_by_hand("Ada")
    loads = requests_of(ada.page, ada.page.url)
    lives = requests_of(ada.page, "/live")
    await ben.join_by_hand(code, "Ben")
    assert await ben.send("hello\nAda") == 303
    await expect(ben.composer).to_have_value("")
    await ada.say("hello Ben")
    for reader in (ada, ben):
        await reader.sees("hello\nAda", "hello Ben")
    await expect(ben.roster).to_have_count(2)
    await expect(ada.notices.last).to_have_text("Ben joined.")
    assert (loads, lives) == ([], [])


async def test_messages_come_into_the_live_frame_within_two_seconds(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.sees()
    for n in range(3):
        await ada.post(f"message {n}")
        await expect(ben.messages).to_have_count(n + 1, timeout=SOON_MS * slowness())
    await ben.sees("message 0", "message 1", "message 2")


async def test_the_newest_line_stays_in_view(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post(*(f"message {n}" for n in range(60)))
    await expect(ben.messages).to_have_count(60)
    await expect(ben.messages.last).to_be_in_viewport()
    await expect(ben.messages.first).not_to_be_in_viewport()


async def test_who_runs_scripts_and_who_does_not_see_the_same(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.say("from Ben")
    await ada.say("from Ada")
    for reader in (ada, ben):
        await reader.sees("from Ben", "from Ada")
    await ben.page.reload(wait_until="domcontentloaded")
    await ben.sees("from Ben", "from Ada")


async def test_a_refused_message_is_kept_beside_the_reason_in_its_frame(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    ben.watch.forgive("status of 422")
    await ben.sees()
    loads = requests_of(ben.page, ben.page.url)
    assert await ben.send("x" * 4_001) == 422
    reason = ben.desk.get_by_role("alert")
    await expect(reason).not_to_be_empty()
    await expect(reason).to_be_in_viewport()
    await expect(ben.composer).to_have_value("x" * 4_001)
    await ada.sees()
    await ben.say("shorter")
    await ada.sees("shorter")
    await expect(reason).to_be_empty()
    assert loads == []


async def test_the_roster_renews_itself_and_disturbs_no_draft(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer, capacity=3)
    cleo = await newcomer()
    await expect(ben.roster).to_have_count(2)
    renewed = requests_of(ben.page, "/roster")
    await ben.composer.fill("half a thou")
    await cleo.join(await ada.code(), "Cleo")
    await ada.say("while you type")
    await expect(ben.roster).to_have_count(3, timeout=(ROSTER_MS + SOON_MS) * slowness())
    await expect(ben.roster.last).to_contain_text("Cleo")
    assert len(renewed) == 1
    await ben.sees("while you type")
    await expect(ben.composer).to_have_value("half a thou")


async def test_leaving_takes_the_whole_page_to_the_lobby(site: Site, newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.leave()
    assert ben.page.url == f"{site.url}/"
    await expect(ben.page.locator("iframe")).to_have_count(0)
    await expect(ada.notices.last).to_have_text("Ben left.")


async def test_leaving_in_one_tab_is_told_in_the_other(newcomer: Newcomer) -> None:
    _, ben = await pair(newcomer)
    ben.watch.forgive("status of 404")
    await ben.sees()
    answer = await ben.context.request.post(f"{ben.page.url}/leave", headers={"Accept": "*/*"})
    assert answer.status == 204
    await expect(ben.live.get_by_text("You have left this room.")).to_be_visible()


async def test_the_host_ends_the_room_from_the_roster(site: Site, newcomer: Newcomer) -> None:
    ada = await without_scripts(newcomer)
    ada.watch.forgive("status of 404")
    await ada.open_room("Ada")
    room = ada.page.url
    await ada.people.get_by_text("End the room…").click()
    await ada.people.get_by_role("button", name="End it for everyone").click()
    await ada.page.wait_for_url(f"{site.url}/")
    answer = await ada.page.goto(room)
    assert answer
    assert answer.status == 404


async def test_only_the_host_is_offered_to_end_the_room(newcomer: Newcomer) -> None:
    _, ben = await pair(newcomer)
    await expect(ben.people.get_by_role("button", name="Leave")).to_be_visible()
    await expect(ben.people.get_by_text("End the room…")).to_be_hidden()


async def test_the_end_of_the_room_is_seen_in_the_live_frame_which_then_forgets(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    ben.watch.forgive("status of 404")
    await ada.say("a secret")
    await ben.sees("a secret")
    await end_the_room(ada)
    gone = ben.live.get_by_role("heading", level=1)
    await expect(gone).to_have_text(CLOSED, timeout=SOON_MS * slowness())
    await ben.page.wait_for_timeout(2 * REFRESH_MS)  # any other document would have been renewed
    await expect(gone).to_have_text(CLOSED)
    await expect(ben.live.get_by_text("a secret")).to_have_count(0)
    await ben.live.get_by_role("link", name="Back to the lobby").click()
    await ben.page.wait_for_url(f"{ben.url}/")
    await expect(ben.page.locator("iframe")).to_have_count(0)


async def test_words_for_a_room_that_is_gone_are_handed_back_in_their_frame(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    ben.watch.forgive("status of 404")
    await ben.composer.fill("too late")
    await end_the_room(ada)
    assert await ben.send("too late") == 404
    await expect(ben.desk.get_by_role("heading", level=1)).to_have_text(NOTHING)
    await expect(ben.desk.get_by_label("Your words, not sent.")).to_have_value("too late")


async def test_the_code_is_there_to_copy_and_so_is_the_link(site: Site, newcomer: Newcomer) -> None:
    ada, ben = await without_scripts(newcomer), await without_scripts(newcomer)
    code = await ada.open_room("Ada")
    await ada.page.locator("summary", has_text="QR and link").click()
    await expect(ada.link).to_be_visible()
    await expect(ada.link).to_have_attribute("href", f"/join#{code}")
    await expect(ada.page.get_by_role("button", name="Copy")).to_have_count(0)
    await ben.page.goto(f"{site.url}/join/{code}")
    await expect(ben.page.get_by_label("Code")).to_have_value(code)


async def test_an_endless_document_that_was_ended_renews_itself(site: Site) -> None:
    async with (
        serving(stream_lifetime=1) as fleeting,
        running_nginx(fleeting.port) as nginx,
        person(site.browser, nginx.url) as ada,
        person(site.browser, nginx.url, java_script_enabled=False) as someone,
    ):
        ben = plain(someone)
        times = requests_of(ben.page, "/live")
        await ben.join(await ada.open_room("Ada"), "Ben")
        said: list[str] = []
        while len(times) < 3:
            said.append(f"message {len(said)}")
            await ada.say(said[-1])
            await ben.sees(*said)
        assert_calm(times)
        await expect(ada.notices.last).to_have_text("Ben joined.")


async def is_more(times: list[float], count: int) -> bool:
    return len(times) > count


def assert_calm(times: list[float]) -> None:
    """Check that there are never two requests within two seconds."""
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps
    assert min(gaps) >= REFRESH_MS, gaps


async def test_behind_a_proxy_that_holds_bodies_the_slow_mode_shows_all_by_asking_again(
    newcomer: Newcomer, held: Network
) -> None:
    ada, ben = await without_scripts(newcomer, held.url), await without_scripts(newcomer, held.url)
    await ben.join(await ada.open_room("Ada"), "Ben")
    for one in (ada, ben):
        await expect(one.composer).to_be_visible()
        assert not any(frame.url.endswith("/live") for frame in one.page.frames)  # it is held
        await one.page.get_by_role("link", name="Slow network").click(no_wait_after=True)
        await expect(one.page.locator(".plain")).to_contain_text("asks again every few seconds")
        await expect(one.notices.last).to_have_text("Ben joined.")
    times = requests_of(ben.page, "/live")
    await ada.say("hello Ben")
    await expect(ben.messages).to_have_count(1, timeout=(REFRESH_MS + SOON_MS) * slowness())
    await ben.say("hello Ada")
    for one in (ada, ben):
        await one.sees("hello Ben", "hello Ada")
    await until(lambda: is_more(times, 2), 3 * REFRESH_MS / 1_000 * slowness())
    assert_calm(times)


async def test_people_with_scripts_never_load_a_frame(newcomer: Newcomer) -> None:
    ada = await newcomer()
    paths: list[str] = []
    ada.page.on("request", lambda request: paths.append(request.url.partition("?")[0]))
    await ada.open_room_by_hand("Ada")
    await ada.say("hello")
    await ada.sees("hello")
    assert any(path.endswith("/events") for path in paths)
    assert [path for path in paths if re.search(r"/(live|roster|composer|plain\.css)$", path)] == []
    assert len(ada.page.frames) == 1


async def test_people_without_scripts_load_no_script_and_listen_to_no_events(
    newcomer: Newcomer,
) -> None:
    ben = await without_scripts(newcomer)
    kinds: list[tuple[str, str]] = []
    ben.page.on("request", lambda request: kinds.append((request.resource_type, request.url)))
    await ben.open_room_by_hand("Ben")
    await ben.say("hello")
    await ben.sees("hello")
    assert any(url.endswith("/live") for _, url in kinds)
    assert [url for kind, url in kinds if kind in {"script", "fetch", "xhr"}] == []


async def test_a_frame_opened_alone_is_a_page_of_its_own(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    room = ben.page.url
    await ada.say("hello")
    await ben.page.goto(f"{room}/live", wait_until="commit")
    await expect(ben.page.locator("main > article > [dir=auto]")).to_have_text("hello")
    await expect(ben.page).to_have_title(re.compile("live"))
    await ben.page.goto(f"{room}/composer")
    await ben.page.get_by_label("Your message").fill("from the composer alone")
    await ben.page.get_by_role("button", name="Send").click()
    await expect(ben.page.get_by_label("Your message")).to_have_value("")
    await ada.sees("hello", "from the composer alone")
    await ben.page.goto(f"{room}/roster")
    await expect(ben.page.locator("#members li")).to_have_count(2)
    await ben.page.get_by_role("button", name="Leave").click()
    await ben.page.wait_for_url(f"{ben.url}/")
    await expect(ada.notices.last).to_have_text("Ben left.")


@pytest.mark.parametrize("frame", ["live", "live?once=1", "roster", "composer"])
async def test_a_frame_of_a_wiped_room_is_the_page_that_knows_nothing(
    newcomer: Newcomer, frame: str
) -> None:
    ada = await without_scripts(newcomer)
    ada.watch.forgive("status of 404")
    await ada.open_room("Ada")
    room = ada.page.url
    await ada.leave()
    answer = await ada.page.goto(f"{room}/{frame}")
    assert answer
    assert answer.status == 404
    assert "refresh" not in answer.headers
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text(NOTHING)
    await ada.page.get_by_role("link", name="Back to the lobby").click()
    await ada.page.wait_for_url(f"{ada.url}/")
