"""Flask-SocketIO, with threads on Werkzeug's server (as the toy did) or with gevent."""

import logging
from typing import Any

from flask import Flask, request
from flask_socketio import SocketIO, emit, join_room

from bench.peers.rooms import Room, Rooms, arguments

rooms = Rooms()
seats: dict[str, tuple[Room, str]] = {}


def opened(_: dict[str, Any]) -> dict[str, str]:
    """Open a room."""
    return {"code": rooms.open().code}


def joined(data: dict[str, str]) -> dict[str, str]:
    """Take a seat, and get what was said so far."""
    room, token = rooms.join(data["code"], data["nickname"])
    seats[sid()] = room, token
    for event in room.log:
        emit("message", event.fragment)
    join_room(room.id)
    return {"token": token}


def said(data: dict[str, str]) -> None:
    """Say something to everybody in the room."""
    room, token = seats[sid()]
    emit("message", room.post(token, data["text"]).fragment, to=room.id)


def left(*_: object) -> None:
    """Forget who has gone."""
    seats.pop(sid(), None)


def sid() -> str:
    """Return Socket.IO's name for the connection that asks."""
    return str(request.sid)  # type: ignore[attr-defined] # Flask-SocketIO puts it there


def main() -> None:
    """Serve."""
    parser = arguments()
    parser.add_argument("--mode", choices=["threading", "gevent"], required=True)
    chosen = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    server = SocketIO(
        async_mode=chosen.mode, ping_interval=chosen.heartbeat, ping_timeout=60, logger=False
    )
    for name, handler in {
        "open": opened, "join": joined, "message": said, "disconnect": left,
    }.items():  # fmt: skip
        server.on_event(name, handler)
    app = Flask(__name__)
    server.init_app(app)
    own = {"allow_unsafe_werkzeug": True} if chosen.mode == "threading" else {}
    server.run(app, host="127.0.0.1", port=chosen.port, log_output=False, **own)


if __name__ == "__main__":
    main()
