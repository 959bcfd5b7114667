"""Somebody else is faster: what was decided on an old room is decided again on the new one."""

import asyncio

import pytest

from ephemera.domain.errors import NicknameTaken, NoSuchRoom, NotHost, RoomFull, WrongCode
from ephemera.domain.rooms import Options
from ephemera.lobby.lobby import Admission
from tests.support.rooms import BusyEngine, FarEngine, Storey, a_storey


def two_houses() -> tuple[BusyEngine, Storey, Storey]:
    """Return two lobbies, as of two processes, on one engine."""
    engine = BusyEngine()
    return engine, a_storey(engine), a_storey(engine)


async def test_a_message_follows_the_one_that_was_faster() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    ben = await here.join(ada, "Ben")
    engine.faster = lambda: there.post(ben, "faster")
    sequence = await here.post(ada, "slower")
    assert sequence == ben.room.sequence + 2
    log = await engine.read(ada.room.id, ben.room.cursor)
    assert log
    assert [getattr(entry.event, "text", None) for entry in log] == ["faster", "slower"]


async def test_the_same_message_tried_twice_at_once_is_said_once() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    first: list[int] = []

    async def faster() -> None:
        first.append(await there.post(ada, "hello", "k"))

    engine.faster = faster
    assert await here.post(ada, "hello", "k") == first[0]
    assert (await here.room(ada)).sequence == first[0] == ada.room.sequence + 1


async def test_the_last_seat_goes_to_the_faster_one() -> None:
    engine, here, there = two_houses()
    ada = await here.open(capacity=2)
    engine.faster = lambda: there.join(ada, "Ben")
    with pytest.raises(RoomFull):
        await here.join(ada, "Cleo")
    assert [member.nickname for member in (await here.room(ada)).members] == ["Ada", "Ben"]


async def test_a_nickname_goes_to_the_faster_one() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    engine.faster = lambda: there.join(ada, "Ben")
    with pytest.raises(NicknameTaken):
        await here.join(ada, "BEN")


async def test_a_slower_join_gets_a_seat_of_its_own() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    engine.faster = lambda: there.join(ada, "Ben")
    cleo = await here.join(ada, "Cleo")
    assert cleo.member.nickname == "Cleo"
    assert (await here.seated(cleo)).member.id == "p3"


async def test_a_code_whose_room_is_wiped_in_that_moment_is_a_wrong_code() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    engine.faster = lambda: there.leave(ada)
    with pytest.raises(WrongCode):
        await here.join(ada, "Ben")
    assert await engine.count_rooms() == 0


async def test_nothing_is_said_in_a_room_that_is_wiped_in_that_moment() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    ben = await here.join(ada, "Ben")

    async def faster() -> None:
        await there.lobby.close(await there.seated(ada))

    engine.faster = faster
    with pytest.raises(NoSuchRoom):
        await here.post(ben, "hello")


async def test_a_successor_may_end_the_room_that_the_host_has_just_left() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    ben = await here.join(ada, "Ben")
    with pytest.raises(NotHost):
        await here.lobby.close(await here.seated(ben))
    engine.faster = lambda: there.leave(ada)
    await here.post(ben, "hello")
    await here.lobby.close(await here.seated(ben))
    assert await engine.count_rooms() == 0


async def test_two_who_leave_at_once_leave_an_end_behind() -> None:
    engine, here, there = two_houses()
    ada = await here.open()
    ben = await here.join(ada, "Ben")
    engine.faster = lambda: there.leave(ben)
    await here.leave(ada)
    assert await engine.count_rooms() == 0


async def admissions_of(storey: Storey, host: Admission, count: int) -> list[Admission]:
    answers = await asyncio.gather(
        *(storey.join(host, f"Guest {number}") for number in range(count)), return_exceptions=True
    )
    admissions = [answer for answer in answers if isinstance(answer, Admission)]
    refusals = {type(answer) for answer in answers if not isinstance(answer, Admission)}
    assert refusals == {RoomFull}
    return admissions


@pytest.mark.parametrize("far", [False, True])
async def test_two_thousand_joins_at_once_take_exactly_the_seats_there_are(
    far: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    storey = a_storey(FarEngine() if far else None, rate_limits=not far)
    ada = await storey.open(capacity=8)
    admitted = await admissions_of(storey, ada, 2000)
    room = await storey.room(ada)
    assert len(admitted) == 7
    assert len(room.members) == len(room.seats) == 8
    assert {a.member.id for a in admitted} | {"p1"} == {member.id for member in room.members}
    for admission in admitted:
        assert (await storey.seated(admission)).member == admission.member


async def test_what_was_meant_for_one_room_is_not_done_in_the_next_of_its_id() -> None:
    """Who opens a room again with the key of one that is gone gets its id."""
    engine, here, there = two_houses()
    options, key = Options(capacity=8), "a key of sixteen"
    ada = await here.lobby.open("Ada", options, "visitor", key)

    async def end_and_open_again() -> None:
        await there.lobby.close(await there.seated(ada))
        there.clock.turn(1)
        again = await there.lobby.open("Ada", options, "visitor", key)
        assert again.room.id == ada.room.id

    engine.faster = end_and_open_again
    with pytest.raises(NoSuchRoom):
        await here.post(ada, "for the room that was")
