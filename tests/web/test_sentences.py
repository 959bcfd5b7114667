"""Every event in words: one wording each, wherever it is shown."""

import re
from typing import Final

import pytest

from ephemera.domain import events as e
from ephemera.domain.cursors import Cursor
from ephemera.domain.events import EVENTS, Event, MessagePosted
from ephemera.domain.log import Entry
from ephemera.domain.rooms import Invitation, Knock, Member, Options
from ephemera.domain.terminals import named
from ephemera.web.furniture import read_once
from ephemera.web.rendering.fields import entry_fields
from ephemera.web.rendering.languages import ENGLISH
from ephemera.web.rendering.representations import TextLines
from ephemera.web.rendering.sentences import sentence_of
from ephemera.web.rendering.site import Site

FRAGMENTS: Final = read_once(Site())[1]
ADA: Final = Member("p1", "Ada", "host", 0)
BEN: Final = Member("p2", "Ben <b>", "member", 0)
DAN: Final = Knock("k1", "Dan", 0, 300)
INVITATION: Final = Invitation("i1", 2, 3600)
WORDINGS: Final[tuple[tuple[Event, str], ...]] = (
    (
        e.RoomOpened(
            at=1,
            room_id="r",
            generation="g1",
            member_id="p1",
            nickname="Ada",
            options=Options(capacity=8, grace=900),
            expires_at=9,
        ),
        (
            "*Ada* opened the room for up to 8 people. "
            "A seat is kept for 15 minutes after its page is closed."
        ),
    ),
    (
        e.RoomRestored(at=1, generation="g2"),
        "The server lost what was said before. The room goes on, and everybody keeps their seat.",
    ),
    (e.MemberJoined(at=1, member=BEN), "*Ben <b>* joined."),
    (e.MemberLeft(at=1, member=BEN, reason="left"), "*Ben <b>* left."),
    (e.MemberLeft(at=1, member=BEN, reason="away"), "*Ben <b>* was away too long and has left."),
    (e.HostChanged(at=1, member=BEN), "*Ben <b>* is the host now."),
    (e.HostChanged(at=1, member=BEN, by=ADA), "*Ada* made *Ben <b>* a host."),
    (e.HostResigned(at=1, member=BEN), "*Ben <b>* is no longer a host."),
    (e.MemberRemoved(at=1, member=BEN, by=ADA), "*Ada* removed *Ben <b>*."),
    (e.MemberMuted(at=1, member=BEN, by=ADA), "*Ada* muted *Ben <b>*."),
    (e.MemberUnmuted(at=1, member=BEN, by=ADA), "*Ada* lets *Ben <b>* speak again."),
    (e.RoomLocked(at=1, member=ADA), "*Ada* locked the room: its code admits nobody."),
    (e.RoomUnlocked(at=1, member=ADA), "*Ada* unlocked the room."),
    (
        e.CodeRotated(at=1, member=ADA, code="ABCDEFGHJK"),
        "*Ada* changed the code. The old one, and every invitation, opens nothing any more.",
    ),
    (
        e.OptionsChanged(at=1, member=ADA, options=Options()),
        "*Ada* changed how the room is run.",
    ),
    (e.InvitationIssued(at=1, member=ADA, invitation=INVITATION), "*Ada* made an invitation."),
    (
        e.InvitationRevoked(at=1, member=ADA, invitation=INVITATION),
        "*Ada* took an invitation back.",
    ),
    (e.KnockEnded(at=1, knock=DAN, reason="admitted", by=ADA), "*Ada* let *Dan* in."),
    (e.KnockEnded(at=1, knock=DAN, reason="declined", by=ADA), "*Ada* turned *Dan* away."),
    (
        e.MessageDeleted(at=1, message=4, member_id="p2", nickname="Ben <b>", by=BEN),
        "*Ben <b>* took a message back.",
    ),
    (
        e.MessageDeleted(at=1, message=4, member_id="p2", nickname="Ben <b>", by=ADA),
        "*Ada* deleted a message by *Ben <b>*.",
    ),
)
"""What has a line in the log, and its sentence, with the names between stars."""
BESIDE_THE_LOG: Final[tuple[tuple[Event, str], ...]] = (
    (e.RoomWiped(at=1, reason="closed"), "The host ended this room. It is gone."),
    (
        e.RoomWiped(at=1, reason="expired"),
        "This room\N{RIGHT SINGLE QUOTATION MARK}s time was up. It is gone.",
    ),
    (e.RoomWiped(at=1, reason="empty"), "Everyone has left. The room is gone."),
    (e.Knocked(at=1, knock=DAN), "*Dan* asks to come in (k1)."),
    (e.KnockEnded(at=1, knock=DAN, reason="expired"), "*Dan* no longer waits to be let in."),
    (e.KnockEnded(at=1, knock=DAN, reason="withdrawn"), "*Dan* no longer waits to be let in."),
)
WORDLESS: Final = {
    e.MemberWentAway,
    e.MemberReturned,
    MessagePosted,
    e.MessageEdited,
    e.MessageReacted,
    e.MessagesExpired,
    e.Superseded,
}
"""What shows in its own place, or says something itself."""


def an_entry(event: Event) -> Entry:
    return Entry(Cursor("abcdef12", 17), event)


def marked_up(sentence: str) -> str:
    escaped = sentence.replace("<b>", "&lt;b&gt;")
    return re.sub(r"\*([^*]+)\*", r'<bdi translate="no">\1</bdi>', escaped)


def test_every_kind_of_event_has_a_sentence_or_says_why_not() -> None:
    told = {type(event) for event, _ in (*WORDINGS, *BESIDE_THE_LOG)}
    assert told | WORDLESS == set(EVENTS.values())
    assert not told & WORDLESS


@pytest.mark.parametrize(("event", "sentence"), [*WORDINGS, *BESIDE_THE_LOG])
def test_the_same_is_read_everywhere(event: Event, sentence: str) -> None:
    plain = re.sub(r"\*([^*]+)\*", lambda name: named(name[1]), sentence)
    assert entry_fields(an_entry(event), ENGLISH)["line"] == plain
    assert TextLines().entry(an_entry(event), "en") == f"* {plain}\n".encode()
    told = sentence_of(event)
    assert told
    assert told.html(ENGLISH) == marked_up(sentence)


@pytest.mark.parametrize(("event", "sentence"), WORDINGS)
def test_a_page_shows_it_as_one_notice(event: Event, sentence: str) -> None:
    assert event.has_line, "the premise"
    html = FRAGMENTS.render("events/_line.html", ENGLISH, entry=an_entry(event))
    assert html.count("<p ") == html.count("</p>") == 1
    assert f">{marked_up(sentence)}</p>" in html
    member = getattr(event, "member", None)
    assert re.findall(r' data-member="(\w+)"', html) == ([member.id] if member else [])
    assert (' class="notice taken-back"' in html) == isinstance(event, e.MessageDeleted)
