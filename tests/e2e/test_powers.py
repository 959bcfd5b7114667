"""The host's powers as people see them, each in a browser of their own."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person, unfold
from tests.support.plain import PlainPerson, plain
from tests.support.stopwatch import slowness

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON_MS = 2_000.0


async def three(newcomer: Newcomer) -> tuple[Person, Person, Person]:
    """Seat Ada, the host, and Ben and Cleo."""
    ada, ben, cleo = await newcomer(), await newcomer(), await newcomer()
    code = await ada.open_room("Ada", capacity=4)
    await ben.join(code, "Ben")
    await cleo.join(code, "Cleo")
    await expect(ada.roster).to_have_count(3)
    return ada, ben, cleo


async def test_who_is_removed_sees_the_end_and_the_code_changes_for_the_others(
    newcomer: Newcomer,
) -> None:
    ada, ben, cleo = await three(newcomer)
    ben.watch.forgive("status of 4")
    old = await ada.code()
    await ada.page.locator("summary", has_text="QR and link").click()
    picture = ada.page.get_by_role("img", name="QR code")
    before = await picture.get_attribute("src")
    sheet = await ada.about_member("Ben")
    await sheet.get_by_text("Remove…").click()
    await sheet.get_by_role("button", name="Remove, and change the code").click()
    await expect(sheet).to_be_hidden()
    await expect(ben.page.get_by_role("heading", level=1)).to_contain_text("removed")
    await expect(ben.page.locator("#messages")).to_have_count(0)
    for reader in (ada, cleo):
        await expect(reader.roster).to_have_count(2)
        await expect(reader.page.locator("#code")).not_to_have_text(old)
        await expect(reader.page.get_by_text("Ada removed Ben.")).to_be_visible()
    assert await ada.code() == await cleo.code() != old
    await ada.page.locator("summary", has_text="QR and link").click()
    await expect(ada.link).to_have_text(f"{ada.url}/join#{await ada.code()}")
    await expect(picture).not_to_have_attribute("src", str(before))
    await ben.ask_to_join(await ada.code(), "Benjamin")
    await expect(ben.page.get_by_role("alert")).not_to_be_empty()


async def test_the_new_code_is_the_one_that_is_copied(newcomer: Newcomer, site: Site) -> None:
    ada = await newcomer(permissions=["clipboard-read", "clipboard-write"])
    old = await ada.open_room("Ada")
    await ada.act("code")
    await expect(ada.page.locator("#code")).not_to_have_text(old)
    for name, copied in (("Copy code", ""), ("Copy link", f"{site.url}/join#")):
        await ada.page.get_by_role("button", name=name).click()
        await expect(ada.page.locator("#copied")).not_to_be_empty()
        text = await ada.page.evaluate("navigator.clipboard.readText()")
        assert text == copied + await ada.code()


async def test_a_new_host_gets_the_powers_without_a_reload(newcomer: Newcomer) -> None:
    ada, ben, cleo = await three(newcomer)
    for guest in (ben, cleo):
        await expect(guest.page.get_by_role("button", name="Leave")).to_be_visible()
        await expect(guest.page.get_by_role("button", name="Options")).to_be_hidden()
        await expect(guest.page.get_by_role("button", name="What you can do")).to_have_count(0)
    await ada.act("hosts", member="p2", stay="no")
    await expect(ben.page.get_by_role("button", name="Options")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="Options")).to_be_hidden()
    await ben.about_member("Cleo")
    await expect(cleo.page.get_by_text("Ada made Ben a host.")).to_be_visible()


async def test_a_lock_is_shown_beside_the_code_and_taken_off_again(newcomer: Newcomer) -> None:
    ada, ben, _ = await three(newcomer)
    dora = await newcomer()
    dora.watch.forgive("status of 4")
    code = await ada.code()
    sheet = await ada.about_room()
    await sheet.get_by_role("button", name="Lock the room").click()
    for reader in (ada, ben):
        await expect(reader.page.locator("#lock-state")).to_have_text("Locked")
    await dora.ask_to_join(code, "Dora")
    await expect(dora.page.get_by_role("alert")).not_to_be_empty()
    sheet = await ada.about_room()
    await sheet.get_by_role("button", name="Unlock the room").click()
    await expect(ben.page.locator("#lock-state")).to_be_hidden()
    await dora.join(code, "Dora")


async def test_the_options_are_changed_and_shown_to_all(newcomer: Newcomer) -> None:
    ada, ben, _ = await three(newcomer)
    sheet = await ada.about_room()
    await sheet.get_by_label("Seats").select_option("5")
    await sheet.get_by_label("How long is a seat kept?").select_option("30")
    await sheet.get_by_label("When do messages disappear?").select_option("300")
    await sheet.get_by_role("button", name="Run it like this").click()
    await expect(sheet).to_be_hidden()
    for reader in (ada, ben):
        rules = reader.page.locator("#rules")
        await expect(rules).to_contain_text("Up to 5 people. A seat is kept for 30 seconds.")
        await expect(rules).to_contain_text("Messages disappear after 5 minutes.")
        grace = await reader.page.locator("#members").evaluate(
            "(members) => getComputedStyle(members).getPropertyValue('--grace')"
        )
        assert grace == "30s"


async def test_a_muted_member_keeps_their_words_and_is_told(newcomer: Newcomer) -> None:
    ada, ben, _ = await three(newcomer)
    ben.watch.forgive("status of 403")
    await ben.composer.fill("not lost")
    await ada.act("mutes", member="p2", state="on")
    await expect(ben.page.get_by_text("You are muted")).to_be_visible()
    await ben.composer.press("Enter")
    await expect(ben.page.get_by_role("alert")).to_contain_text("muted")
    await expect(ben.composer).to_have_value("not lost")
    await ada.act("mutes", member="p2", state="off")
    await expect(ben.page.get_by_text("You are muted")).to_be_hidden()
    await ben.composer.press("Enter")
    await ada.sees("not lost")


async def without_scripts(newcomer: Newcomer) -> tuple[PlainPerson, Person]:
    """Seat Ada, the host, who runs no scripts, and Ben, who does."""
    ada, ben = plain(await newcomer(java_script_enabled=False)), await newcomer()
    await ben.join(await ada.open_room("Ada", capacity=4), "Ben")
    await ada.page.goto(ada.page.url, wait_until="domcontentloaded")
    await expect(ada.roster).to_have_count(2)
    return ada, ben


async def test_without_scripts_a_member_is_muted_from_a_page(newcomer: Newcomer) -> None:
    ada, ben = await without_scripts(newcomer)
    await ada.people.get_by_role("button", name="What you can do about Ben").click()
    await expect(ada.page.get_by_role("heading", level=2)).to_have_text("Ben")
    await ada.page.get_by_role("button", name="Mute").click()
    await ada.is_seated()
    await expect(ada.roster.last).to_contain_text("muted")
    await expect(ben.page.get_by_text("You are muted")).to_be_visible()
    await expect(ben.page.get_by_role("button", name="What you can do")).to_have_count(0)


async def test_without_scripts_the_room_is_locked_from_a_page(newcomer: Newcomer) -> None:
    ada, ben = await without_scripts(newcomer)
    await ada.people.get_by_role("button", name="Options").click()
    await ada.page.get_by_role("button", name="Lock the room").click()
    await ada.is_seated()
    for reader in (ada, ben):
        await expect(reader.page.locator("#lock-state")).to_have_text("Locked")


async def test_without_scripts_a_message_is_answered_and_taken_back(newcomer: Newcomer) -> None:
    ada, ben = await without_scripts(newcomer)
    await ben.say("hello")
    more = ada.live.get_by_role("button", name="More about this message by Ben")
    await expect(more).to_be_visible(timeout=SOON_MS * slowness())
    await more.click()
    await ada.page.get_by_role("button", name="Reply").click()
    await ada.is_seated()
    await expect(ada.desk.locator("#composer-reply")).to_contain_text("hello")
    await ada.say("hello Ben")
    await expect(ben.page.locator(".quoted")).to_have_text("hello")
    await ada.live.get_by_role("button", name="More about this message by Ben").click()
    await ada.page.get_by_text("Delete…").click()
    await ada.page.get_by_role("button", name="Delete for everyone").click()
    await ada.is_seated()
    await expect(ada.live.get_by_text("Ada deleted a message by Ben.")).to_be_visible()
    await expect(ada.live.get_by_text("hello", exact=True)).to_have_count(0)
    assert await unfolded(ben) == 2


async def unfolded(reader: Person) -> int:
    await unfold(reader.page)
    return await reader.roster.count()
