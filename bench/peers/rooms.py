"""What the Python peers share: rooms with codes, seats and a log, and the fragment of a message."""

import argparse
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from jinja2 import Environment

LOG: Final = 200
"""Events that a room keeps."""

TEMPLATE: Final = Environment(autoescape=True, trim_blocks=True).from_string("""\
<hx-partial hx-target="#messages" hx-swap="upsert">
<article id="m-{{ sequence }}" class="message" data-member="{{ member }}" data-at="{{ at }}">
<span class="who"><bdi class="name">{{ nickname }}</bdi><i class="phase" aria-hidden="true"></i>\
</span>
<time class="when" datetime="{{ when }}" data-local>{{ when[11:16] }}</time>
<div class="text" dir="auto">{{ text }}</div>
</article></hx-partial>""")


@dataclass(frozen=True, slots=True)
class Event:
    """A message as it is kept: its place in the log, and its fragment."""

    sequence: int
    fragment: str


@dataclass(slots=True)
class Room:
    """One room: who sits in it, by token, and what was said."""

    id: str
    code: str
    seats: dict[str, str] = field(default_factory=dict)
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG))
    sequence: int = 0

    def post(self, token: str, text: str) -> Event:
        """Render a message of whoever holds the token, and keep it."""
        self.sequence += 1
        now = time.time()
        fragment = TEMPLATE.render(
            sequence=self.sequence,
            member=token[:4],
            nickname=self.seats[token],
            at=now,
            when=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            text=text,
        )
        event = Event(self.sequence, fragment)
        self.log.append(event)
        return event


class Rooms:
    """All rooms of a process."""

    def __init__(self) -> None:
        self._by_id: dict[str, Room] = {}
        self._by_code: dict[str, Room] = {}

    def open(self) -> Room:
        """Open a room that nobody sits in."""
        room = Room(secrets.token_hex(10), secrets.token_hex(5))
        self._by_id[room.id] = self._by_code[room.code] = room
        return room

    def join(self, code: str, nickname: str) -> tuple[Room, str]:
        """Take a seat; return its room and its token."""
        room, token = self._by_code[code], secrets.token_urlsafe(32)
        room.seats[token] = nickname
        return room, token

    def seated(self, room_id: str, token: str) -> Room:
        """Return the room in which the token has a seat; raise KeyError if it has none."""
        room = self._by_id[room_id]
        room.seats[token]  # the look-up is the authorisation
        return room


def admission(room: Room, token: str) -> dict[str, object]:
    """Return what a program is told of its seat."""
    return {"room": {"id": room.id, "code": room.code}, "token": token}


def arguments() -> argparse.ArgumentParser:
    """Return the arguments that every peer has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--heartbeat", type=float, required=True, help="seconds")
    return parser
