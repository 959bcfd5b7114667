"""nginx with nchan: no application, hence no seats; what is posted goes out as it is."""

import secrets
from typing import Final

from bench.load.dialect import Line
from bench.load.ledger import TEXT
from bench.load.poster import HttpPoster
from bench.load.sse import Seat, Sse, post_head

FRAGMENT: Final = """\
<hx-partial hx-target="#messages" hx-swap="upsert">
<article id="m-{0}" class="message" data-member="p1" data-hue="1" data-at="1795363037.636845">
<span class="who"><bdi class="name">Ada</bdi><i class="phase" aria-hidden="true"></i></span>
<time class="when" datetime="2026-11-22T15:57:17Z" data-local>15:57</time>
<div class="text" dir="auto">{1}</div>
</article></hx-partial>"""
"""As many bytes as with everybody else; some application behind nginx would have rendered them."""


class Nchan(Sse):
    """Listens to server-sent events, publishes fragments."""

    def admit(self, port: int, members: int) -> list[Seat]:  # noqa: ARG002 # nobody is asked
        """Make up a room: with nchan a channel is there once somebody listens."""
        room = secrets.token_hex(10)
        return [Seat(room, secrets.token_urlsafe(32)) for _ in range(members)]

    def poster(self, line: Line, seat: Seat) -> HttpPoster:
        """Return who publishes to this room."""
        return Publisher(line.loop, line.ledger, line.port, post_head(line.port, seat))


class Publisher(HttpPoster):
    """Posts a fragment that is rendered already."""

    def body(self, number: int) -> bytes:
        """Return the fragment."""
        return FRAGMENT.format(number, TEXT.format(number)).encode()
