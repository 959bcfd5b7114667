"""POST /rooms/{id}/invitations and /revocations: links for one, or for a few."""

import asyncio
import logging
import re

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM, Kind, by_kind
from tests.support.cast import NEVER, Answer, Browser, House, Person, Scene, set_scene, without_key
from tests.support.page import Page
from tests.support.powers import ONLY_HOSTS, Stage, Why, set_stage

LINK = re.compile(r"http://ephemera\.test/join#([0-9a-f]{20}\.[\w-]{43})")
KEY = "a-key-nobody-can-guess"
UNKNOWN = Why(422, "invalid", "There is no such invitation.")


async def issue(scene: Scene, **form: str) -> str:
    """Let Ada issue an invitation, as a program would; return its word."""
    answer = await scene.ada.post(f"{scene.path}/invitations", PROGRAM, form)
    assert answer.status == 201, answer
    return str(answer.json["invitation"]["url"].rpartition("#")[2])


async def follow(
    scene: Scene, word: str, nickname: str = "Nora", kind: Kind = PROGRAM, **more: str
) -> Answer:
    """Redeem an invitation as somebody new."""
    form = {"nickname": nickname, "code": word, **more}
    return await Person(scene.house).post("/join", kind, form)


async def nicknames(scene: Scene) -> list[str]:
    snapshot = await scene.house.engine.load(scene.room)
    assert snapshot
    return [member.nickname for member in snapshot.room.members]


# Issuing: the cast


async def test_only_hosts_issue(house: House) -> None:
    stage = await set_stage(house, ask=True)
    await stage.assert_refused_to_members("/invitations", {})
    await stage.assert_closed_to_the_cast("/invitations", {})
    for host in stage.hosts:
        for kind in KINDS:
            assert (await host.post(f"{stage.path}/invitations", kind)).status == 201


async def test_a_former_host_issues_and_revokes_no_more(stage: Stage) -> None:
    assert (await stage.cleo.post(f"{stage.path}/invitations", PROGRAM)).status == 201
    await stage.act(stage.cleo, "/resignations", {})
    await stage.assert_refused(stage.cleo, "/invitations", {}, ONLY_HOSTS)
    await stage.assert_refused(stage.cleo, "/revocations", {"invitation": "i1"}, ONLY_HOSTS)


# Issuing: the answer


async def test_a_program_gets_the_link_and_how_far_it_goes(stage: Stage) -> None:
    form = {"uses": "3", "lasts": "600"}
    answer = await stage.ada.post(f"{stage.path}/invitations", PROGRAM, form)
    assert answer.status == 201
    invitation = answer.json["invitation"]
    assert LINK.fullmatch(invitation["url"])
    assert invitation == {
        "id": "i1",
        "uses": 3,
        "expires_at": stage.house.clock.now + 600,
        "url": invitation["url"],
    }


async def test_curl_gets_the_link_as_a_line(stage: Stage) -> None:
    answer = await stage.ada.post(f"{stage.path}/invitations", CURL)
    assert (answer.status, answer.type) == (201, "text/plain; charset=utf-8")
    assert LINK.fullmatch(answer.text.removesuffix("\n"))


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_a_browser_gets_the_link_to_copy(stage: Stage, kind: Kind) -> None:
    answer = await stage.ada.post(f"{stage.path}/invitations", kind, {"uses": "2"})
    assert (answer.status, answer.type) == (201, "text/html; charset=utf-8")
    assert ("<!doctype html>" in answer.text) == (kind is BROWSER)
    (link,) = [
        element for element in Page(answer.text).document.walk() if element.id == "invitation-link"
    ]
    assert LINK.fullmatch(link.text)
    assert link.attributes["href"] == link.text
    assert "The first 2 people who follow this link may join, for 1 hour." in answer.text
    word = link.text.rpartition("#")[2]
    assert (await follow(stage, word)).status == 201


async def test_it_is_for_one_and_for_an_hour_unless_said(stage: Stage) -> None:
    for form in ({}, {"uses": "", "lasts": " "}):
        answer = await stage.ada.post(f"{stage.path}/invitations", PROGRAM, form)
        invitation = answer.json["invitation"]
        assert invitation["uses"] == 1
        assert invitation["expires_at"] == stage.house.clock.now + 3600


