"""What a page shows, and that to look at it is a sign of life."""

import pytest

from ephemera.domain.commands import ChangeOptions
from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.events import MemberReturned, MessagePosted
from tests.support.rooms import a_house


async def test_everything_up_to_the_cursor_is_read_and_who_reads_is_here() -> None:
    house = a_house()
    ada = await house.open_met("Ada")
    await house.post(ada, "hello")
    house.clock.turn(60)
    await house.reaper.reap_due()
    member = await house.member(ada)
    assert member
    assert member.away_since, "the premise: nobody was here for a while"
    room, lines = await house.reading.all_of(await house.seated(ada))
    assert room.members[0].away_since is None
    assert [line.event.text for line in lines if isinstance(line.event, MessagePosted)] == ["hello"]
    assert not [line for line in lines if isinstance(line.event, MemberReturned)], "it has no line"


async def test_who_comes_later_reads_nothing_older_where_that_is_so() -> None:
    house = a_house()
    ada = await house.open("Ada")
    await house.act(ada, ChangeOptions(newcomers="later"))
    await house.post(ada, "before")
    ben = await house.join(ada, "Ben")
    await house.post(ada, "after")
    _, lines = await house.reading.all_of(await house.seated(ben))
    said = [line.event.text for line in lines if isinstance(line.event, MessagePosted)]
    assert said == ["after"]


@pytest.mark.parametrize("others", [True, False], ids=["the room lives", "the room is gone"])
async def test_who_has_left_reads_nothing(*, others: bool) -> None:
    house = a_house()
    ada = await house.open("Ada")
    if others:
        await house.join(ada, "Ben")
    seated = await house.seated(ada)
    await house.leave(ada)
    with pytest.raises(NoSuchRoom):
        await house.reading.all_of(seated)


async def test_rooms_are_counted() -> None:
    house = a_house()
    for name in ("Ada", "Ben"):
        await house.open(name)
    assert await house.lobby.count_rooms() == 2
