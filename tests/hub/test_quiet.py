"""A representation says nothing but what its class says."""

from types import SimpleNamespace
from typing import Final

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import MemberWriting, MessagePosted
from ephemera.domain.log import Entry, Snapshot
from ephemera.hub.rendering import Representation
from tests.support.rooms import NOON, a_room

ROOM: Final = a_room()
POSTED: Final = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hello")
ENTRY: Final = Entry(Cursor("g", 3), POSTED)


def test_by_default_nothing_is_said_of_anything() -> None:
    quiet, to = Representation(), SimpleNamespace(cursor=ENTRY.cursor, finite=False, locale="en")
    said = (
        quiet.greeting(to),
        quiet.entry(ENTRY, "en"),
        quiet.resync(Snapshot(ROOM, {}), [ENTRY], "en"),
        quiet.left(to, ENTRY),
        quiet.signal(MemberWriting(member=ROOM.members[0]), "en"),
        quiet.ping(to),
        quiet.goodbye(to, 1.0),
        quiet.finite(to),
    )
    assert set(said) == {b""}
    assert not quiet.outdates(ENTRY)
    assert quiet.speaks(ENTRY), "to say too little in common costs only time"