LASTS = "Choose 600 (10 minutes), 3600 (1 hour), 21600 (6 hours) or 86400 (1 day)."
BAD = {
    "none": ({"uses": "0"}, "uses", "An invitation is for 1 to 7 people."),
    "too many": ({"uses": "8"}, "uses", "An invitation is for 1 to 7 people."),
    "negative": ({"uses": "-1"}, "uses", "An invitation is for 1 to 7 people."),
    "a word": ({"uses": "two"}, "uses", "An invitation is for 1 to 7 people."),
    "huge": ({"uses": "9" * 5000}, "uses", "An invitation is for 1 to 7 people."),
    "for ever": ({"lasts": "99999"}, "lasts", LASTS),
    "at once": ({"lasts": "0"}, "lasts", LASTS),
    "a moment": ({"lasts": "soon"}, "lasts", LASTS),
    "guessable": ({"key": "1"}, "key", "The key of a seat has at least 16 characters."),
    "endless key": ({"key": "k" * 201}, "key", "A key has at most 200 characters."),
}


@pytest.mark.parametrize(("form", "field", "sentence"), BAD.values(), ids=BAD)
async def test_what_cannot_be_is_told(
    stage: Stage, form: dict[str, str], field: str, sentence: str
) -> None:
    await stage.assert_refused(stage.ada, "/invitations", form, Why(422, "invalid", sentence))
    answer = await stage.ada.post(f"{stage.path}/invitations", PROGRAM, form)
    assert answer.json["error"]["field"] == field


async def test_a_refused_form_comes_back_whole_with_the_sentence_beside_the_field(
    stage: Stage,
) -> None:
    form = {"uses": "3", "lasts": "7", "key": KEY}
    page = await stage.ada.post(f"{stage.path}/invitations", BROWSER, form)
    assert page.status == 422
    assert 'id="invite-lasts-error" role="alert">Choose 600' in page.text
    assert '<option value="3" selected>three people' in page.text
    assert f'action="{stage.path}/options"' in page.text, "it is the whole sheet"
    assert "Back to the room" in page.text


@by_kind
async def test_only_so_many_are_open_at_once(stage: Stage, kind: Kind) -> None:
    for _ in range(16):
        await issue(stage)
    answer = await stage.ada.post(f"{stage.path}/invitations", kind, {"uses": "4"})
    assert answer.status == 409
    assert "16 invitations are open. Take one back first." in answer.text
    assert ("four people" in answer.text) == (kind is BROWSER)
    await stage.act(stage.ada, "/revocations", {"invitation": "i1"})
    assert (await stage.ada.post(f"{stage.path}/invitations", kind)).status == 201


# Issuing again


@by_kind
async def test_a_retry_with_the_same_key_is_the_same_invitation(stage: Stage, kind: Kind) -> None:
    first = await stage.ada.post(f"{stage.path}/invitations", kind, {"key": KEY})
    again = await stage.ada.post(f"{stage.path}/invitations", kind, {"key": KEY})
    assert first == again
    assert len((await stage.now()).invitations) == 1
    header = await stage.ada.post(
        f"{stage.path}/invitations", kind, headers={"Idempotency-Key": KEY}
    )
    assert header == first


async def test_twice_at_once_is_once(stage: Stage) -> None:
    answers = await asyncio.gather(
        *(stage.ada.post(f"{stage.path}/invitations", PROGRAM, {"key": KEY}) for _ in range(10))
    )
    assert len({answer.body for answer in answers}) == 1
    assert len((await stage.now()).invitations) == 1


@by_kind
async def test_loading_the_page_again_does_not_open_what_was_taken_back(
    stage: Stage, kind: Kind
) -> None:
    word = await issue(stage, key=KEY)
    await stage.act(stage.ada, "/revocations", {"invitation": "i1"})
    again = await stage.ada.post(f"{stage.path}/invitations", kind, {"key": KEY})
    assert again.status == 409
    assert "That invitation is over. Make a new one." in again.text
    assert (await follow(stage, word)).status == 404


# Revoking


