"""sse-starlette on uvicorn: a queue for each stream, the library encodes what comes out of it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import partial

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bench.peers.rooms import Event, Room, Rooms, admission, arguments

Queue = asyncio.Queue[Event]

rooms = Rooms()
queues: dict[str, set[Queue]] = defaultdict(set)


async def open_room(request: Request) -> Response:
    """Open a room and take a seat in it."""
    form = await request.form()
    return JSONResponse(admission(*rooms.join(rooms.open().code, str(form["nickname"]))), 201)


async def join(request: Request) -> Response:
    """Take a seat."""
    form = await request.form()
    return JSONResponse(admission(*rooms.join(str(form["code"]), str(form["nickname"]))), 201)


async def post(request: Request) -> Response:
    """Say something to everybody in the room."""
    form = await request.form()
    room, token = seated(request)
    event = room.post(token, str(form["text"]))
    for queue in queues[room.id]:
        queue.put_nowait(event)
    return HTMLResponse('<form id="composer"></form>')


async def events(request: Request, heartbeat: float) -> Response:
    """Stream what was said so far, and what will be."""
    room, _ = seated(request)
    queue = Queue()
    for event in room.log:
        queue.put_nowait(event)
    queues[room.id].add(queue)
    return EventSourceResponse(out_of(queue, room), ping=heartbeat, sep="\n")


async def out_of(queue: Queue, room: Room) -> AsyncIterator[ServerSentEvent]:
    """Yield what is put into the queue until the stream is closed."""
    try:
        while True:
            event = await queue.get()
            yield ServerSentEvent(event.fragment, id=str(event.sequence))
    finally:
        queues[room.id].discard(queue)


def seated(request: Request) -> tuple[Room, str]:
    """Return the room that the cookie has a seat in, and the token."""
    token = request.cookies["seat"]
    return rooms.seated(request.path_params["room"], token), token


def main() -> None:
    """Serve."""
    parser = arguments()
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], required=True)
    parser.add_argument("--http", choices=["h11", "httptools"], required=True)
    chosen = parser.parse_args()
    routes = [
        Route("/rooms", open_room, methods=["POST"]),
        Route("/join", join, methods=["POST"]),
        Route("/rooms/{room}/messages", post, methods=["POST"]),
        Route("/rooms/{room}/events", partial(events, heartbeat=chosen.heartbeat)),
    ]
    uvicorn.run(
        Starlette(routes=routes),
        port=chosen.port,
        loop=chosen.loop,
        http=chosen.http,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
