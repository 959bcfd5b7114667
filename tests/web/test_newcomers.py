"""What newcomers see: with "later", nothing of before they joined, by no road; Ben was there."""

from dataclasses import dataclass

import pytest

from tests.support.asking import BROWSER, HTMX, KINDS, PROGRAM, Kind
from tests.support.cast import House, Person
from tests.support.page import Page
from tests.support.powers import Stage, set_stage

BEFORE = "words-of-before"
AFTER = "words-of-after"
WAYS = ("", "/events?once=1", "/json?once=1", "/raw?once=1", "/live?once=1", "?slow=1")
STREAMS = ("events", "json", "raw", "live")


@dataclass
class Night:
    """A stage on which something was said before Nora came, who sees only what comes after."""

    stage: Stage
    said: str
    """The id of the message of before."""
    start: str
    """The cursor of before it."""
    nora: Person

    @property
    def path(self) -> str:
        return self.stage.path

    async def sees(self, who: Person, words: str, way: str) -> bool:
        answer = await who.get(self.path + way, BROWSER if way in ("", "?slow=1") else PROGRAM)
        assert answer.status == 200, answer
        return words in answer.text


async def fall(stage: Stage, *, newcomers: str = "later") -> Night:
    """Let Ben say something, with an edit and a reaction, and let Nora come in by the code."""
    start = str((await stage.now()).cursor)
    await stage.act(stage.ada, "/options", {"newcomers": newcomers})
    said = await stage.message_of(stage.ben, f"{BEFORE} one")
    edit = {"message": said, "text": f"{BEFORE} two"}
    await stage.act(stage.ben, "/edits", edit)
    await stage.act(stage.ada, "/reactions", {"message": said, "sign": "love"})
    nora, _ = await stage.house.join(stage.code, "Nora")
    return Night(stage, said, start, nora)


@pytest.fixture
async def night(stage: Stage) -> Night:
    return await fall(stage)


def forgets(text: str, night: Night) -> bool:
    """Tell whether nothing in there is of the message of before."""
    return BEFORE not in text and f'"{night.said}"' not in text and f"#{night.said}" not in text


# What they get


@pytest.mark.parametrize("way", WAYS)
async def test_a_newcomer_sees_only_what_comes_after(night: Night, way: str) -> None:
    assert await night.sees(night.stage.ben, BEFORE, way), "the premise"
    assert not await night.sees(night.nora, BEFORE, way)
    await night.stage.ben.say(night.stage.room, AFTER)
    assert await night.sees(night.nora, AFTER, way)
    assert not await night.sees(night.nora, BEFORE, way)


@pytest.mark.parametrize("way", WAYS)
async def test_with_all_a_newcomer_sees_what_the_log_has(stage: Stage, way: str) -> None:
    night = await fall(stage, newcomers="all")
    assert await night.sees(night.nora, BEFORE, way)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("after", ["start", "never", "nonsense", "nothing"])
async def test_no_cursor_reaches_back(night: Night, kind: str, after: str) -> None:
    """A place in the log, one that never was (a resync), a word that is none, and none at all."""
    query = {
        "start": f"after={night.start}&",
        "never": "after=0-0&",
        "nonsense": "after=%00&",
        "nothing": "",
    }[after]
    way = f"/{kind}?{query}once=1"
    assert await night.sees(night.stage.ben, BEFORE, way), "the premise"
    answer = await night.nora.get(night.path + way)
    assert forgets(answer.text, night)
    header = {"Last-Event-ID": night.start}
    old = await night.stage.ben.get(f"{night.path}/{kind}?once=1", headers=header)
    assert BEFORE in old.text, "the premise"
    answer = await night.nora.get(f"{night.path}/{kind}?once=1", headers=header)
    assert forgets(answer.text, night)


@pytest.mark.parametrize("kind", STREAMS)
async def test_an_endless_stream_begins_where_they_came(night: Night, kind: str) -> None:
    heard = {}
    for name, who in (("ben", night.stage.ben), ("nora", night.nora)):
        async with who.listening(f"{night.path}/{kind}?after={night.start}") as stream:
            await stream.until("Nora")
            await night.stage.ada.say(night.stage.room, AFTER)
            heard[name] = await stream.until(AFTER)
    assert BEFORE in heard["ben"], "the premise"
    assert forgets(heard["nora"], night)


async def test_a_stale_page_of_a_newcomer_equals_a_fresh_one(night: Night) -> None:
    stale = Page((await night.nora.get(night.path, BROWSER)).text)
    await night.stage.ben.say(night.stage.room, AFTER)
    await night.stage.act(
        night.stage.ben, "/edits", {"message": night.said, "text": f"{BEFORE} three"}
    )
    stale.hear((await night.nora.get(f"{stale.stream}&once=1")).text)
    fresh = Page((await night.nora.get(night.path, BROWSER)).text)
    assert stale.shape("messages") == fresh.shape("messages")
    lost = Page((await night.nora.get(night.path, BROWSER)).text)
    lost.hear((await night.nora.get(f"{night.path}/events?once=1&after=0-0")).text)
    assert lost.shape("messages") == fresh.shape("messages")
    assert "joined" in fresh.document.text
    assert BEFORE not in fresh.document.text