async def test_only_hosts_revoke(house: House) -> None:
    stage = await set_stage(house, ask=True)

    async def an_open_one() -> dict[str, str]:
        await issue(stage)
        return {"invitation": (await stage.now()).invitations[-1].id}

    await stage.assert_only_hosts_may("/revocations", an_open_one)


async def test_a_revoked_invitation_admits_nobody(stage: Stage) -> None:
    word, other = await issue(stage, uses="3"), await issue(stage)
    assert (await follow(stage, word)).status == 201, "the premise"
    await stage.act(stage.cleo, "/revocations", {"invitation": "i1"})
    assert (await follow(stage, word, "Olga")).status == 404
    assert (await follow(stage, other, "Olga")).status == 201


@by_kind
async def test_revoking_what_is_over_is_quiet(stage: Stage, kind: Kind) -> None:
    """A page that is stale, or two hosts at once: what was wished is so."""
    used = await issue(stage)
    await follow(stage, used)
    await issue(stage)
    await stage.act(stage.ada, "/revocations", {"invitation": "i2"})
    before = await stage.known()
    for host in stage.hosts:
        for invitation in ("i1", "i2"):
            form = {"invitation": invitation}
            stage.assert_done(kind, await host.post(f"{stage.path}/revocations", kind, form))
    assert await stage.known() == before


@pytest.mark.parametrize("invitation", ["", "i0", "i9", "p1", "1", "\0", "i1 i2", "i" * 5000])
async def test_an_invitation_that_never_was_is_told(stage: Stage, invitation: str) -> None:
    await issue(stage)
    form = {"invitation": invitation}
    await stage.assert_refused(stage.ada, "/revocations", form, UNKNOWN)


# Redeeming


@by_kind
async def test_an_invitation_admits_as_many_as_it_says(stage: Stage, kind: Kind) -> None:
    word = await issue(stage, uses="2")
    for nickname in ("Nora", "Olga"):
        admitted = await follow(stage, word, nickname, kind)
        assert admitted.status in (201, 303)
        assert "Location" not in admitted.headers or admitted.leads_to == stage.path
    assert (await follow(stage, word, "Pia", kind)).status == 404
    assert (await nicknames(stage))[-2:] == ["Nora", "Olga"]


@by_kind
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_preview_of_the_link_burns_nothing(stage: Stage, method: str, kind: Kind) -> None:
    word = await issue(stage)
    before = await stage.known()
    for path in (f"/join/{word}", f"/join?code={word}", f"/join?word={word}&nickname=Bot"):
        answer = await stage.mallory.ask(method, path, kind)
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
    for other in ("PUT", "PATCH", "DELETE", "OPTIONS", "POST"):
        form = {"nickname": "Bot", "code": word}
        await stage.mallory.ask(other, f"/join/{word}", kind, form)
    assert await stage.known() == before
    assert (await follow(stage, word)).status == 201


async def test_the_form_is_filled_and_does_not_frighten(stage: Stage) -> None:
    word = await issue(stage)
    page = Page((await stage.mallory.get(f"/join/{word}", BROWSER)).text)
    field, invited = page.document.find("join-code"), page.document.find("join-invited")
    assert field
    assert invited
    assert (field.attributes["value"], "readonly" in field.attributes) == (word, True)
    assert "You have been invited." in invited.text
    assert "hidden" not in invited.attributes
    plain = Page((await stage.mallory.get(f"/join/{stage.code}", BROWSER)).text)
    field, invited = plain.document.find("join-code"), plain.document.find("join-invited")
    assert field
    assert invited
    assert "readonly" not in field.attributes
    assert invited.text == ""


async def test_a_browser_without_scripts_comes_in_by_the_path(stage: Stage) -> None:
    word = await issue(stage)
    browser = Browser(stage.house)
    page = await browser.get(f"/join/{word}")
    key = re.search(r'name="key" value="([\w-]+)"', page.text)
    assert key
    form = {"nickname": "Nora", "code": word, "key": key[1]}
    admitted = await browser.post("/join", form)
    assert (admitted.status, admitted.leads_to) == (303, stage.path)
    assert (await browser.get(stage.path)).status == 200
    again = await browser.post("/join", form)
    assert (again.status, again.leads_to) == (303, stage.path), "though it is used up"
    assert (await nicknames(stage)).count("Nora") == 1


