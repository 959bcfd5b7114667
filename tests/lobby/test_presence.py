"""Signs of life, and who is announced to be back."""

from collections.abc import Sequence

from ephemera.domain.log import Entry
from ephemera.domain.presence import Lease
from ephemera.lobby.lobby import Admission
from tests.support.rooms import NOON, BusyEngine, House, a_house


def ears(house: House) -> list[str]:
    """Return the list into which the names of all later events go."""
    heard: list[str] = []

    def hear(_: str, entries: Sequence[Entry]) -> None:
        heard.extend(entry.event.name for entry in entries)

    house.engine.listen(hear)
    return heard


async def away(house: House) -> tuple[Admission, Admission]:
    """Return Ada, who is here, and Ben, who is away."""
    ada = await house.open()
    ben = await house.join(ada, "Ben")
    house.clock.turn(35)
    await house.presence.renew(ada.room.id, ada.member.id)
    assert await house.reaper.reap_due() == 1
    member = await house.member(ben)
    assert member
    assert member.away_since == NOON
    return ada, ben


async def lease_of(house: House, admission: Admission) -> Lease:
    snapshot = await house.load(admission)
    assert snapshot
    return snapshot.leases[admission.member.id]


async def test_a_sign_of_life_renews_the_lease_without_a_word() -> None:
    house = a_house()
    ada = await house.open()
    heard = ears(house)
    house.clock.turn(10)
    await house.presence.renew(ada.room.id, ada.member.id)
    assert await lease_of(house, ada) == Lease.renewed(NOON + 10)
    assert heard == []


async def test_a_return_is_announced_once() -> None:
    house = a_house()
    _, ben = await away(house)
    heard = ears(house)
    for _ in range(3):
        await house.presence.renew(ben.room.id, ben.member.id)
    assert heard == ["member-returned"]
    member = await house.member(ben)
    assert member
    assert member.away_since is None


async def test_whoever_lingers_is_missed_soon() -> None:
    house = a_house()
    ada = await house.open()
    await house.presence.linger(ada.room.id, ada.member.id, NOON + 3)
    assert await lease_of(house, ada) == Lease.lingering(NOON + 3)


async def test_to_renew_what_is_gone_is_no_error() -> None:
    house = a_house()
    ada = await house.open()
    ben = await house.join(ada, "Ben")
    heard = ears(house)
    await house.leave(ben)
    await house.presence.renew(ada.room.id, ben.member.id)
    await house.presence.linger(ada.room.id, ben.member.id, NOON)
    await house.leave(ada)
    await house.presence.renew(ada.room.id, ada.member.id)
    await house.presence.renew("unknown", "p1")
    assert heard == ["member-left", "member-left", "room-wiped"]


async def test_a_return_to_a_room_that_is_wiped_in_that_moment_is_no_error() -> None:
    engine = BusyEngine()
    house = a_house(engine)
    ada, ben = await away(house)
    heard = ears(house)

    async def faster() -> None:
        await house.lobby.close(await house.seated(ada))

    engine.faster = faster
    await house.presence.renew(ben.room.id, ben.member.id)
    assert heard == ["room-wiped"]


async def test_two_signs_of_life_at_once_are_announced_once() -> None:
    engine = BusyEngine()
    house = a_house(engine)
    _, ben = await away(house)
    heard = ears(house)
    engine.faster = lambda: a_house(engine, clock=house.clock).presence.renew(
        ben.room.id, ben.member.id
    )
    await house.presence.renew(ben.room.id, ben.member.id)
    assert heard == ["member-returned"]
