"""Signs of life, and who is announced to be back."""

from collections.abc import Sequence

from ephemera.domain.log import Entry
from ephemera.domain.presence import Lease
from ephemera.lobby.lobby import Admission
from tests.support.rooms import NOON, BusyEngine, Storey, a_storey


def ears(storey: Storey) -> list[str]:
    """Return the list into which the names of all later events go."""
    heard: list[str] = []

    def hear(_: str, entries: Sequence[Entry]) -> None:
        heard.extend(entry.event.name for entry in entries)

    storey.engine.listen(hear)
    return heard


async def away(storey: Storey) -> tuple[Admission, Admission]:
    """Return Ada, who is here, and Ben, who is away."""
    ada = await storey.open()
    ben = await storey.join(ada, "Ben")
    storey.clock.turn(35)
    await storey.presence.renew(ada.room.id, ada.member.id)
    assert await storey.reaper.reap_due() == 1
    member = await storey.member(ben)
    assert member
    assert member.away_since == NOON
    return ada, ben


async def lease_of(storey: Storey, admission: Admission) -> Lease:
    snapshot = await storey.load(admission)
    assert snapshot
    return snapshot.leases[admission.member.id]


async def test_a_sign_of_life_renews_the_lease_without_a_word() -> None:
    storey = a_storey()
    ada = await storey.open()
    heard = ears(storey)
    storey.clock.turn(10)
    await storey.presence.renew(ada.room.id, ada.member.id)
    assert await lease_of(storey, ada) == Lease.renewed(NOON + 10)
    assert heard == []


async def test_a_return_is_announced_once() -> None:
    storey = a_storey()
    _, ben = await away(storey)
    heard = ears(storey)
    for _ in range(3):
        await storey.presence.renew(ben.room.id, ben.member.id)
    assert heard == ["member-returned"]
    member = await storey.member(ben)
    assert member
    assert member.away_since is None


async def test_whoever_lingers_is_missed_soon() -> None:
    storey = a_storey()
    ada = await storey.open()
    await storey.presence.linger(ada.room.id, ada.member.id, NOON + 3)
    assert await lease_of(storey, ada) == Lease.lingering(NOON + 3)


async def test_to_renew_what_is_gone_is_no_error() -> None:
    storey = a_storey()
    ada = await storey.open()
    ben = await storey.join(ada, "Ben")
    heard = ears(storey)
    await storey.leave(ben)
    await storey.presence.renew(ada.room.id, ben.member.id)
    await storey.presence.linger(ada.room.id, ben.member.id, NOON)
    await storey.leave(ada)
    await storey.presence.renew(ada.room.id, ada.member.id)
    await storey.presence.renew("unknown", "p1")
    assert heard == ["member-left", "member-left", "room-wiped"]


async def test_a_return_to_a_room_that_is_wiped_in_that_moment_is_no_error() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada, ben = await away(storey)
    heard = ears(storey)

    async def faster() -> None:
        await storey.lobby.close(await storey.seated(ada))

    engine.faster = faster
    await storey.presence.renew(ben.room.id, ben.member.id)
    assert heard == ["room-wiped"]


async def test_two_signs_of_life_at_once_are_announced_once() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    _, ben = await away(storey)
    heard = ears(storey)
    engine.faster = lambda: a_storey(engine, clock=storey.clock).presence.renew(
        ben.room.id, ben.member.id
    )
    await storey.presence.renew(ben.room.id, ben.member.id)
    assert heard == ["member-returned"]