async def test_a_refused_nickname_keeps_the_invitation_in_its_field(stage: Stage) -> None:
    word = await issue(stage)
    page = await follow(stage, word, "Ada", BROWSER)
    assert page.status == 422
    field = Page(page.text).document.find("join-code")
    assert field
    assert (field.attributes["value"], "readonly" in field.attributes) == (word, True)
    assert (await follow(stage, word)).status == 201, "and it was not used up"


async def test_a_field_that_is_wrong_can_be_typed_over(stage: Stage) -> None:
    page = await follow(stage, f"{stage.room}.{'x' * 43}", "Nora", BROWSER)
    assert page.status == 404
    field = Page(page.text).document.find("join-code")
    assert field
    assert "readonly" not in field.attributes


async def test_it_goes_past_the_lock_and_past_asking(house: House) -> None:
    stage = await set_stage(house, ask=True)
    asking = await follow(stage, stage.code, "Olga")
    assert asking.status == 202, "the premise: who has the code waits"
    await stage.act(stage.ada, "/lock", {})
    assert (await follow(stage, stage.code, "Pia")).status == 409, "the premise: it is locked"
    word = await issue(stage)
    assert (await follow(stage, word)).status == 201
    assert (await nicknames(stage))[-1] == "Nora"


async def test_a_full_house_is_told_and_the_invitation_kept(stage: Stage) -> None:
    word = await issue(stage)
    await stage.act(stage.ada, "/options", {"capacity": "4"})
    answer = await follow(stage, word)
    assert (answer.status, answer.json["error"]["reason"]) == (409, "room-full")
    await stage.act(stage.ada, "/options", {"capacity": "5"})
    assert (await follow(stage, word)).status == 201


async def test_fifty_at_once_take_the_two_seats_that_it_has(house: House) -> None:
    scene = await set_scene(house)
    word = await issue(scene, uses="2")
    answers = await asyncio.gather(
        *(follow(scene, word, f"Guest {number}") for number in range(50))
    )
    statuses = [answer.status for answer in answers]
    assert (statuses.count(201), statuses.count(404)) == (2, 48)
    assert len(await nicknames(scene)) == 4


# What nobody learns


async def dead_words(stage: Stage) -> dict[str, str]:
    """Return words that open nothing, each for another reason; the first was never one."""
    other = await stage.mallory_next_door.post(f"/rooms/{stage.next_door}/invitations", PROGRAM)
    secret = other.json["invitation"]["url"].rpartition(".")[2]
    words = {
        "never": f"{NEVER}.{'x' * 43}",
        "wrong": f"{stage.room}.{'x' * 43}",
        "of another room": f"{stage.room}.{secret}",
    }
    for end in ("used up", "revoked", "expired", "rotated"):
        words[end] = await issue(stage, lasts="600")
        if end == "used up":
            assert (await follow(stage, words[end], "Nora")).status == 201
        elif end == "revoked":
            invitation = (await stage.now()).invitations[-1].id
            await stage.act(stage.ada, "/revocations", {"invitation": invitation})
        elif end == "expired":
            stage.house.clock.turn(601)
        else:
            await stage.act(stage.ada, "/code", {})
    gone = await set_scene(stage.house)
    words["of a room that is gone"] = await issue(gone)
    await gone.end_room()
    return words


async def test_every_word_that_opens_nothing_gets_the_bytes_of_a_wrong_code(stage: Stage) -> None:
    words = await dead_words(stage)
    alive = await issue(stage)
    askers = (stage.mallory, stage.mallory_next_door, stage.eve)
    for kind in (PROGRAM, CURL):
        wrong = await follow(stage, "ZZZZZ-ZZZZZ", "Mallory", kind)
        assert wrong.status == 404
        for asker in askers:
            form = {"nickname": "Mallory", "code": ""}
            answers = {
                end: await asker.post("/join", kind, {**form, "code": word})
                for end, word in words.items()
            }
            assert answers == dict.fromkeys(words, wrong)
    pages = {
        (await follow(stage, word, "Mallory", kind, key=KEY)).text.replace(word, "")
        for word in (*words.values(), "ZZZZZ-ZZZZZ")
        for kind in (BROWSER, HTMX)
    }
    assert len(pages) == 1
    assert (await follow(stage, alive, "Olga")).status == 201, "the premise"


