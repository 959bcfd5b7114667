"""Rooms and events as plain data, for engines that keep them outside this process.

One version number, tolerant when reading: fields that this version does not
know are left out, fields that are missing take their defaults. Class names,
pickles and ordinals never enter the data; events are told apart by their name.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from ephemera.domain.events import EVENTS, SIGNALS, Event, Signal
from ephemera.domain.rooms import Room

VERSION: Final = 1

Data = dict[str, Any]

_SIMPLE: Final = {str, int, float, bool, NoneType}


def event_to_data(event: Event) -> Data:
    """Return the event as JSON-ready data."""
    return {"v": VERSION, "event": event.name, **plain(event)}


def event_from_data(data: Mapping[str, Any]) -> Event:
    """Return the event that `event_to_data` wrote. Raises KeyError for an unknown event."""
    event = _read(EVENTS[data["event"]], data)
    assert isinstance(event, Event)  # noqa: S101 # all of them are
    return event


def signal_to_data(signal: Signal) -> Data:
    """Return the signal as JSON-ready data."""
    return {"v": VERSION, "signal": signal.name, **plain(signal)}


def signal_from_data(data: Mapping[str, Any]) -> Signal:
    """Return the signal that `signal_to_data` wrote. Raises KeyError for an unknown one."""
    signal = _read(SIGNALS[data["signal"]], data)
    assert isinstance(signal, Signal)  # noqa: S101 # all of them are
    return signal


def room_to_data(room: Room) -> Data:
    """Return the whole state, secrets included: for engines, never for a log or a client."""
    return {"v": VERSION, **plain(room)}


def room_from_data(data: Mapping[str, Any]) -> Room:
    """Return the room that `room_to_data` wrote."""
    room = _read(Room, data)
    assert isinstance(room, Room)  # noqa: S101 # what else
    return room


def plain(value: Any) -> Any:  # noqa: ANN401 - what is in a room or an event
    """Return a part of a room or an event as JSON-ready data.

    As `dataclasses.asdict` does, without the copies of what is plain already.
    """
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if is_dataclass(kind):
        return {name: plain(getattr(value, name)) for name in _fields(kind)}
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value]


@cache
def _fields(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _read(kind: Any, data: Any) -> Any:  # noqa: ANN401 - whatever a type annotation can say
    """Return the data as what the annotation says: JSON knows no tuples, and no keys but words."""
    if is_dataclass(kind):
        return kind(  # type: ignore[operator] # it is a class, not an instance
            **{name: _read(of, data[name]) for name, of in _fields(kind).items() if name in data}  # type: ignore[arg-type] # the same
        )
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        rest = next(one for one in inner if one is not NoneType)
        return None if data is None else _read(rest, data)
    if origin is tuple:
        each = [inner[0]] * len(data) if inner[1:] == (...,) else inner
        return tuple(_read(of, one) for of, one in zip(each, data, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_read(inner[0], key): _read(inner[1], one) for key, one in data.items()}
    return int(data) if kind is int else data
