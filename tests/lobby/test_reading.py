"""What a page shows, and that to look at it is a sign of life."""

import pytest

from ephemera.domain.commands import ChangeOptions
from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.events import MemberReturned, MessagePosted
from tests.support.rooms import a_storey


async def test_everything_up_to_the_cursor_is_read_and_who_reads_is_here() -> None:
    storey = a_storey()
    ada = await storey.open_met("Ada")
    await storey.post(ada, "hello")
    storey.clock.turn(60)
    await storey.reaper.reap_due()
    member = await storey.member(ada)
    assert member
    assert member.away_since, "the premise: nobody was here for a while"
    room, lines = await storey.reading.all_of(await storey.seated(ada))
    assert room.members[0].away_since is None
    assert [line.event.text for line in lines if isinstance(line.event, MessagePosted)] == ["hello"]
    assert not [line for line in lines if isinstance(line.event, MemberReturned)], "it has no line"


async def test_who_comes_later_reads_nothing_older_where_that_is_so() -> None:
    storey = a_storey()
    ada = await storey.open("Ada")
    await storey.act(ada, ChangeOptions(newcomers="later"))
    await storey.post(ada, "before")
    ben = await storey.join(ada, "Ben")
    await storey.post(ada, "after")
    _, lines = await storey.reading.all_of(await storey.seated(ben))
    said = [line.event.text for line in lines if isinstance(line.event, MessagePosted)]
    assert said == ["after"]


@pytest.mark.parametrize("others", [True, False], ids=["the room lives", "the room is gone"])
async def test_who_has_left_reads_nothing(*, others: bool) -> None:
    storey = a_storey()
    ada = await storey.open("Ada")
    if others:
        await storey.join(ada, "Ben")
    seated = await storey.seated(ada)
    await storey.leave(ada)
    with pytest.raises(NoSuchRoom):
        await storey.reading.all_of(seated)


async def test_rooms_are_counted() -> None:
    storey = a_storey()
    for name in ("Ada", "Ben"):
        await storey.open(name)
    assert await storey.lobby.count_rooms() == 2
