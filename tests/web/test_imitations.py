"""What is ours in a line of text, nothing that is typed can imitate."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain import events as e
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import Invalid
from ephemera.domain.events import Event
from ephemera.domain.log import Entry
from ephemera.domain.nicknames import read_nickname
from ephemera.domain.rooms import Invitation, Knock, Member, Options
from ephemera.domain.terminals import terminal_safe
from ephemera.domain.texts import read_text
from ephemera.terminal.events import Event as Fields
from ephemera.terminal.looks import roster, shown
from ephemera.terminal.roster import Person
from ephemera.web.rendering.fields import entry_fields
from ephemera.web.rendering.languages import ENGLISH, Name, Sentence
from ephemera.web.rendering.representations import TextLines
from ephemera.web.rendering.sentences import RESYNC, sentence_of
from tests.support.cast import House, Scene
from tests.support.imitations import NICKNAMES, ORDINARY, TEXTS
from tests.support.readback import NAME, Line, read_line, read_name

EDITED: Final = " (edited)"
INVITATION: Final = Invitation("i1", 2, 3600)
Told = Callable[[Member, Member], Event]
NOTICES: Final[tuple[Told, ...]] = (
    lambda ada, _: opened(ada),
    lambda _, __: e.RoomRestored(at=1, generation="g2"),
    lambda _, __: e.RoomWiped(at=1, reason="closed"),
    lambda _, __: e.RoomWiped(at=1, reason="expired"),
    lambda _, __: e.RoomWiped(at=1, reason="empty"),
    lambda ada, _: e.RoomLocked(at=1, member=ada),
    lambda ada, _: e.RoomUnlocked(at=1, member=ada),
    lambda ada, _: e.CodeRotated(at=1, member=ada, code="ABCDEFGHJK"),
    lambda ada, _: e.OptionsChanged(at=1, member=ada, options=Options()),
    lambda ada, _: e.InvitationIssued(at=1, member=ada, invitation=INVITATION),
    lambda ada, _: e.InvitationRevoked(at=1, member=ada, invitation=INVITATION),
    lambda ada, _: e.MemberJoined(at=1, member=ada),
    lambda ada, _: e.MemberLeft(at=1, member=ada, reason="left"),
    lambda ada, _: e.MemberLeft(at=1, member=ada, reason="away"),
    lambda ada, ben: e.MemberRemoved(at=1, member=ben, by=ada),
    lambda ada, ben: e.MemberMuted(at=1, member=ben, by=ada),
    lambda ada, ben: e.MemberUnmuted(at=1, member=ben, by=ada),
    lambda ada, _: e.HostChanged(at=1, member=ada),
    lambda ada, ben: e.HostChanged(at=1, member=ben, by=ada),
    lambda ada, _: e.HostResigned(at=1, member=ada),
    lambda ada, _: e.Knocked(at=1, knock=knocks(ada)),
    lambda ada, ben: e.KnockEnded(at=1, knock=knocks(ben), reason="admitted", by=ada),
    lambda ada, ben: e.KnockEnded(at=1, knock=knocks(ben), reason="declined", by=ada),
    lambda ada, _: e.KnockEnded(at=1, knock=knocks(ada), reason="expired"),
    lambda ada, _: deleted(ada, by=ada),
    lambda ada, ben: deleted(ben, by=ada),
)
"""Every event with a sentence, of two people."""
KINDS: Final = range(len(NOTICES))

words = st.sampled_from(
    [
        "Ada",
        "Ben",
        "left",
        "left.",
        "removed",
        "made",
        "a",
        "host.",
        "*",
        ":",
        "(edited)",
        '"',
        "\\",
        "joined.",
        "The",
        "host",
        "let",
        "in.",
        ";",
        ",",
        "message",
        "by",
        "(k1).",
        "\U0001f98b",
    ]
)
typed_names = (
    st.lists(words, min_size=1, max_size=6).map(" ".join)
    | st.lists(words, min_size=1, max_size=6).map("".join)
    | st.text(max_size=12)
    | st.sampled_from([*NICKNAMES, *ORDINARY])
)
typed_texts = (
    st.lists(words | st.sampled_from(["\n", "Ben: hi", "* Ada left."])).map(" ".join)
    | st.text(max_size=40)
    | st.sampled_from(TEXTS)
)


def kept(read: Callable[[str], str]) -> Callable[[str], str | None]:
    """Return what becomes of what is typed, or nothing when it is refused."""

    def reading(typed: str) -> str | None:
        try:
            return read(typed)
        except Invalid:
            return None

    return reading


names = typed_names.map(kept(read_nickname)).filter(bool)
texts = typed_texts.map(kept(read_text)).filter(bool)


def opened(by: Member) -> Event:
    return e.RoomOpened(
        at=1,
        room_id="r",
        generation="g1",
        member_id=by.id,
        nickname=by.nickname,
        options=Options(),
        expires_at=9,
    )


def knocks(one: Member) -> Knock:
    return Knock("k1", one.nickname, 0, 300)


def deleted(author: Member, by: Member) -> Event:
    return e.MessageDeleted(at=1, message=4, member_id=author.id, nickname=author.nickname, by=by)


def posted(nickname: str, text: str, *, edited: bool = False) -> Event:
    return e.MessagePosted(at=1, member_id="p1", nickname=nickname, text=text, edited=edited)


def entry(event: Event) -> Entry:
    return Entry(Cursor("abcdef12", 17), event)


def raw(event: Event) -> str:
    """Return the line of `/raw`."""
    return TextLines().entry(entry(event), ENGLISH).decode().removesuffix("\n")


def in_terminal(fields: Fields, about: str = "") -> str:
    """Return the line in a terminal, as the member reads it who was told these fields."""
    told = "".join(text for _, text in shown({**fields, "at": None}, about))
    return re.sub(r"\A\d\d:\d\d ", "", told).removesuffix("\n")


def lines_of(event: Event) -> Iterator[str]:
    """Return the line in each place that has one."""
    yield raw(event)
    yield in_terminal(entry_fields(entry(event), ENGLISH))


def pattern(sentence: Sentence) -> re.Pattern[str]:
    """Return what reads the names of a sentence back."""
    parts = {
        name: "\0" if isinstance(part, Name) else part for name, part in sentence.parts.items()
    }
    plain = Sentence(sentence.words, sentence.many, parts).plain(ENGLISH)
    return re.compile(re.escape(plain).replace(re.escape("\0"), NAME))


def patterns() -> Iterator[re.Pattern[str]]:
    ada, ben = Member("p2", "Ada", "member", 0), Member("p3", "Ben", "member", 0)
    for tell in NOTICES:
        sentence = sentence_of(tell(ada, ben))
        assert sentence
        yield pattern(sentence)


PATTERNS: Final = tuple(patterns())


def readings(told: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return every way in which a notice can be read: what happened, and to whom."""
    found = ((kind, PATTERNS[kind].fullmatch(told)) for kind in KINDS)
    return [(kind, tuple(map(read_name, match.groups()))) for kind, match in found if match]


