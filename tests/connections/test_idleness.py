"""How long a connection may be idle, also when nothing here had a turn for a while."""

import asyncio

import pytest

from ephemera.server.idleness import Idleness


async def a_turn() -> None:
    """Let every timer that is due do its work."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_whoever_is_silent_while_we_slept_gets_their_time_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, passed, ended = asyncio.get_running_loop(), 0.0, asyncio.Event()
    began = loop.time()
    monkeypatch.setattr(loop, "time", lambda: began + passed)
    Idleness(5.0, ended.set).begin()
    passed = 4.9
    await a_turn()
    assert not ended.is_set()
    passed = 7.0  # two seconds late
    await a_turn()
    assert not ended.is_set()
    passed = 12.5  # half a second late: that happens
    await a_turn()
    assert ended.is_set()
