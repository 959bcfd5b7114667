"""POST /rooms/{id}/mutes: a host lets a member speak no more, or again."""

import json

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import Browser, House, Person
from tests.support.page import Page
from tests.support.powers import ONLY_HOSTS, Stage, Why, set_stage

NOT_OVER_HOSTS = Why(403, "not-over-hosts", "A host cannot do that to a host, nor to themselves.")
UNKNOWN = Why(422, "invalid", "There is no such member in this room.")
GONE = Why(409, "member-gone", "They are not in the room any more.")
MUTED = Why(403, "muted", "A host has muted you: you can read, but not speak.")


async def mute(stage: Stage, nickname: str, state: str = "on") -> None:
    """Let Ada mute somebody, or not."""
    form = {"member": await stage.id_of(nickname), "state": state}
    await stage.act(stage.ada, "/mutes", form)


# The cast


@pytest.mark.parametrize("state", [{}, {"state": "on"}, {"state": "off"}], ids=str)
async def test_only_hosts_may(house: House, state: dict[str, str]) -> None:
    stage = await set_stage(house, ask=True)
    who = "Mona" if state == {"state": "off"} else "Ben"
    await stage.assert_only_hosts_may("/mutes", {"member": await stage.id_of(who), **state})
    member = await stage.member(who)
    assert member
    assert member.muted == (who == "Ben")


async def test_the_muted_do_not_let_themselves_speak(stage: Stage) -> None:
    form = {"member": await stage.id_of("Mona"), "state": "off"}
    await stage.assert_refused(stage.mona, "/mutes", form, ONLY_HOSTS)


@pytest.mark.parametrize("state", ["on", "off"])
async def test_no_host_mutes_a_host_nor_themselves(stage: Stage, state: str) -> None:
    for nickname in ("Ada", "Cleo"):
        form = {"member": await stage.id_of(nickname), "state": state}
        for host in stage.hosts:
            await stage.assert_refused(host, "/mutes", form, NOT_OVER_HOSTS)


async def test_a_former_host_may_no_more_and_can_be_muted(stage: Stage) -> None:
    await stage.act(stage.cleo, "/resignations", {})
    form = {"member": await stage.id_of("Ben")}
    await stage.assert_refused(stage.cleo, "/mutes", form, ONLY_HOSTS)
    await mute(stage, "Cleo")
    await stage.assert_refused(stage.cleo, "/messages", {"text": "but"}, MUTED)


@pytest.mark.parametrize("member", ["", "p0", "p99", "p02", "Ben", "\0", "m-2"])
async def test_an_id_that_never_was_is_told(stage: Stage, member: str) -> None:
    await stage.assert_refused(stage.ada, "/mutes", {"member": member}, UNKNOWN)


@pytest.mark.parametrize("state", ["on", "off"])
async def test_a_seat_that_is_gone_is_told(stage: Stage, state: str) -> None:
    """Eve has left; Evelyn was removed; Ben goes while the page still shows him."""
    ben = await stage.id_of("Ben")
    await stage.ben.post(f"{stage.path}/leave")
    for member in ("p3", "p6", ben):
        form = {"member": member, "state": state}
        await stage.assert_refused(stage.ada, "/mutes", form, GONE)


async def test_a_word_that_is_no_choice_is_told(stage: Stage) -> None:
    form = {"member": await stage.id_of("Ben"), "state": "perhaps"}
    why = Why(422, "invalid", "Choose “on” or “off”.")
    await stage.assert_refused(stage.ada, "/mutes", form, why)


@by_kind
async def test_what_is_so_already_is_done_without_a_word(stage: Stage, kind: Kind) -> None:
    for nickname, state in (("Mona", "on"), ("Ben", "off")):
        form = {"member": await stage.id_of(nickname), "state": state}
        before = await stage.known()
        for host in stage.hosts:
            stage.assert_done(kind, await host.post(f"{stage.path}/mutes", kind, form))
        assert await stage.known() == before


# The voice


async def test_the_muted_do_not_post(stage: Stage) -> None:
    await stage.assert_refused(stage.mona, "/messages", {"text": "but"}, MUTED)
    assert (await stage.ben.say(stage.room, "well")).status == 201, "the premise"


async def test_nor_do_they_edit_or_react(stage: Stage) -> None:
    bens = await stage.message_of(stage.ben)
    of_others = await stage.message_of(stage.ada)
    await mute(stage, "Ben")
    form = {"message": bens, "text": "other words"}
    await stage.assert_refused(stage.ben, "/edits", form, MUTED)
    form = {"message": of_others, "sign": "yes"}
    await stage.assert_refused(stage.ben, "/reactions", form, MUTED)


