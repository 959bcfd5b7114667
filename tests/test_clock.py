"""What is decided goes by a clock that never jumps; what is shown, by the one on the wall."""

from collections.abc import Iterator
from typing import Final

import pytest

from ephemera.clock import SteadyClock, shown, since_boot
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.reaper import Reaper
from tests.support.asking import BROWSER
from tests.support.cast import House
from tests.support.machine import Machine
from tests.support.rooms import DAY

BEFORE_IT_WAS_SET: Final = 86_400.0 * 2
"""What a machine without a battery takes the time for when it starts: the third of January 1970."""
YEARS: Final = 56 * 365 * DAY


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine(BEFORE_IT_WAS_SET)
    yield machine
    SteadyClock().look()  # the wall is that of this process again


def test_what_the_time_goes_by_is_never_set(machine: Machine) -> None:
    clock = machine.clock
    began = clock()
    for set_to in (YEARS, 0.0, BEFORE_IT_WAS_SET):
        machine.wall.now = set_to
        clock.look()
        assert clock() == began
    machine.passes(10)
    assert clock() == began + 10


def test_what_is_shown_is_right_for_before_the_clock_was_set_too(machine: Machine) -> None:
    opened_at = machine.clock()
    machine.passes(60)
    machine.wall.now += YEARS
    machine.clock.look()
    assert shown(machine.clock()) == machine.wall.now
    assert shown(opened_at) == machine.wall.now - 60
    machine.wall.now -= YEARS
    machine.clock.look()
    assert shown(opened_at) == opened_at


def test_a_clock_that_drifts_is_not_corrected_with_every_look(machine: Machine) -> None:
    for _ in range(9):
        machine.passes(10)
        machine.wall.turn(0.1)
        machine.clock.look()
        assert shown(1.0) == 1.0
    machine.wall.turn(0.2)
    machine.clock.look()
    assert shown(1.0) == pytest.approx(2.1)


def test_the_time_in_which_the_machine_is_suspended_counts(machine: Machine) -> None:
    began = machine.clock()
    machine.sleeps(3_600)
    assert machine.clock() == began + 3_600
    machine.clock.look()
    assert shown(began) == began, "the wall went on, too"


def test_here_it_counts_from_the_start_of_the_machine() -> None:
    assert since_boot() <= since_boot()


@pytest.mark.parametrize("jump", [YEARS, -BEFORE_IT_WAS_SET, 3_600.0, -3_600.0])
async def test_a_clock_that_is_set_reaps_nothing_and_keeps_the_order_of_the_log(
    machine: Machine, jump: float
) -> None:
    house = House(MemoryEngine(machine.clock), clock=machine.clock)
    ada, room = await house.open_room("Ada")
    await ada.say(room["id"], "before")
    machine.passes(2)
    machine.wall.now += jump
    assert await Reaper(house.engine, machine.clock).reap_due() == 0
    await ada.say(room["id"], "after")
    kept = [entry.event.at for entry in await house.engine.read(room["id"], None) or ()]
    assert len(kept) >= 4
    assert kept == sorted(kept)


async def test_every_time_that_is_shown_follows_the_clock_that_was_set(machine: Machine) -> None:
    house = House(MemoryEngine(machine.clock), clock=machine.clock)
    ada, room = await house.open_room("Ada", vanish="3600")
    await ada.say(room["id"], "before")
    path = f"/rooms/{room['id']}"
    assert 'datetime="1970-01-03' in (await ada.get(path, BROWSER)).text
    machine.wall.now += YEARS
    await Reaper(house.engine, machine.clock).reap_due()
    for address in (path, f"{path}/events?once=1"):
        text = (await ada.get(address, BROWSER)).text
        assert "1970" not in text
        assert 'datetime="2025-12-20' in text
        assert f'data-at="{machine.wall.now}' in text
    lines = (await ada.get(f"{path}/json?once=1")).text
    assert f'"at":{machine.wall.now}' in lines
    assert f'"expires_at":{machine.wall.now + 3_600}' in lines
    assert '"at":172' not in lines


async def test_nobody_is_late_who_could_not_come_while_the_machine_slept(
    machine: Machine,
) -> None:
    house = House(MemoryEngine(machine.clock), clock=machine.clock)
    ada, room = await house.open_room("Ada")
    await house.join(room["code"], "Ben")
    reaper = Reaper(house.engine, machine.clock)
    machine.sleeps(3_600)
    assert await reaper.reap_due() == 0
    machine.passes(29)
    assert await reaper.reap_due() == 0
    assert (await ada.get(f"/rooms/{room['id']}", BROWSER)).status == 200
    machine.passes(2)
    assert await reaper.reap_due() == 1
    kept = await house.engine.load(room["id"])
    assert kept
    assert [member.nickname for member in kept.room.members] == ["Ada"]
