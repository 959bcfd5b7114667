"""A follower goes on where it was, whatever ends a stream."""

import asyncio

import pytest

from ephemera.terminal.client import Client
from ephemera.terminal.events import Event, kind_of
from ephemera.terminal.follow import Follower
from ephemera.terminal.mistakes import Gone, Removed
from ephemera.terminal.places import read_room
from tests.support.patience import PATIENCE
from tests.support.scripted import CUT, HOLD, Asked, Scripted, answer, scripted, stream

PING = {"event": "ping"}
WIPED = stream({"event": "room-wiped", "cursor": "g-9"})


async def followed(server: Scripted) -> tuple[list[str], list[bool]]:
    """Follow to the end of the room; return what was heard, and whether there was a connection."""
    heard: list[Event] = []
    connected: list[bool] = []
    async with Client(read_room(server.url), "token") as client:
        async with asyncio.timeout(PATIENCE):
            await Follower(client, heard.extend, connected.append).run()
    return [kind_of(event) for event in heard], connected


def query(asked: Asked) -> str:
    return asked.line.split()[1].partition("?")[2]


async def test_a_stream_that_ends_is_opened_again_after_what_it_brought() -> None:
    first = stream(PING, {"event": "message-posted", "cursor": "g-7"})
    async with scripted(first, WIPED) as server:
        kinds, connected = await followed(server)
    assert kinds == ["ping", "message-posted", "room-wiped"]
    assert [query(asked) for asked in server.asked] == ["after=", "after=g-7"]
    assert connected == [True, False, True]


async def test_half_a_line_is_not_heard_and_asked_for_again() -> None:
    half = stream({"event": "member-joined", "cursor": "g-2"}, raw=b'{"event":"x","cursor":"g-3"}')
    async with scripted(half, WIPED) as server:
        kinds, _ = await followed(server)
    assert kinds == ["member-joined", "room-wiped"]
    assert query(server.asked[1]) == "after=g-2"


async def test_what_is_not_understood_is_passed_over() -> None:
    strange = stream({"event": "poll-opened", "cursor": "g-4"}, raw=b"<p>\n[]\n{}\n\xff\n")
    async with scripted(strange, WIPED) as server:
        assert await followed(server)
    assert query(server.asked[1]) == "after=g-4"


async def test_failures_are_tried_again() -> None:
    async with scripted(CUT, answer(503), WIPED) as server:
        kinds, connected = await followed(server)
    assert kinds == ["room-wiped"]
    assert connected == [False, False, True]


async def test_who_is_told_to_go_finite_does() -> None:
    finite = stream(PING, {"event": "finite", "cursor": "g-5"})
    async with scripted(finite, stream(PING), WIPED) as server:
        _, connected = await followed(server)
    assert [query(asked) for asked in server.asked] == [
        "after=",
        "after=g-5&once=1",
        "after=g-5&once=1",
    ]
    assert False not in connected


async def test_where_streams_are_held_back_finite_ones_get_through() -> None:
    async with scripted(HOLD, WIPED) as server:
        kinds, _ = await followed(server)
    assert kinds == ["room-wiped"]
    assert [query(asked) for asked in server.asked] == ["after=", "after=&once=1"]


async def test_who_hears_of_a_removal_and_then_finds_no_seat_was_removed() -> None:
    removal = {"event": "member-removed", "cursor": "g-5", "nickname": "Ben", "by_nickname": "Ada"}
    async with scripted(stream(PING, removal), answer(404)) as server:
        with pytest.raises(Removed, match=r"^Ada has removed you from the room\."):
            await followed(server)


@pytest.mark.parametrize("after", ["another event", "a broken stream"])
async def test_what_happens_after_somebody_was_removed_is_no_removal_of_ours(after: str) -> None:
    removal = {"event": "member-removed", "cursor": "g-5", "by_nickname": "Ada"}
    later = {"event": "message-posted", "cursor": "g-6"}
    streams = {
        "another event": stream(PING, removal, later),
        "a broken stream": stream(PING, removal)[:-1].replace(b"Length: ", b"Length: 1"),
    }
    async with scripted(streams[after], answer(404)) as server:
        with pytest.raises(Gone) as gone:
            await followed(server)
    assert not isinstance(gone.value, Removed)


async def test_a_room_that_goes_on_after_somebody_was_removed_is_followed() -> None:
    removal = {"event": "member-removed", "cursor": "g-5", "by_nickname": "Ada"}
    async with scripted(stream(PING, removal), stream(), WIPED) as server:
        kinds, _ = await followed(server)
    assert kinds == ["ping", "member-removed", "room-wiped"]


async def test_a_seat_that_has_gone_ends_it() -> None:
    async with scripted(stream(PING), answer(404), WIPED) as server:
        with pytest.raises(Gone):
            await followed(server)
        assert len(server.asked) == 2