async def test_nor_are_they_seen_writing(stage: Stage) -> None:
    async with stage.ada.listening(f"{stage.path}/json") as stream:
        await stage.mona.post(f"{stage.path}/writing", PROGRAM)
        await stage.ben.post(f"{stage.path}/writing", PROGRAM)
        heard = await stream.until('"event":"writing"')
    signals = [json.loads(line) for line in heard.splitlines() if '"writing"' in line]
    assert [signal["nickname"] for signal in signals] == ["Ben"]


async def test_they_may_take_back_what_they_said(stage: Stage) -> None:
    bens = await stage.message_of(stage.ben, "a mistake")
    await mute(stage, "Ben")
    answer = await stage.ben.post(f"{stage.path}/deletions", PROGRAM, {"message": bens})
    assert answer.status == 204
    assert "a mistake" not in (await stage.ada.get(f"{stage.path}/raw?once=1")).text


async def test_they_read_on(stage: Stage) -> None:
    await stage.ada.say(stage.room, "for all")
    assert "for all" in (await stage.mona.get(stage.path, BROWSER)).text
    for way in ("events", "json", "raw", "live"):
        async with stage.mona.listening(f"{stage.path}/{way}") as stream:
            await stream.until("for all")


async def test_a_retry_of_what_was_said_before_is_still_the_same_message(stage: Stage) -> None:
    """Nothing new is said by it, and the answer to the first may have been lost."""
    said = await stage.ben.say(stage.room, "well", key="the same")
    await mute(stage, "Ben")
    again = await stage.ben.say(stage.room, "well", key="the same")
    assert (again.status, again.json) == (201, said.json)
    new = await stage.ben.say(stage.room, "well, well", key="the same")
    assert new.status == 403


async def test_htmx_keeps_the_words_and_shows_the_sentence(stage: Stage) -> None:
    form = {"text": "a long <thought>", "key": "k" * 24}
    answer = await stage.mona.post(f"{stage.path}/messages", HTMX, form)
    assert answer.status == 403
    composer = Page(answer.text).document.find("composer")
    assert composer
    text, error = (composer.find(name) for name in ("text", "composer-error"))
    assert text
    assert text.text.strip() == "a long <thought>"
    assert error
    assert error.text == MUTED.sentence
    assert f'value="{form["key"]}"' in answer.text


@pytest.mark.parametrize("tail", ["/messages", "/composer"])
async def test_a_browser_without_scripts_gets_its_words_back_too(stage: Stage, tail: str) -> None:
    answer = await stage.mona.post(stage.path + tail, BROWSER, {"text": "a long <thought>"})
    assert answer.status == 403
    assert "a long &lt;thought&gt;</textarea>" in answer.text
    assert MUTED.sentence in answer.text


async def test_the_unmuted_speak_again(stage: Stage) -> None:
    await mute(stage, "Mona", "off")
    assert (await stage.mona.say(stage.room, "at last")).status == 201


# Staying muted


async def test_leaving_and_coming_back_does_not_help(stage: Stage) -> None:
    browser = Browser(stage.house)
    await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    await mute(stage, "Vera")
    for _ in range(2):
        await browser.post(f"{stage.path}/leave")
        assert await stage.member("Vera") is None, "the premise"
        await browser.post("/join", {"nickname": "Vera", "code": stage.code})
        vera = await stage.member("Vera")
        assert vera
        assert vera.muted
    answer = await browser.post(f"{stage.path}/messages", {"text": "but"})
    assert answer.status == 403


@pytest.mark.parametrize("nickname", ["Mona", "Somebody else"])
async def test_nor_does_it_with_a_token_or_another_nickname(stage: Stage, nickname: str) -> None:
    token = {"Authorization": f"Bearer {stage.mona.token}"}
    await stage.mona.post(f"{stage.path}/leave")
    form = {"nickname": nickname, "code": stage.code}
    back = await Person(stage.house).post("/join", PROGRAM, form, headers=token)
    assert back.json["member"]["muted"] is True


async def test_nor_does_showing_the_older_token_a_second_time(stage: Stage) -> None:
    token = {"Authorization": f"Bearer {stage.mona.token}"}
    await stage.mona.post(f"{stage.path}/leave")
    for nickname in ("Mona", "Somebody else"):
        form = {"nickname": nickname, "code": stage.code}
        back = await Person(stage.house).post("/join", PROGRAM, form, headers=token)
        assert back.status == 201
        assert back.json["member"]["muted"] is True, nickname


async def test_nor_does_being_released_for_being_away(stage: Stage) -> None:
    browser = Browser(stage.house)
    await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    await mute(stage, "Vera")
    while await stage.member("Vera"):
        stage.house.clock.turn(20)
        await stage.ada.get(f"{stage.path}/roster")
        await stage.house.reap()
    log = (await stage.ada.get(f"{stage.path}/raw?once=1")).text
    assert "* Vera was away too long and has left.\n" in log, "the premise"
    await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    vera = await stage.member("Vera")
    assert vera
    assert vera.muted


