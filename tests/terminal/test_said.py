"""What was said is remembered as long as somebody may react to it, and no longer."""

from ephemera.terminal.events import Event
from ephemera.terminal.said import MOST_REMEMBERED, Said


def posted(number: int, text: str) -> Event:
    return {"event": "message-posted", "cursor": f"g-{number}", "text": text}


def about(number: int, *events: Event) -> str:
    """Return what is remembered of that message after these events."""
    said = Said()
    for event in events:
        said.learn(event)
    return said.about({"event": "message-reacted", "message": f"m-{number}"})


def test_a_message_is_remembered_by_the_beginning_of_its_first_line() -> None:
    assert about(4, posted(4, "Hello\nthere")) == "Hello"
    assert about(4, posted(4, "x" * 50)) == "x" * 39 + "…"


def test_nothing_is_known_of_a_message_that_was_not_heard() -> None:
    assert about(5, posted(4, "Hello")) == ""


def test_an_edited_message_is_remembered_as_it_is_now() -> None:
    edited = {"event": "message-edited", "cursor": "g-5", "message": "m-4", "text": "Bye"}
    assert about(4, posted(4, "Hello"), edited) == "Bye"
    assert about(4, edited) == ""


def test_words_that_were_taken_back_are_forgotten() -> None:
    deleted: Event = {"event": "message-deleted", "cursor": "g-6", "message": "m-4"}
    expired: Event = {"event": "messages-expired", "cursor": "g-6", "messages": ["m-3", "m-4", 5]}
    assert about(4, posted(4, "Hello")) == "Hello"
    assert about(4, posted(4, "Hello"), deleted) == ""
    assert about(4, posted(4, "Hello"), expired) == ""


def test_a_resync_replaces_what_is_remembered() -> None:
    resync = {"event": "resync", "cursor": "g-9", "events": [posted(8, "New")]}
    assert about(8, posted(4, "Hello"), resync) == "New"
    assert about(4, posted(4, "Hello"), resync) == ""


def test_the_oldest_are_forgotten_first() -> None:
    many = [posted(number, str(number)) for number in range(MOST_REMEMBERED + 1)]
    assert about(0, *many) == ""
    assert about(1, *many) == "1"


def test_events_without_their_fields_do_no_harm() -> None:
    kinds = ("resync", "message-posted", "message-edited", "message-deleted", "messages-expired")
    assert about(4, *({"event": kind} for kind in kinds)) == ""
