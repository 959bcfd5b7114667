"""Crowds who listen at the hub itself, and a heart that beats for them when it is told to."""

from ephemera.hub.heartbeat import Heartbeat
from ephemera.hub.hub import SLICES, Hub
from ephemera.hub.stream import Stream, Write
from ephemera.lobby.lobby import Admission
from ephemera.lobby.presence import Presence
from tests.support.readers import JSON


def listen(hub: Hub, admission: Admission, hear: Write) -> None:
    """Open a live stream for the seat, without catching up and without a task that serves it."""
    room = admission.room
    stream = Stream(room.id, admission.member.id, JSON, hear, cursor=room.cursor)
    hub.add(stream)
    stream.go_live()


def hang_up(hub: Hub) -> None:
    """Let everybody go who listens."""
    for stream in hub:
        hub.remove(stream)
        stream.cut()


def a_heart(hub: Hub, presence: Presence) -> Heartbeat:
    """Return a heart that does not wait between its beats."""
    return Heartbeat(hub, presence.renew, presence.linger, presence._engine.signal, period=0)


async def one_period(heart: Heartbeat) -> None:
    """Let all slices have their turn."""
    for number in range(SLICES):
        await heart.turn(number)