async def test_the_form_does_not_tell_a_good_word_from_a_dead_one(stage: Stage) -> None:
    words = await dead_words(stage)
    words["alive"] = await issue(stage)
    looks = set()
    for word in words.values():
        page = await stage.mallory.get(f"/join/{word}", BROWSER)
        looks.add((page.status, page.lines, without_key(page.text).replace(word, "")))
    assert len(looks) == 1


async def test_the_word_is_told_to_nobody_but_who_made_it(stage: Stage) -> None:
    start = (await stage.now()).cursor
    word = await issue(stage, uses="2")
    secret = word.partition(".")[2]
    await follow(stage, word)
    await stage.act(stage.ada, "/revocations", {"invitation": "i1"})
    for way in ("", "/options", "/events?once=1", "/json?once=1", "/raw?once=1", "/live?once=1"):
        for host in stage.hosts:
            answer = await host.get(stage.path + way, BROWSER)
            assert answer.status == 200
            assert secret not in answer.text
    lines = (await stage.ben.get(f"{stage.path}/json?once=1&after={start}")).text
    assert "invitation-issued" in lines
    assert secret not in str(await stage.known())


async def test_the_word_is_in_no_line_of_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.get_running_loop().set_debug(False)  # what asyncio itself tells is not ours
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("ephemera.test").debug("the premise: %s", "heard")
        word = await issue(stage)
        for kind in KINDS:
            await stage.mallory.get(f"/join/{word}", kind)
            await follow(stage, word, "", kind)
            await stage.mallory.ask("DELETE", f"/join/{word}", kind)
            await stage.mallory.get(f"/join/{word}/deeper", kind)
        assert (await follow(stage, word)).status == 201
        assert (await follow(stage, word, "Olga")).status == 404
    assert "the premise: heard" in caplog.text
    assert word.partition(".")[2] not in caplog.text


# How it shows


async def test_everybody_reads_who_did_it(stage: Stage) -> None:
    start = (await stage.now()).cursor
    stale = Page((await stage.ben.get(stage.path, BROWSER)).text)
    word = await issue(stage, uses="2")
    await follow(stage, word)
    await stage.act(stage.cleo, "/revocations", {"invitation": "i1"})
    raw = await stage.ben.get(f"{stage.path}/raw?once=1&after={start}")
    assert raw.text.splitlines() == [
        "* Ada made an invitation.",
        "* Nora joined.",
        "* Cleo took an invitation back.",
    ]
    page = await stage.ben.get(stage.path, BROWSER)
    assert '<bdi translate="no">Ada</bdi> made an invitation.' in page.text
    assert '<bdi translate="no">Cleo</bdi> took an invitation back.' in page.text
    stale.hear((await stage.ben.get(f"{stale.stream}&once=1")).text)
    assert stale.shape("messages") == Page(page.text).shape("messages")
    issued = (await stage.ben.get(f"{stage.path}/json?once=1&after={start}")).text.splitlines()[0]
    assert '"uses":2' in issued.replace(" ", "")


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_the_sheet_lists_what_is_open_and_how_to_take_it_back(
    stage: Stage, kind: Kind
) -> None:
    first = await issue(stage, uses="3", lasts="600")
    await issue(stage, lasts="86400")
    await follow(stage, first)
    stage.house.clock.turn(60)

    async def listed() -> list[str]:
        sheet = Page((await stage.ada.get(f"{stage.path}/options", kind)).text)
        found = sheet.document.find("invitations")
        assert found
        return [" ".join(item.all("p")[0].text.split()) for item in found.elements]

    assert await listed() == [
        "Invitation 1, for 2 more people, 9 minutes more",
        "Invitation 2, for 1 more person, 23 hours more",
    ]
    stage.house.clock.turn(540)
    await stage.ada.get(stage.path)
    assert len(await listed()) == 1, "what is over is not listed"
    sheet = (await stage.ada.get(f"{stage.path}/options", kind)).text
    assert f'action="{stage.path}/revocations" method="post"' in sheet
    assert 'name="invitation" value="i2"' in sheet
    assert re.search(r'name="key" value="[\w-]{24}"', sheet), "a retry is the same invitation"
