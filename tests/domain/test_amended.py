"""What a log keeps of an event once a later one has happened."""

from typing import Final

import pytest

from ephemera.domain.events import (
    Event,
    MemberJoined,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageReacted,
    MessagesExpired,
    Quote,
    Superseded,
    amended,
    amends,
)
from ephemera.domain.rooms import Member
from tests.support.rooms import NOON

ADA: Final = Member("p1", "Ada", "host", NOON)
SAID: Final = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="secret")


def reply(text: str = "I agree") -> MessagePosted:
    return MessagePosted(
        at=NOON, member_id="p2", nickname="Ben", text=text, reply=Quote(7, "p1", "Ada", "secret")
    )


def edited(text: str = "better", message: int = 7) -> MessageEdited:
    return MessageEdited(at=NOON + 1, message=message, member_id="p1", nickname="Ada", text=text)


def deleted(message: int = 7) -> MessageDeleted:
    return MessageDeleted(at=NOON + 2, message=message, member_id="p1", nickname="Ada", by=ADA)


def expired(*messages: int) -> MessagesExpired:
    return MessagesExpired(at=NOON + 2, messages=messages or (7,))


def reacted(sign: str = "love", message: int = 7) -> MessageReacted:
    return MessageReacted(
        at=NOON + 1,
        message=message,
        member=ADA,
        sign=sign,  # type: ignore[arg-type] # it is one
        reactions=(("p1", sign),),  # type: ignore[arg-type] # the same
    )


TAKING_BACK: Final = [deleted(), expired(), expired(6, 7, 8)]
CHANGING: Final = [*TAKING_BACK, edited(), reacted()]


@pytest.mark.parametrize("later", CHANGING)
def test_these_events_change_what_was_said_before(later: Event) -> None:
    assert amends(later)


@pytest.mark.parametrize(
    "later", [SAID, reply(), MemberJoined(at=NOON, member=ADA), Superseded(at=NOON)]
)
def test_no_other_event_changes_anything(later: Event) -> None:
    assert not amends(later)


@pytest.mark.parametrize("later", CHANGING)
def test_other_events_and_messages_stay_as_they_are(later: Event) -> None:
    for event in (SAID, reply("other"), edited(message=9), reacted(message=9), deleted(9)):
        kept = amended(20, event, later)
        if event == reply("other"):
            assert isinstance(kept, MessagePosted)
            assert kept.text == "other"
        else:
            assert kept == event


def test_a_deleted_message_gives_its_place_to_who_deleted_it() -> None:
    assert amended(7, SAID, deleted()) == deleted()


@pytest.mark.parametrize("later", [expired(), expired(6, 7, 8)])
def test_nothing_stands_in_the_place_of_a_message_that_has_disappeared(later: Event) -> None:
    assert amended(7, SAID, later) == Superseded(at=NOON)


@pytest.mark.parametrize("later", TAKING_BACK)
def test_the_words_of_edits_and_all_reactions_go_with_the_message(later: Event) -> None:
    for event in (edited(), reacted()):
        assert amended(9, event, later) == Superseded(at=event.at)


@pytest.mark.parametrize("later", TAKING_BACK)
def test_a_quote_loses_the_words_of_what_is_taken_back(later: Event) -> None:
    kept = amended(9, reply(), later)
    assert isinstance(kept, MessagePosted)
    assert kept.reply == Quote(7, "p1", "Ada", "")
    assert kept.text == "I agree"


def test_a_message_has_its_newest_words_and_says_that_it_was_edited() -> None:
    kept = amended(7, amended(7, SAID, edited("one")), edited("two"))
    assert isinstance(kept, MessagePosted)
    assert (kept.text, kept.edited, kept.at) == ("two", True, NOON)


def test_a_quote_has_the_first_of_the_newest_words() -> None:
    kept = amended(9, reply(), edited("better\nand more"))
    assert isinstance(kept, MessagePosted)
    assert kept.reply == Quote(7, "p1", "Ada", "better")
    assert not kept.edited


def test_an_older_edit_is_superseded_by_a_newer_one() -> None:
    assert amended(9, edited("one"), edited("two")) == Superseded(at=NOON + 1)
    assert amended(9, reacted(), edited("two")) == reacted()


def test_a_message_has_all_its_reactions_of_now() -> None:
    kept = amended(7, SAID, reacted())
    assert isinstance(kept, MessagePosted)
    assert kept.reactions == (("p1", "love"),)
    assert amended(9, reacted("sad"), reacted()) == Superseded(at=NOON + 1)
    assert amended(9, edited(), reacted()) == edited()


def test_what_is_superseded_shows_nothing_and_stays_so() -> None:
    nothing = Superseded(at=NOON)
    assert not nothing.has_line
    assert nothing.about is None
    for later in CHANGING:
        assert amended(9, nothing, later) == nothing


def test_what_is_kept_weighs_what_its_words_do() -> None:
    longer = amended(7, SAID, edited("x" * 1_000))
    assert longer.weight - SAID.weight == 1_000 - len("secret")
    assert edited("x" * 1_000).weight > 1_000
    assert reply().weight > amended(9, reply(), deleted()).weight
    assert amended(7, SAID, expired()).weight < SAID.weight
