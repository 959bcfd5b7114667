"""Which lines come out of an input, and which of them become one message."""

import asyncio

import pytest

from ephemera.domain.texts import read_text
from ephemera.terminal.lines import MOST_WAITING, Backlog, Splitter
from tests.support.patience import PATIENCE


def lines_of(content: bytes, chunk: int = 7) -> list[str]:
    splitter = Splitter()
    chunks = [content[at : at + chunk] for at in range(0, len(content), chunk)]
    lines = [line for part in chunks for line in splitter.feed(part)]
    return lines + splitter.feed(b"", final=True)


async def a_backlog(*lines: str) -> Backlog:
    backlog = Backlog()
    await backlog.put(list(lines), last=True)
    return backlog


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_lines_are_the_same_however_the_bytes_come(chunk: int) -> None:
    content = "eins\r\nzwei — ünö\n\n  drei\rvier\u2028fünf".encode()
    assert lines_of(content, chunk) == ["eins", "zwei — ünö", "  drei", "vier", "fünf"]


def test_lines_that_say_nothing_are_left_out() -> None:
    assert lines_of(b"one\n\n \t \n\x00\x1b\ntwo\n") == ["one", "two"]


def test_bytes_that_are_not_utf_8_do_not_stop_a_log() -> None:
    assert lines_of(b"a\xff\xfeb\nnext\n") == ["a��b", "next"]


@pytest.mark.parametrize("chunk", [1_000, 4_000, 16_384])
@pytest.mark.parametrize("length", [3_999, 4_000, 4_001, 8_000, 12_345])
def test_a_long_line_is_cut_into_messages_of_4000_characters(length: int, chunk: int) -> None:
    text = "".join(chr(0x1F600 + at % 50) for at in range(length))
    lines = lines_of(f"{text}\nshort\n".encode(), chunk)
    assert "".join(lines[:-1]) == text
    assert [len(line) for line in lines[:-2]] == [4_000] * (len(lines) - 2)
    assert lines[-1] == "short"
    for line in lines:
        assert read_text(line) == line


def test_a_line_without_end_takes_no_memory() -> None:
    splitter = Splitter()
    for _ in range(100):
        splitter.feed(b"x" * 16_384)
    assert len(splitter._rest) <= 4_000


async def test_a_message_is_filled_with_at_most_100_lines() -> None:
    backlog = await a_backlog(*(str(number) for number in range(250)))
    first = backlog.fill(await backlog.next())
    second = backlog.fill(await backlog.next())
    assert first == tuple(str(number) for number in range(100))
    assert second == tuple(str(number) for number in range(100, 200))
    assert len(backlog) == 50


async def test_a_message_is_filled_with_at_most_4000_characters() -> None:
    backlog = await a_backlog(*["x" * 999] * 9)
    text = "\n".join(backlog.fill(await backlog.next()))
    assert len(text) == 4 * 999 + 3
    assert read_text(text) == text


async def test_a_message_is_filled_to_the_last_character() -> None:
    backlog = await a_backlog("x" * 1_999, "y" * 2_000, "z")
    lines = backlog.fill(await backlog.next())
    assert len("\n".join(lines)) == 4_000
    assert len(backlog) == 1


async def test_filling_a_full_message_changes_nothing() -> None:
    backlog = await a_backlog("x" * 4_000, "y")
    full = await backlog.next()
    assert backlog.fill(full) == full


async def test_the_end_comes_after_the_last_line() -> None:
    backlog = await a_backlog("only")
    assert await backlog.next() == ("only",)
    assert await backlog.next() == ()


async def test_a_writer_waits_while_too_much_is_waiting() -> None:
    backlog = Backlog()
    await backlog.put(["x" * (MOST_WAITING - 1)])
    putting = asyncio.create_task(backlog.put(["the straw"]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not putting.done()
    await backlog.next()
    await asyncio.wait_for(putting, PATIENCE)
    assert await backlog.next() == ("the straw",)
