"""aiohttp with aiohttp-sse: a queue for each stream, as in the chat of its examples."""

import asyncio
from collections import defaultdict

from aiohttp import web
from aiohttp_sse import sse_response

from bench.peers.rooms import Event, Room, Rooms, admission, arguments

Queue = asyncio.Queue[Event]


class Chat:
    """Handlers; heartbeat is in seconds."""

    def __init__(self, heartbeat: float) -> None:
        self._heartbeat = heartbeat
        self._rooms = Rooms()
        self._queues: dict[str, set[Queue]] = defaultdict(set)

    def routes(self) -> list[web.RouteDef]:
        """Return the handlers."""
        return [
            web.post("/rooms", self.open),
            web.post("/join", self.join),
            web.post("/rooms/{room}/messages", self.post),
            web.get("/rooms/{room}/events", self.events),
        ]

    async def open(self, request: web.Request) -> web.Response:
        """Open a room and take a seat in it."""
        form = await request.post()
        code = self._rooms.open().code
        return web.json_response(admission(*self._rooms.join(code, form["nickname"])), status=201)

    async def join(self, request: web.Request) -> web.Response:
        """Take a seat."""
        form = await request.post()
        taken = self._rooms.join(form["code"], form["nickname"])
        return web.json_response(admission(*taken), status=201)

    async def post(self, request: web.Request) -> web.Response:
        """Say something to everybody in the room."""
        form = await request.post()
        room, token = self._seated(request)
        event = room.post(token, form["text"])
        for queue in self._queues[room.id]:
            queue.put_nowait(event)
        return web.Response(text='<form id="composer"></form>', content_type="text/html")

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream what was said so far, and what will be."""
        room, _ = self._seated(request)
        queue = Queue()
        for event in room.log:
            queue.put_nowait(event)
        self._queues[room.id].add(queue)
        try:
            async with sse_response(request, sep="\n") as response:
                response.ping_interval = self._heartbeat
                while response.is_connected():
                    event = await queue.get()
                    await response.send(event.fragment, id=str(event.sequence))
        finally:
            self._queues[room.id].discard(queue)
        return response

    def _seated(self, request: web.Request) -> tuple[Room, str]:
        token = request.cookies["seat"]
        return self._rooms.seated(request.match_info["room"], token), token


def main() -> None:
    """Serve."""
    chosen = arguments().parse_args()
    app = web.Application()
    app.add_routes(Chat(chosen.heartbeat).routes())
    web.run_app(app, host="127.0.0.1", port=chosen.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