async def test_knocking_does_not_help_either(house: House) -> None:
    stage = await set_stage(house, ask=True)
    token = {"Authorization": f"Bearer {stage.mona.token}"}
    await stage.mona.post(f"{stage.path}/leave")
    form = {"nickname": "Mona", "code": stage.code}
    waits = await Person(house).post("/join", PROGRAM, form, headers=token)
    assert waits.status == 202
    await stage.act(stage.ada, "/admissions", {"knock": waits.json["knock"]["id"]})
    mona = await stage.member("Mona")
    assert mona
    assert mona.muted


# What everybody sees


@pytest.mark.parametrize(
    ("nickname", "state", "sentence", "line"),
    [
        ("Ben", "on", "Ada muted Ben.", "* Ada muted Ben.\n"),
        ("Mona", "off", "Ada lets Mona speak again.", "* Ada lets Mona speak again.\n"),
    ],
)
async def test_a_page_hears_who_did_it_and_equals_a_fresh_one(
    stage: Stage, nickname: str, state: str, sentence: str, line: str
) -> None:
    pages = {
        reader: Page((await person.get(stage.path, BROWSER)).text)
        for reader, person in (("Ben", stage.ben), ("Mona", stage.mona), ("Cleo", stage.cleo))
    }
    await mute(stage, nickname, state)
    for reader, person in (("Ben", stage.ben), ("Mona", stage.mona), ("Cleo", stage.cleo)):
        page = pages[reader]
        async with person.listening(page.stream) as stream:
            page.hear(await stream.until("data-hue"))
        fresh = Page((await person.get(stage.path, BROWSER)).text)
        for part in ("messages", "members"):
            assert page.shape(part) == fresh.shape(part)
        log = page.document.find("messages")
        assert log
        assert sentence in log.text
        entry = page.document.find(f"member-{await stage.id_of(nickname)}")
        assert entry
        assert ("data-muted" in entry.attributes) == (state == "on")
    assert (await stage.mona.get(f"{stage.path}/raw?once=1")).text.endswith(line)


@pytest.mark.parametrize(
    ("nickname", "state", "name", "line"),
    [
        ("Ben", "on", "member-muted", "Ada muted Ben."),
        ("Mona", "off", "member-unmuted", "Ada lets Mona speak again."),
    ],
)
async def test_programs_are_told(
    stage: Stage, nickname: str, state: str, name: str, line: str
) -> None:
    await mute(stage, nickname, state)
    last = (await stage.mona.get(f"{stage.path}/json?once=1")).text.splitlines()[-1]
    event = json.loads(last)
    event.pop("cursor")
    event.pop("at")
    assert event == {
        "event": name,
        "line": line,
        "member": await stage.id_of(nickname),
        "nickname": nickname,
        "role": "member",
        "by": "p1",
        "by_nickname": "Ada",
    }


async def test_whoever_comes_later_sees_who_is_muted(stage: Stage) -> None:
    vera, _ = await stage.house.join(stage.code, "Vera")
    page = Page((await vera.get(stage.path, BROWSER)).text)
    mona = page.document.find(f"member-{await stage.id_of('Mona')}")
    assert mona
    assert "data-muted" in mona.attributes
    resync = (await vera.get(f"{stage.path}/json?once=1&after=x-1")).text
    members = json.loads(resync.splitlines()[0])["members"]
    assert [one["nickname"] for one in members if one["muted"]] == ["Mona"]


async def test_only_the_muted_see_that_they_are_at_their_composer(stage: Stage) -> None:
    """What becomes so while a page is open a style sheet shows: every fragment is for all."""
    sheet = (await stage.mona.get(f"{stage.path}/mine.css")).text
    mona = await stage.id_of("Mona")
    assert f"#room:has(#member-{mona}[data-muted]) .only-muted" in sheet
    for member, is_muted in ((stage.mona, True), (stage.ada, False)):
        page = Page((await member.get(stage.path, BROWSER)).text)
        (note,) = (
            one for one in page.document.walk() if one.attributes.get("class") == "only-muted"
        )
        assert note.text.startswith("You are muted") == is_muted
        assert str(note.attributes["data-sentence"]).startswith("You are muted")


async def test_a_nickname_that_is_markup_stays_text(stage: Stage) -> None:
    await stage.house.join(stage.code, "<b>&{{x}}")
    async with stage.ada.listening(f"{stage.path}/events", CURL) as stream:
        await mute(stage, "<b>&{{x}}")
        await mute(stage, "<b>&{{x}}", "off")
        heard = await stream.until("speak again")
    assert "<b>" not in heard
    assert '<bdi translate="no">&lt;b&gt;&amp;{{x}}</bdi>' in heard