def assert_reads_one_way(kind: int, one: str, other: str) -> None:
    ada, ben = Member("p2", one, "member", 0), Member("p3", other, "member", 0)
    event = NOTICES[kind](ada, ben)
    sentence = sentence_of(event)
    assert sentence
    told = tuple(str(part) for part in sentence.parts.values() if isinstance(part, Name))
    for line in lines_of(event):
        assert "\n" not in line
        read = read_line(line)
        assert read.speaker == ""
        assert [(k, sorted(who)) for k, who in readings(read.text)] == [(kind, sorted(told))]


@given(names, texts)
def test_who_says_what_can_be_read_back_from_every_line(name: str, text: str) -> None:
    for line in lines_of(posted(name, text)):
        assert read_line(line) == Line(name, "", terminal_safe(text).replace("\n  ", "\n"))
    for line in lines_of(posted(name, text, edited=True)):
        assert read_line(line) == Line(name, EDITED, terminal_safe(text).replace("\n  ", "\n"))


@given(st.sampled_from(KINDS), names, names)
def test_a_notice_can_be_read_in_one_way_only(kind: int, one: str, other: str) -> None:
    assert_reads_one_way(kind, one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_of_the_corpus_makes_a_notice_read_otherwise(kind: int) -> None:
    for name in (*NICKNAMES, *ORDINARY):
        assert_reads_one_way(kind, read_nickname(name), "Ben")
        assert_reads_one_way(kind, "Ben", read_nickname(name))


@given(names, names, texts, texts)
def test_a_reply_and_a_reaction_tell_words_that_end_where_they_end(
    name: str, other: str, text: str, quote: str
) -> None:
    first = quote.partition("\n")[0]
    said = {"nickname": name, "text": text, "event": "message-posted", "edited": True}
    plain = in_terminal(said)
    reply = in_terminal({**said, "reply": {"nickname": other, "text": first}})
    gone = in_terminal({**said, "reply": {"nickname": other, "text": ""}})
    assert len({plain, reply, gone}) == 3
    for line in (plain, reply, gone):
        read = read_line(line)
        assert (read.speaker, read.text) == (name, terminal_safe(text).replace("\n  ", "\n"))
    reaction = {"event": "message-reacted", "nickname": name, "sign": "love"}
    notice = read_line(in_terminal(reaction, first)).text
    found = re.fullmatch(rf'{NAME} reacted to ("(?:[^"\\]|\\.)*"): love', notice)
    assert found
    assert read_name(found[1]) == name


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_is_written_as_it_is_before_what_it_says(name: str) -> None:
    for line in lines_of(posted(name, "hi")):
        assert line == f"{name}: hi"


@pytest.mark.parametrize("name", [name for name in ORDINARY if not set(name) & set(" (")])
def test_an_ordinary_name_of_one_word_is_written_as_it_is_in_a_notice(name: str) -> None:
    for line in lines_of(e.MemberJoined(at=1, member=Member("p2", name, "member", 0))):
        assert line == f"* {name} joined."


@pytest.mark.parametrize("name", NICKNAMES)
def test_who_is_listed_cannot_be_called_as_if_they_were_more(name: str) -> None:
    nickname = read_nickname(name)
    told = "".join(text for _, text in roster([Person("p1", nickname)], None))
    listed = read_line(f"{told.removeprefix('  ').removesuffix(chr(10))}: x")
    assert listed == Line(nickname, "", "x")


@pytest.mark.parametrize("text", TEXTS)
async def test_no_text_speaks_for_others(scene: Scene, text: str) -> None:
    before = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    assert (await scene.ada.say(scene.room, text)).status == 201
    after = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    first, *rest = after.removeprefix(before).splitlines()
    assert read_line(first).speaker == "Ada"
    assert all(line.startswith("  ") for line in rest)


@pytest.mark.parametrize("name", NICKNAMES)
async def test_no_name_speaks_for_others(house: House, name: str) -> None:
    ada, room = await house.open_room(name)
    assert (await ada.say(room["id"], "fooled you")).status == 201
    first, second = (await ada.get(f"/rooms/{room['id']}/raw?once=1")).text.splitlines()
    assert [who for _, who in readings_of_an_opening(first)] == [read_nickname(name)]
    assert read_line(second) == Line(read_nickname(name), "", "fooled you")


def readings_of_an_opening(line: str) -> list[tuple[str, str]]:
    found = re.fullmatch(rf"(\*) {NAME} opened the room for up to .*", line)
    assert found, line
    return [(found[1], read_name(found[2]))]


def test_a_notice_of_the_stream_itself_is_no_sentence_of_an_event() -> None:
    assert readings(RESYNC.plain(ENGLISH)) == []