async def test_the_roster_and_the_rules_are_those_of_now(night: Night) -> None:
    page = Page((await night.nora.get(night.path, BROWSER)).text)
    others = Page((await night.stage.ben.get(night.path, BROWSER)).text)
    for place in ("members", "rules", "code"):
        assert page.shape(place) == others.shape(place)


# What becomes of messages of before


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize(
    ("tail", "fields"),
    [
        ("/edits", {"text": f"{BEFORE} again"}),
        ("/reactions", {"sign": "sad"}),
        ("/deletions", {}),
    ],
)
async def test_what_happens_to_a_message_of_before_is_not_told(
    night: Night, kind: str, tail: str, fields: dict[str, str]
) -> None:
    """Live and caught up: an edit would bring the words, all of them that there was a message."""
    now = (await night.stage.now()).cursor
    ben, ada = night.stage.ben, night.stage.ada
    other = await night.stage.message_of(ben, AFTER)
    async with night.nora.listening(f"{night.path}/{kind}?after={now}") as stream:
        await stream.until(AFTER)
        await night.stage.act(ben, tail, {"message": night.said, **fields})
        await ada.say(night.stage.room, "the end")
        assert forgets(await stream.until("the end"), night)
    mended = {"text": "mended"} if "text" in fields else {}
    await night.stage.act(ben, tail, {"message": other, **fields, **mended})
    seen = await ben.get(f"{night.path}/json?once=1&after={now}")
    assert f'"{night.said}"' in seen.text, "the premise: Ben is told"
    for way in (f"/{kind}?once=1&after={now}", f"/{kind}?once=1&after=0-0"):
        assert forgets((await night.nora.get(night.path + way)).text, night)
    told = await night.nora.get(f"{night.path}/json?once=1&after={now}")
    assert f'"{other}"' in told.text, "and Nora of what she can see"


@pytest.mark.parametrize("way", [*WAYS, "/events?once=1&after=0-0", "/json?once=1&after=0-0"])
async def test_a_quote_of_a_message_of_before_is_not_shown(night: Night, way: str) -> None:
    form = {"text": AFTER, "reply": night.said}
    answer = await night.stage.ada.post(f"{night.path}/messages", PROGRAM, form)
    assert answer.status == 201
    assert await night.sees(night.nora, AFTER, way)
    shown = await night.nora.get(night.path + way, BROWSER if way in ("", "?slow=1") else PROGRAM)
    assert forgets(shown.text, night)
    if "raw" not in way:
        quoted = await night.stage.cleo.get(f"{night.path}/json?once=1&after={night.start}")
        assert f'"reply":{{"message":"{night.said}"' in quoted.text.replace(" ", "")


@pytest.mark.parametrize("kind", STREAMS)
async def test_nor_live_while_others_see_it(night: Night, kind: str) -> None:
    now = (await night.stage.now()).cursor
    path = f"{night.path}/{kind}?after={now}"
    async with night.nora.listening(path) as theirs, night.stage.cleo.listening(path) as others:
        form = {"text": f"{AFTER} alpha", "reply": night.said}
        await night.stage.ada.post(f"{night.path}/messages", PROGRAM, form)
        own = await night.stage.message_of(night.stage.ben, f"{AFTER} beta")
        reply = {"text": f"{AFTER} gamma", "reply": own}
        await night.stage.ada.post(f"{night.path}/messages", PROGRAM, reply)
        heard, old = await theirs.until(f"{AFTER} gamma"), await others.until(f"{AFTER} gamma")
    if kind == "events":
        assert old.count('class="quoted"') == 2, "the premise: who was there sees both"
        assert heard.count('class="quoted"') == 1, "and Nora the one that she may read"
    if kind == "json":
        assert (old.count('"reply"'), heard.count('"reply"')) == (2, 1)
    assert f"{AFTER} alpha" in heard
    assert forgets(heard, night)


async def test_a_message_of_before_that_was_deleted_leaves_no_line(night: Night) -> None:
    await night.stage.act(night.stage.ada, "/deletions", {"message": night.said})
    notice = "deleted a message by"
    assert notice in (await night.stage.ben.get(night.path, BROWSER)).text, "the premise"
    for way in WAYS:
        assert not await night.sees(night.nora, notice, way)


# What they can do


@pytest.mark.parametrize("kind", KINDS)
async def test_there_is_no_sheet_of_a_message_of_before(night: Night, kind: Kind) -> None:
    path = f"{night.path}/messages?message={night.said}"
    assert BEFORE in (await night.stage.ben.get(path, kind)).text, "the premise"
    answer = await night.nora.get(path, kind)
    assert answer.status == 409
    assert BEFORE not in answer.text


async def test_a_sheet_of_theirs_does_not_quote_before(night: Night) -> None:
    form = {"text": AFTER, "reply": night.said}
    reply = await night.stage.ada.post(f"{night.path}/messages", PROGRAM, form)
    path = f"{night.path}/messages?message={reply.json['id']}"
    for kind in (BROWSER, HTMX):
        sheet = await night.nora.get(path, kind)
        assert AFTER in sheet.text
        assert forgets(sheet.text, night)


