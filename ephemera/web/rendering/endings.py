"""How a room can end for somebody who reads it, in one sentence each.

Each has a name, by which a page of its own tells it: there is nothing else left that could.
"""

from collections.abc import Mapping
from typing import Final

from ephemera.domain.events import Event, MemberLeft, RoomWiped
from ephemera.web.rendering.languages import Sentence, said

ENDINGS: Final[Mapping[str, Sentence]] = {
    "closed": said("The host ended this room. It is gone."),
    "expired": said("This room\N{RIGHT SINGLE QUOTATION MARK}s time was up. It is gone."),
    "empty": said("Everyone has left. The room is gone."),
    "removed": said("A host has removed you from this room."),
    "away": said("You were away for longer than this room keeps a seat."),
    "left": said("You have left this room."),
}


def ending_of(event: Event) -> str:
    """Return the name of what the event is to a reader whose room, or seat, ends with it."""
    return event.reason if isinstance(event, RoomWiped | MemberLeft) else "removed"
