"""A step writes of a room what it changed, and no more."""

from dataclasses import replace

from ephemera.domain.commands import By, Post
from ephemera.domain.decide import decide
from ephemera.engine.redis.records import pieces_of, room_from_pieces
from tests.support.rooms import NOON, a_room


def test_a_message_writes_its_own_trace_and_no_other() -> None:
    first, _ = decide(a_room(), By("p1", Post(text="one", fingerprint="f")), NOON)
    second, _ = decide(first, By("p1", Post(text="two", fingerprint="g")), NOON)
    changed, gone = pieces_of(first, second)
    assert f"traces:{second.sequence}" in changed
    assert f"traces:{first.sequence}" not in changed
    assert gone == []


def test_what_is_written_of_a_new_room_is_all_of_it() -> None:
    room, _ = decide(a_room("Ben"), By("p1", Post(text="one", fingerprint="f")), NOON)
    changed, gone = pieces_of(None, room)
    assert room_from_pieces(changed) == room
    assert gone == []


def test_the_pieces_after_a_step_make_the_room_that_it_made() -> None:
    before, _ = decide(a_room("Ben"), By("p1", Post(text="one", fingerprint="f")), NOON)
    after = replace(before, traces={}, locked=True)
    kept = pieces_of(None, before).changed
    changed, gone = pieces_of(before, after)
    assert gone
    kept = {name: piece for name, piece in kept.items() if name not in gone}
    assert room_from_pieces({**kept, **changed}) == after
