"""What is said: replies, edits, deletions, reactions, actions; by whom, on what, until when."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from ephemera.domain.commands import By, Command, Delete, Edit, Post, React
from ephemera.domain.decide import decide
from ephemera.domain.decide.messages import AT_ONCE, EDIT_SECONDS, may_edit
from ephemera.domain.errors import (
    EditOver,
    Invalid,
    MessageGone,
    Muted,
    NoSuchRoom,
    NotAuthor,
    Refusal,
)
from ephemera.domain.events import (
    Event,
    MemberReturned,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageReacted,
    MessagesExpired,
    Quote,
    first_line,
)
from ephemera.domain.rooms import MOST_TRACES, VANISHINGS, Room
from tests.support.rooms import NOON, a_room, after, swept

ADA, BEN, CLEO = "p1", "p2", "p3"


def post(text: str = "hello", by: str = BEN, reply: Quote | None = None) -> By:
    return By(by, Post(text=text, reply=reply))


def edit(message: int, by: str = BEN, text: str = "hullo") -> By:
    return By(by, Edit(message=message, text=text))


def delete(message: int, by: str = BEN) -> By:
    return By(by, Delete(message=message))


def react(message: int, by: str = BEN) -> By:
    return By(by, React(message=message, sign="love"))


ACTS: Final[dict[str, Callable[..., By]]] = {"edit": edit, "delete": delete, "react": react}


def talked(*commands: Command, vanish: int = 0) -> Room:
    """Return Ada's room with Ben, who said something, and Cleo, after these commands too."""
    room = a_room("Ben", "Cleo")
    room = replace(room, options=replace(room.options, vanish=vanish))
    return after(room, post(), *commands)


SAID: Final = talked().sequence
"""The number of what Ben said."""
QUOTE: Final = Quote(SAID, BEN, "Ben", "hello")


def changed(room: Room, member_id: str, **changes: object) -> Room:
    members = tuple(
        replace(one, **changes) if one.id == member_id else one  # type: ignore[arg-type] # any field
        for one in room.members
    )
    return replace(room, members=members)


def only(room: Room, command: Command, now: float = NOON) -> Event:
    """Return the one event that comes of the command."""
    (event,) = decide(room, command, now)[1]
    return event


def refused(room: Room, command: Command, now: float = NOON) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        decide(room, command, now)
    return refusal.value


# Which messages, and by whom


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("number", [0, -1, 10**14, SAID + 1])
def test_a_message_that_never_was_is_unknown(act: Callable[..., By], number: int) -> None:
    only(talked(), act(SAID))
    refusal = refused(talked(), act(number))
    assert isinstance(refusal, Invalid)
    assert (refusal.field, refusal.problem) == ("message", "unknown")


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_event_that_is_no_message_is_gone_like_an_old_one(act: Callable[..., By]) -> None:
    assert isinstance(refused(talked(), act(1)), MessageGone)
    crowded = talked(*[post() for _ in range(MOST_TRACES)])
    assert len(crowded.traces) == MOST_TRACES
    assert isinstance(refused(crowded, act(SAID)), MessageGone)
    kept = crowded.sequence - MOST_TRACES // 2 + 1 if act is edit else SAID + 1
    only(crowded, act(kept))


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_stands_before_ones_horizon_is_gone(act: Callable[..., By]) -> None:
    room = talked()
    only(changed(room, BEN, horizon=SAID - 1), act(SAID))
    assert isinstance(refused(changed(room, BEN, horizon=SAID), act(SAID)), MessageGone)


@pytest.mark.parametrize("act", [*ACTS.values(), post], ids=[*ACTS, "post"])
def test_without_a_seat_there_is_no_room(act: Callable[..., By]) -> None:
    assert isinstance(refused(talked(), replace(act(SAID), member_id="p9")), NoSuchRoom)


@pytest.mark.parametrize("act", [edit, react])
def test_what_is_deleted_is_neither_edited_nor_reacted_to(act: Callable[..., By]) -> None:
    assert isinstance(refused(talked(delete(SAID)), act(SAID)), MessageGone)


@pytest.mark.parametrize("act", [edit, react])
def test_the_muted_neither_edit_nor_react(act: Callable[..., By]) -> None:
    assert isinstance(refused(changed(talked(), BEN, muted=True), act(SAID)), Muted)


