"""Who may open a room: anybody, nobody just now, or who knows one of the operator's keys."""

import os
import stat
from pathlib import Path

import pytest

from ephemera.domain.errors import Invalid, KeyNeeded, Paused, TooMany
from ephemera.domain.rooms import Options
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.keyring import KeysUnfit
from tests.support.rooms import Storey, a_storey

KEY = "correct-horse-battery"
OTHER = "staple-of-another-kind"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    write(file, f"# who may open rooms\n\nada {KEY}\nben {OTHER}\n")
    return file


def write(file: Path, text: str | bytes) -> None:
    """Put the file in the place of the one before it, as an editor does."""
    new = file.with_suffix(".new")
    new.write_bytes(text if isinstance(text, bytes) else text.encode())
    new.chmod(0o600)
    new.rename(file)


def remove(file: Path) -> None:
    file.unlink()


async def opens(storey: Storey, key: str = "") -> bool:
    try:
        await storey.lobby.open("Ada", Options(), "visitor", opening_key=key)
    except KeyNeeded:
        return False
    return True


async def test_by_itself_a_house_is_open_to_anybody() -> None:
    storey = a_storey()
    assert await opens(storey)
    assert (storey.opening.paused, storey.opening.needs_key) == (None, False)


async def test_nobody_opens_a_room_while_the_house_is_paused() -> None:
    storey = a_storey(opening=("Back on Monday.", None))
    with pytest.raises(Paused) as refused:
        await storey.lobby.open("", Options(), "visitor")
    assert refused.value.why == "Back on Monday."


async def test_a_room_is_joined_while_nobody_may_open_one() -> None:
    engine = MemoryEngine()
    ada = await a_storey(engine).open("Ada")
    paused = a_storey(engine, opening=("We upgrade.", None))
    assert await paused.seated(await paused.join(ada, "Ben"))


async def test_who_knows_a_key_opens_rooms_and_nobody_else(file: Path) -> None:
    storey = a_storey(opening=(None, file))
    assert await opens(storey, KEY)
    assert await opens(storey, OTHER)
    for wrong in ("", "ada", KEY[:-1], KEY.upper(), f"ada {KEY}", "#", "\ud800", "k" * 5_000):
        assert not await opens(storey, wrong), wrong


async def test_who_knows_no_key_is_told_nothing_of_what_else_was_wrong(file: Path) -> None:
    storey = a_storey(opening=(None, file))
    with pytest.raises(KeyNeeded):
        await storey.lobby.open("", Options(), "visitor", opening_key="wrong")
    with pytest.raises(Invalid):
        await storey.lobby.open("", Options(), "visitor", opening_key=KEY)


async def test_wrong_keys_have_a_budget_and_right_ones_spend_none_of_it(file: Path) -> None:
    storey = a_storey(opening=(None, file), rate_limits=True)
    for _ in range(20):
        with pytest.raises(Invalid):
            await storey.lobby.open("", Options(), "visitor", opening_key=KEY)
    for _ in range(10):
        assert not await opens(storey, "wrong")
    with pytest.raises(TooMany):
        await opens(storey, "wrong")
    with pytest.raises(TooMany):
        await opens(storey, KEY)
    assert (await storey.lobby.open("Ben", Options(), "another", opening_key=KEY)).token


async def test_a_key_is_withdrawn_and_another_added_while_the_house_stands(file: Path) -> None:
    storey = a_storey(opening=(None, file))
    assert await opens(storey, KEY)
    write(file, f"ben {OTHER}\ncleo {'c' * 16}\n")
    assert not await opens(storey, KEY)
    assert await opens(storey, "c" * 16)


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        f"ada {KEY} more",
        "ada short",
        f"ada {'k' * 257}",
        b"ada \xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe",
        f"ada {KEY}\n" * 5_000,
    ],
)
async def test_a_file_that_is_no_list_of_keys_stops_the_start_and_changes_nothing_later(
    file: Path, text: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    storey = a_storey(opening=(None, file))
    write(file, text)
    with pytest.raises(KeysUnfit, match=r"^The file of keys that open rooms .*\.$") as refused:
        a_storey(opening=(None, file))
    for _ in range(3):
        assert await opens(storey, KEY)
    assert len(caplog.records) == 1, "it is said once"
    for told in (str(refused.value), caplog.text):
        assert KEY not in told
        assert "short" not in told


async def test_a_file_that_is_gone_stops_the_start_and_changes_nothing_later(file: Path) -> None:
    storey = a_storey(opening=(None, file))
    remove(file)
    assert await opens(storey, KEY)
    with pytest.raises(KeysUnfit, match="cannot be read"):
        a_storey(opening=(None, file))
    write(file, f"ben {OTHER}")
    assert not await opens(storey, KEY)


def test_a_file_that_everybody_can_read_is_warned_of(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert not file.stat().st_mode & stat.S_IROTH
    a_storey(opening=(None, file))
    assert not caplog.records
    file.chmod(0o644)
    a_storey(opening=(None, file))
    assert "Everybody on this machine can read the keys" in caplog.text


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(KeysUnfit, match="cannot be read"):
        a_storey(opening=(None, file))
