"""Rooms and events as plain data, for engines that keep them outside this process.

One version number, tolerant when reading: fields that this version does not
know are left out, fields that are missing take their defaults. Class names,
pickles and ordinals never enter the data; events are told apart by their name.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final, TypeVar

from ephemera.domain.events import (
    Event,
    HostChanged,
    MemberJoined,
    MemberLeft,
    MemberReturned,
    MemberWentAway,
    MessagePosted,
    RoomOpened,
    RoomWiped,
)
from ephemera.domain.rooms import Member, Room, Seat

VERSION: Final = 1

T = TypeVar("T")
Data = dict[str, Any]

_EVENTS: Final[Mapping[str, type[Event]]] = {
    kind.name: kind
    for kind in (
        RoomOpened,
        MemberJoined,
        MemberLeft,
        MemberWentAway,
        MemberReturned,
        HostChanged,
        MessagePosted,
        RoomWiped,
    )
}


def event_to_data(event: Event) -> Data:
    """Return the event as JSON-ready data."""
    return {"v": VERSION, "event": event.name, **asdict(event)}


def event_from_data(data: Mapping[str, Any]) -> Event:
    """Return the event that `event_to_data` wrote. Raises KeyError for an unknown event."""
    return _known(_EVENTS[data["event"]], data)


def room_to_data(room: Room) -> Data:
    """Return the whole state, secrets included: for engines, never for a log or a client."""
    return {"v": VERSION, **asdict(room)}


def room_from_data(data: Mapping[str, Any]) -> Room:
    """Return the room that `room_to_data` wrote."""
    members = tuple(_known(Member, member) for member in data["members"])
    seats = {member_id: _seat(seat) for member_id, seat in data["seats"].items()}
    return _known(Room, {**data, "members": members, "seats": seats})


def _seat(data: Mapping[str, Any]) -> Seat:
    posted = tuple((fingerprint, sequence) for fingerprint, sequence in data.get("posted", ()))
    return Seat(data["digest"], posted)


def _known(kind: type[T], data: Mapping[str, Any]) -> T:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type] # only dataclasses come
    values = {name: value for name, value in data.items() if name in names}
    if isinstance(values.get("member"), Mapping):
        values["member"] = _known(Member, values["member"])
    return kind(**values)