def test_the_muted_may_take_their_own_words_back() -> None:
    assert isinstance(only(changed(talked(), BEN, muted=True), delete(SAID)), MessageDeleted)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_who_acts_on_a_message_is_back(act: Callable[..., By]) -> None:
    _, (returned, done) = decide(changed(talked(), BEN, away_since=NOON), act(SAID), NOON)
    assert isinstance(returned, MemberReturned)
    assert returned.member.away_since is None
    assert done.actor == BEN


# Deleting


def test_ones_own_message_is_taken_back() -> None:
    event = only(talked(), delete(SAID))
    assert isinstance(event, MessageDeleted)
    assert (event.message, event.member_id, event.nickname) == (SAID, BEN, "Ben")
    assert event.by.id == BEN


def test_a_host_takes_any_message_back_and_is_named() -> None:
    event = only(talked(), delete(SAID, by=ADA))
    assert isinstance(event, MessageDeleted)
    assert (event.nickname, event.by.nickname) == ("Ben", "Ada")


def test_a_member_takes_back_nobody_elses() -> None:
    assert isinstance(refused(talked(), delete(SAID, by=CLEO)), NotAuthor)


def test_a_former_host_takes_back_nobody_elses() -> None:
    assert isinstance(
        refused(changed(talked(), ADA, role="member"), delete(SAID, by=ADA)), NotAuthor
    )


@pytest.mark.parametrize("by", [ADA, BEN, CLEO])
def test_what_is_deleted_already_stays_so_without_a_word(by: str) -> None:
    room = talked(delete(SAID, by=ADA))
    assert decide(room, delete(SAID, by=by), NOON) == (room, ())


def test_a_message_of_somebody_who_left_is_still_the_hosts_to_delete() -> None:
    room = talked()
    room = replace(room, members=tuple(one for one in room.members if one.id != BEN))
    event = only(room, delete(SAID, by=ADA))
    assert isinstance(event, MessageDeleted)
    assert event.nickname == "Ben"


def test_the_room_forgets_all_of_a_deleted_message_but_that_it_was() -> None:
    trace = talked(react(SAID), delete(SAID)).traces[SAID]
    assert talked(react(SAID)).traces[SAID].reactions
    assert (trace.nickname, trace.reactions, trace.gone) == ("", (), True)


# Editing


def test_ones_own_words_are_changed() -> None:
    event = only(talked(), edit(SAID))
    assert isinstance(event, MessageEdited)
    assert (event.message, event.member_id, event.text) == (SAID, BEN, "hullo")


@pytest.mark.parametrize("by", [ADA, CLEO])
def test_nobody_elses_words_are_changed_not_even_by_a_host(by: str) -> None:
    assert isinstance(refused(talked(), edit(SAID, by=by)), NotAuthor)


def test_words_can_be_changed_for_five_minutes_and_no_longer() -> None:
    assert EDIT_SECONDS == 300
    room, ben = talked(), talked().members[1]
    only(room, edit(SAID), NOON + 300)
    assert may_edit(room, ben, SAID, NOON + 300)
    assert isinstance(refused(room, edit(SAID), NOON + 300.001), EditOver)
    assert not may_edit(room, ben, SAID, NOON + 300.001)


def test_an_edit_does_not_prolong_the_time_for_the_next() -> None:
    room = after(talked(), edit(SAID), now=NOON + 299)
    assert isinstance(refused(room, edit(SAID), NOON + 301), EditOver)


def test_an_edit_does_not_prolong_the_life_of_a_message() -> None:
    room = after(talked(vanish=60), edit(SAID), now=NOON + 59)
    assert room.traces[SAID].expires_at == NOON + 60


