"""What is kept of a room outside this process: pieces of its state, and entries of its log.

The state is kept in pieces, so that a step writes only what it changed: a piece for each field of
`Room`, and for each item of a field that is a mapping, as JSON. Rules forget the oldest item first,
and a hash has no order: a piece of its own says that of the keys, unless it is that of the numbers.

What is written says its version, and is read with tolerance: fields that this version does not know
are left out, fields that are missing take their defaults. A value that it does not know, of a sign
say, is refused like an event that it does not know. Events are told apart by their names; names of
classes, pickles and ordinals are in none of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import EVENTS, SIGNALS, Event, RoomWiped, Signal
from ephemera.domain.log import Entry
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room

VERSION: Final = 1

_FIELDS: Final = tuple(field.name for field in fields(Room))
_OURS: Final = "#"
"""What begins so is the script's own, and no piece of the state."""

_NUMBERED: Final = {"traces"}
_ORDER: Final = "order"

_encode: Final = Encoder().encode
_text: Final = Decoder(str)
_texts: Final = Decoder(list[str])
_room: Final = Decoder(Room)
_events: Final = {name: Decoder(kind) for name, kind in EVENTS.items()}
_signals: Final = {name: Decoder(kind) for name, kind in SIGNALS.items()}


class _Named(Struct):
    """What tells of which kind the rest is."""

    event: str = ""
    signal: str = ""


_named: Final = Decoder(_Named)


class Pieces(NamedTuple):
    """What became of the pieces of a room in a step."""

    changed: dict[str, str]
    gone: list[str]


def pieces_of(before: Room | None, room: Room) -> Pieces:
    """Return how the pieces of the room differ from those that are kept of it."""
    pieces = Pieces({} if before else {"v": _dump(VERSION)}, [])
    for name in _FIELDS:
        now, then = getattr(room, name), getattr(before, name, None)
        if isinstance(now, Mapping):
            if now is not then:
                _compare(name, then or {}, now, pieces)
        elif before is None or now != then:
            pieces.changed[name] = _dump(now)
    return pieces


def _compare(
    name: str, then: Mapping[object, Any], now: Mapping[object, Any], pieces: Pieces
) -> None:
    for key, one in now.items():
        if key not in then or (then[key] is not one and then[key] != one):
            pieces.changed[f"{name}:{key}"] = _dump(one)
    pieces.gone.extend(f"{name}:{key}" for key in then.keys() - now.keys())
    if name not in _NUMBERED and [*now] != [*then]:
        pieces.changed[f"{_ORDER}:{name}"] = _dump([*now])


def room_from_pieces(pieces: Mapping[str, str]) -> Room:
    """Return the room whose pieces these are."""
    whole: list[str] = []
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for piece, written in pieces.items():
        name, is_part, key = piece.partition(":")
        if is_part:
            parts[name][key] = written
        elif not name.startswith(_OURS):
            whole.append(f"{_dump(name)}:{written}")
    orders = parts.pop(_ORDER, {})
    for name, items in parts.items():
        whole.append(f"{_dump(name)}:{_in_order(items, orders.get(name))}")
    return _room.decode(f"{{{','.join(whole)}}}")


def _in_order(items: dict[str, str], order: str | None) -> str:
    """Return the mapping of these items as JSON; numbers grow, and have no order of their own."""
    keys = _texts.decode(order) if order else sorted(sorted(items), key=len)
    items = {key: items[key] for key in keys if key in items} | items
    return f"{{{','.join(f'{_dump(key)}:{one}' for key, one in items.items())}}}"


def generation_to_text(generation: str) -> str:
    """Return the piece of a room that holds its generation."""
    return _dump(generation)


def cursor_from_pieces(sequence: str, generation: str) -> Cursor:
    """Return the place of the newest event of the room with these two pieces."""
    return Cursor(_text.decode(generation), int(sequence))


def entry_to_text(event: Event) -> str:
    """Return what the log keeps of the event, after its weight."""
    return f"{event.weight} {event_to_text(event)}"


def entry_from_text(cursor: Cursor, written: str) -> Entry:
    """Return the entry at that place of the log."""
    return Entry(cursor, event_from_text(written.partition(" ")[2]))


def event_to_text(event: Event) -> str:
    """Return the event as JSON."""
    return _dump_named("event", event.name, event)


def event_from_text(written: str) -> Event:
    """Return the event. Raises KeyError for one that this version does not know."""
    return _events[_named.decode(written).event].decode(written)


def signal_to_text(signal: Signal) -> str:
    """Return the signal as JSON."""
    return _dump_named("signal", signal.name, signal)


def signal_from_text(written: str) -> Signal:
    """Return the signal. Raises KeyError for one that this version does not know."""
    return _signals[_named.decode(written).signal].decode(written)


def _dump(value: object) -> str:
    return _encode(value).decode()


def _dump_named(what: str, name: str, value: Event | Signal) -> str:
    """Return the value as JSON, with its version and name before its own fields: all have some."""
    return f'{{"v":{VERSION},"{what}":"{name}",{_dump(value)[1:]}'


def lease_to_text(lease: Lease) -> str:
    """Return a lease as it is kept."""
    return f"{lease.seen_at!r} {lease.until!r}"


def leases_from_texts(written: Mapping[str, str]) -> dict[str, Lease]:
    """Return the leases of the members."""
    return {member_id: Lease(*map(float, lease.split(" "))) for member_id, lease in written.items()}


def by_twos(answer: Sequence[str]) -> dict[str, str]:
    """Return what an engine tells of a hash, a name and a value after the other, as a mapping."""
    each = iter(answer)
    return dict(zip(each, each, strict=True))


# What is told in passing: the newest sequence, the end of a room, or a signal.


def news_of(entries: Sequence[Entry], *, wiped: bool) -> str:
    """Return what is told of a step: how far it went, or, of a room that is gone, how it ended."""
    newest = entries[-1]
    if wiped:
        return f"{newest.cursor} {event_to_text(newest.event)}"
    return str(newest.cursor)


def trace_of(entries: Sequence[Entry]) -> str:
    """Return what is remembered for a while of a room that is gone: how it ended, and nobody."""
    end = entries[-1]
    assert isinstance(end.event, RoomWiped)  # noqa: S101 # nothing else forgets a room
    return news_of([end._replace(event=replace(end.event, member=None))], wiped=True)


def end_from_news(news: str) -> Entry:
    """Return the last entry of a room that is gone."""
    cursor, _, written = news.partition(" ")
    place = Cursor.read(cursor)
    assert place  # noqa: S101 # `news_of` wrote it
    return Entry(place, event_from_text(written))
