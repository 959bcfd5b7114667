"""What goes on and on is told once in a while."""

import asyncio
import errno

import pytest

from ephemera import logs
from ephemera.logs import on_loop_error
from ephemera.server.faults import SELDOM_SECONDS, Seldom
from tests.support.clock import FakeClock


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
async def test_running_out_of_descriptors_or_memory_is_one_line_a_minute(
    number: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, loop = FakeClock(), asyncio.get_running_loop()
    monkeypatch.setattr(logs, "_exhausted", Seldom(clock))
    for _ in range(3):
        for _ in range(1_000):
            on_loop_error(loop, {"exception": OSError(number, "as the kernel says it")})
        clock.turn(SELDOM_SECONDS)
    sentence = "Out of descriptors or memory: new connections wait until others have ended."
    assert [record.getMessage() for record in caplog.records] == [sentence] * 3


async def test_another_error_of_the_system_is_always_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(3):
        on_loop_error(loop, {"exception": OSError(errno.EBADF, "bad")})
    assert len(caplog.records) == 3
