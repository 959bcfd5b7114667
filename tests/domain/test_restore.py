"""A room that its engine has lost goes on, without what was said in it."""

from dataclasses import replace

import pytest

from ephemera.domain.commands import By, Close, Command, Delete, Edit, Post, React, Remove, Restore
from ephemera.domain.decide import decide
from ephemera.domain.errors import MessageGone, NoSuchRoom, Removed
from ephemera.domain.events import MessagePosted, Quote, RoomRestored
from ephemera.domain.presence import Lease, due_at
from ephemera.domain.rooms import Room
from tests.support.rooms import NOON, a_room, joining

RESTORE = Restore(generation="g2")
SAID = 4


def saying(text: str = "hello", *, key: str | None = None, reply: Quote | None = None) -> By:
    return By("p1", Post(text=text, fingerprint=key, reply=reply))


def a_room_with_words() -> Room:
    """Return a room where Ada has said something, with a key, that disappears after a minute."""
    room = a_room("Ben")
    room = replace(room, options=replace(room.options, vanish=60))
    room, _ = decide(room, saying(key="f"), NOON)
    assert room.traces.keys() == {SAID}
    return room


def test_a_room_comes_back_with_all_but_what_was_said() -> None:
    before = a_room_with_words()
    after, events = decide(before, RESTORE, NOON)
    assert events == (RoomRestored(at=NOON, generation="g2"),)
    assert after == replace(before, generation="g2", sequence=before.sequence + 1, traces={})


def test_the_line_that_says_so_is_of_nobody_and_about_no_other() -> None:
    (restored,) = decide(a_room("Ben"), RESTORE, NOON)[1]
    assert restored.has_line
    assert (restored.actor, restored.released, restored.about) == (None, None, None)
    assert restored.seen_from(10**6) is restored


@pytest.mark.parametrize(
    "act",
    [
        By("p1", Edit(message=SAID, text="other words")),
        By("p1", Delete(message=SAID)),
        By("p2", React(message=SAID, sign="yes")),
    ],
    ids=lambda act: type(act).__name__,
)
def test_a_message_that_was_lost_is_gone(act: Command) -> None:
    before = a_room_with_words()
    assert decide(before, act, NOON)[1]
    after, _ = decide(before, RESTORE, NOON)
    with pytest.raises(MessageGone):
        decide(after, act, NOON)


def test_a_message_that_was_lost_is_quoted_no_more_and_never_disappears_again() -> None:
    before = a_room_with_words()
    leases = dict.fromkeys(("p1", "p2"), Lease(NOON, NOON + 10**5))
    assert due_at(before, leases) == NOON + 60
    after, _ = decide(before, RESTORE, NOON)
    assert due_at(after, leases) == after.expires_at
    _, (said,) = decide(after, saying(reply=Quote(SAID, "p1", "Ada", "hello")), NOON)
    assert isinstance(said, MessagePosted)
    assert said.reply is None


def test_a_retry_of_a_message_that_was_lost_is_still_the_same_message() -> None:
    after, _ = decide(a_room_with_words(), RESTORE, NOON)
    assert decide(after, saying(key="f"), NOON) == (after, ())
    assert after.sequence_of("p1", "f") == SAID


def test_who_was_removed_stays_out() -> None:
    before, _ = decide(a_room("Eve"), By("p1", Remove(target="p2")), NOON)
    after, _ = decide(before, RESTORE, NOON)
    with pytest.raises(Removed):
        decide(after, joining("Eve"), NOON)


def test_a_room_can_be_lost_again() -> None:
    once, _ = decide(a_room_with_words(), RESTORE, NOON)
    twice, events = decide(once, replace(RESTORE, generation="g3"), NOON)
    assert len(events) == 1
    assert (twice.generation, twice.sequence) == ("g3", once.sequence + 1)


def test_a_room_that_was_wiped_does_not_come_back() -> None:
    wiped, _ = decide(a_room("Ben"), By("p1", Close()), NOON)
    assert wiped.wiped
    with pytest.raises(NoSuchRoom):
        decide(wiped, RESTORE, NOON)