def test_words_are_not_changed_that_could_not_be_taken_back_for_as_long_as_they_are_kept() -> None:
    """An edit stays in the log for 200 events more; what it changed must be known until then."""
    room = talked(*[post() for _ in range(MOST_TRACES // 2 - 1)])
    only(room, edit(SAID))
    assert may_edit(room, room.members[1], SAID, NOON)
    room = after(room, post())
    assert SAID in room.traces
    assert isinstance(refused(room, edit(SAID)), MessageGone)
    assert not may_edit(room, room.members[1], SAID, NOON)
    only(room, delete(SAID))


@pytest.mark.parametrize("kept", [1, 200])
def test_what_was_quoted_or_edited_can_be_taken_back_until_the_log_has_it_no_more(
    kept: int,
) -> None:
    last = [post() for _ in range(199)]  # a log has 200 events
    for again in (edit(SAID), post(by=ADA, reply=QUOTE)):
        room = talked(*last)
        room = changed(room, again.member_id, away_since=NOON)
        room, (_, event) = decide(room, again, NOON)
        assert isinstance(event, MessageEdited) or getattr(event, "reply", None) == QUOTE
        for _ in range(kept - 1):
            room = after(room, post())
        assert isinstance(only(room, delete(SAID)), MessageDeleted)


def test_the_offer_to_edit_is_made_to_whoever_may() -> None:
    room = talked()
    ada, ben, _ = room.members
    assert may_edit(room, ben, SAID, NOON)
    assert not may_edit(room, ada, SAID, NOON)
    assert not may_edit(room, replace(ben, muted=True), SAID, NOON)
    assert not may_edit(room, ben, 1, NOON)
    assert not may_edit(talked(delete(SAID)), ben, SAID, NOON)


# Actions


@pytest.mark.parametrize(
    ("typed", "text", "action"),
    [
        ("/me waves", "waves", True),
        ("/me   waves\nand bows", "waves\nand bows", True),
        ("/me", "/me", False),
        ("/me ", "/me ", False),
        ("/mean words", "/mean words", False),
        ("/ME waves", "/ME waves", False),
        (" /me waves", " /me waves", False),
        ("/me\nwaves", "/me\nwaves", False),
        ("/me /me waves", "/me waves", True),
    ],
)
def test_what_starts_with_me_tells_what_somebody_does(typed: str, text: str, action: bool) -> None:  # noqa: FBT001 - a table
    event = only(talked(), post(typed))
    assert isinstance(event, MessagePosted)
    assert (event.text, event.action) == (text, action)


@pytest.mark.parametrize("typed", ["bows", "/me bows"])
def test_an_action_that_is_edited_stays_one(typed: str) -> None:
    room = talked(post("/me waves"))
    event = only(room, edit(room.sequence, text=typed))
    assert isinstance(event, MessageEdited)
    assert (event.text, event.action) == ("bows", True)


def test_words_that_are_edited_do_not_become_an_action() -> None:
    event = only(talked(), edit(SAID, text="/me bows"))
    assert isinstance(event, MessageEdited)
    assert (event.text, event.action) == ("/me bows", False)


# Reactions


def reactions(room: Room) -> dict[str, str]:
    return dict(room.traces[SAID].reactions)


def test_each_member_has_one_sign_on_a_message() -> None:
    room = talked(react(SAID), react(SAID, by=ADA))
    assert reactions(room) == {BEN: "love", ADA: "love"}
    room, (event,) = decide(room, By(BEN, React(message=SAID, sign="sad")), NOON)
    assert reactions(room) == {ADA: "love", BEN: "sad"}
    assert isinstance(event, MessageReacted)
    assert event.sign == "sad"
    assert event.reactions == room.traces[SAID].reactions


def test_a_sign_is_taken_off() -> None:
    room = talked(react(SAID), react(SAID, by=ADA))
    room, (event,) = decide(room, By(BEN, React(message=SAID, sign=None)), NOON)
    assert reactions(room) == {ADA: "love"}
    assert isinstance(event, MessageReacted)
    assert event.sign is None


@pytest.mark.parametrize("sign", ["love", None])
def test_the_same_sign_again_is_none(sign: str | None) -> None:
    room = talked(react(SAID)) if sign else talked()
    command = By(BEN, React(message=SAID, sign=sign))  # type: ignore[arg-type] # it is one
    assert decide(room, command, NOON) == (room, ())


def test_one_may_react_to_oneself_and_to_who_has_left() -> None:
    room = talked(react(SAID))
    assert reactions(room) == {BEN: "love"}
    without = replace(room, members=tuple(one for one in room.members if one.id != BEN))
    assert reactions(after(without, react(SAID, by=ADA))).keys() == {BEN, ADA}


# Replies


def reply_in(room: Room) -> Quote | None:
    event = only(room, post(by=ADA, reply=QUOTE))
    assert isinstance(event, MessagePosted)
    return event.reply


def test_a_reply_says_what_it_replies_to() -> None:
    assert reply_in(talked()) == QUOTE


def test_a_reply_to_what_is_gone_or_not_theirs_is_a_message_like_any() -> None:
    assert reply_in(talked(delete(SAID))) is None
    assert reply_in(changed(talked(), ADA, horizon=SAID)) is None
    assert reply_in(talked(*[post() for _ in range(MOST_TRACES)])) is None
    assert reply_in(replace(talked(), traces={})) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hello", "hello"),
        ("  one  \ntwo", "one"),
        ("\n\n one\ntwo", "one"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 119 + "…"),
        ("x" * 120 + "\n" + "y" * 120, "x" * 120),
    ],
)
def test_a_quote_has_the_first_line_and_no_more_than_120_characters(text: str, line: str) -> None:
    assert first_line(text) == line


# Disappearing


@pytest.mark.parametrize("vanish", VANISHINGS[1:])
def test_a_message_disappears_on_time_and_not_before(vanish: int) -> None:
    room = talked(vanish=vanish)
    assert room.traces[SAID].expires_at == NOON + vanish
    assert swept(room, NOON + vanish - 0.001)[1] == ()
    room, events = swept(room, NOON + vanish)
    assert events == (MessagesExpired(at=NOON + vanish, messages=(SAID,)),)
    assert room.traces[SAID].gone
    assert swept(room, NOON + vanish)[1] == ()


def test_many_messages_disappear_in_one_event() -> None:
    room = talked(vanish=60)
    for number in range(1, 11):
        room = after(room, post(), now=NOON + number / 10)
    _, (event,) = swept(room, NOON + 60.5)
    assert isinstance(event, MessagesExpired)
    assert event.messages == tuple(range(SAID, SAID + 6))


def test_what_was_deleted_does_not_disappear_again() -> None:
    assert swept(talked(delete(SAID), vanish=60), NOON + 60)[1] == ()


def test_a_changed_option_touches_only_what_is_said_from_then_on() -> None:
    room = talked()
    room = replace(room, options=replace(room.options, vanish=60))
    room = after(room, post())
    room = replace(room, options=replace(room.options, vanish=0))
    room = after(room, post())
    assert [trace.expires_at for trace in room.traces.values()] == [None, NOON + 60, None]
    _, (event,) = swept(room, NOON + 60)
    assert isinstance(event, MessagesExpired)
    assert event.messages == (SAID + 1,)


def test_what_disappears_later_does_so_at_once_when_it_could_not_be_followed_any_more() -> None:
    room = talked(*[post() for _ in range(MOST_TRACES - 1)], vanish=3600)
    assert len(room.traces) == MOST_TRACES
    room, (expired, posted) = decide(room, post(), NOON)
    assert isinstance(expired, MessagesExpired)
    assert expired.messages == tuple(range(SAID, SAID + AT_ONCE))
    assert isinstance(posted, MessagePosted)
    for _ in range(AT_ONCE - 1):
        room, events = decide(room, post(), NOON)
        assert [type(event) for event in events] == [MessagePosted], "one event for many messages"
    assert len(room.traces) == MOST_TRACES
    _, (again, _) = decide(room, post(), NOON)
    assert isinstance(again, MessagesExpired)


def test_words_that_disappear_in_the_step_of_a_reply_are_not_quoted_by_it() -> None:
    room = talked(*[post() for _ in range(MOST_TRACES - 1)], vanish=3600)
    for message, quoted in ((SAID, False), (SAID + AT_ONCE - 1, False), (SAID + AT_ONCE, True)):
        quote = replace(QUOTE, message=message)
        _, (expired, posted) = decide(room, post(by=ADA, reply=quote), NOON)
        assert isinstance(expired, MessagesExpired)
        assert (message in expired.messages) != quoted
        assert isinstance(posted, MessagePosted)
        assert posted.reply == (quote if quoted else None)


def test_what_stays_goes_out_of_sight_without_a_word() -> None:
    room = talked(*[post() for _ in range(MOST_TRACES - 1)])
    assert len(room.traces) == MOST_TRACES
    room = replace(room, options=replace(room.options, vanish=60))
    room, (posted,) = decide(room, post(), NOON)
    assert isinstance(posted, MessagePosted)
    assert SAID not in room.traces