async def test_a_composer_does_not_quote_it_nor_does_a_reply(night: Night) -> None:
    path = f"{night.path}/composer?reply={night.said}"
    assert BEFORE in (await night.stage.ben.get(path, BROWSER)).text, "the premise"
    assert BEFORE not in (await night.nora.get(path, BROWSER)).text
    form = {"text": "what was that?", "reply": night.said}
    for kind in KINDS:
        answer = await night.nora.post(f"{night.path}/messages", kind, form)
        assert BEFORE not in answer.text
    refused = await night.nora.post(f"{night.path}/messages", BROWSER, {**form, "text": ""})
    assert refused.status == 422
    assert BEFORE not in refused.text
    lines = await night.stage.ben.get(f"{night.path}/json?once=1")
    assert "what was that?" in lines.text
    assert '"reply"' not in lines.text


@pytest.mark.parametrize(
    ("tail", "fields"),
    [("/reactions", {"sign": "yes"}), ("/deletions", {}), ("/edits", {"text": "other words"})],
)
@pytest.mark.parametrize("as_host", [False, True])
async def test_they_can_do_nothing_to_it_not_even_as_a_host(
    night: Night, tail: str, fields: dict[str, str], *, as_host: bool
) -> None:
    if as_host:
        await night.stage.act(
            night.stage.ada, "/hosts", {"member": await night.stage.id_of("Nora")}
        )
    before = await night.stage.known()
    for kind in KINDS:
        form = {"message": night.said, **fields}
        answer = await night.nora.post(night.path + tail, kind, form)
        assert answer.status == 409
        assert BEFORE not in answer.text
    assert await night.stage.known() == before


# Who is a newcomer


async def test_becoming_a_host_does_not_open_the_past(night: Night) -> None:
    await night.stage.act(night.stage.ada, "/hosts", {"member": await night.stage.id_of("Nora")})
    for way in WAYS:
        assert not await night.sees(night.nora, BEFORE, way)


async def test_the_option_changes_nothing_for_those_who_sit(night: Night) -> None:
    stage = night.stage
    await stage.act(stage.ada, "/options", {"newcomers": "all"})
    olga, _ = await stage.house.join(stage.code, "Olga")
    for way in WAYS:
        assert not await night.sees(night.nora, BEFORE, way)
        assert await night.sees(olga, BEFORE, way), "who comes now sees all"
    await stage.act(stage.ada, "/options", {"newcomers": "later"})
    for way in WAYS:
        assert await night.sees(stage.ben, BEFORE, way)
        assert await night.sees(olga, BEFORE, way)


async def test_who_leaves_and_comes_back_is_a_newcomer(night: Night) -> None:
    stage = night.stage
    await stage.ben.post(f"{stage.path}/leave")
    form = {"nickname": "Ben", "code": stage.code}
    back = await stage.ben.post("/join", PROGRAM, form)
    assert back.status == 201
    ben = Person(stage.house, back.json["token"])
    for way in WAYS:
        assert not await night.sees(ben, BEFORE, way)


async def test_by_an_invitation_too(night: Night) -> None:
    stage = night.stage
    issued = await stage.ada.post(f"{stage.path}/invitations", PROGRAM)
    word = issued.json["invitation"]["url"].rpartition("#")[2]
    olga, _ = await stage.house.join(word, "Olga")
    for way in WAYS:
        assert not await night.sees(olga, BEFORE, way)


async def test_who_waits_at_the_door_is_a_newcomer_when_they_are_let_in(house: House) -> None:
    stage = await set_stage(house, ask=True)
    await stage.act(stage.ada, "/options", {"newcomers": "later"})
    yara = await stage.knock("Yara")
    said = await stage.message_of(stage.ben, f"{BEFORE} while they knocked")
    (knocked,) = [one for one in (await stage.now()).knocks if one.nickname == "Yara"]
    await stage.act(stage.ada, "/admissions", {"knock": knocked.id})
    night = Night(stage, said, "", yara)
    for way in WAYS:
        assert await night.sees(stage.ben, BEFORE, way), "the premise"
        assert not await night.sees(yara, BEFORE, way)
        assert await night.sees(yara, "Yara", way)


async def test_a_room_can_be_opened_like_that_and_its_opener_sees_all(house: House) -> None:
    ada = Person(house)
    form = {"nickname": "Ada", "capacity": "3", "newcomers": "later"}
    opened = (await ada.post("/rooms", PROGRAM, form)).json
    ada.token, path = opened["token"], f"/rooms/{opened['room']['id']}"
    await ada.say(opened["room"]["id"], BEFORE)
    nora, _ = await house.join(opened["room"]["code"], "Nora")
    for way in WAYS:
        kind = BROWSER if way in ("", "?slow=1") else PROGRAM
        assert BEFORE in (await ada.get(path + way, kind)).text
        assert BEFORE not in (await nora.get(path + way, kind)).text
