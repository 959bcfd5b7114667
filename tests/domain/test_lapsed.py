"""A place that was lost because the grace was over can be taken again, by its token alone."""

from dataclasses import replace

import pytest

from ephemera.domain.commands import (
    By,
    ChangeOptions,
    Close,
    ComeBack,
    Command,
    Leave,
    Lock,
    Mute,
    Remove,
    Rotate,
)
from ephemera.domain.decide import decide
from ephemera.domain.errors import Locked, NoSuchRoom, Removed, RoomFull
from ephemera.domain.events import MemberJoined, MemberRemoved
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import MOST_LAPSED, Room
from tests.support.rooms import NOON, a_room, after, joining, named, swept

BACK = ComeBack(digest="Ben's new digest", previous="Ben's digest")


def without(room: Room, *nicknames: str) -> Room:
    """Return the room when these have been away for too long."""
    away = {named(room, nickname).id: Lease(NOON, NOON) for nickname in nicknames}
    return swept(room, NOON + 999, **away)[0]


def a_room_that_ben_lost(*before: Command) -> Room:
    return without(after(a_room("Ben", "Cleo"), *before), "Ben")


def test_who_was_away_too_long_takes_the_place_again_under_the_same_name() -> None:
    room = a_room_that_ben_lost()
    assert room.lapse_of("Ben's digest")
    back, events = decide(room, BACK, NOON)
    assert [type(event) for event in events] == [MemberJoined]
    ben = named(back, "Ben")
    assert back.holder_of("Ben's new digest") == ben
    assert (ben.role, ben.muted, ben.id) == ("member", False, "p4")
    assert back.lapsed == {}
    with pytest.raises(NoSuchRoom):
        decide(back, BACK, NOON)


def test_the_code_is_not_asked_for_and_may_have_changed() -> None:
    changed = after(a_room_that_ben_lost(), By("p1", Rotate(code="another")))
    assert named(after(changed, BACK), "Ben").id == "p4"


def test_who_was_muted_is_muted_still() -> None:
    room = a_room_that_ben_lost(By("p1", Mute(target="p2")))
    assert named(after(room, BACK), "Ben").muted


def test_who_left_or_was_removed_has_lost_no_place() -> None:
    for end in (By("p2", Leave()), By("p1", Remove(target="p2"))):
        room = after(a_room("Ben", "Cleo"), end)
        assert room.lapsed == {}
        with pytest.raises(NoSuchRoom):
            decide(room, BACK, NOON)


def test_a_full_or_a_locked_room_says_so_and_an_asking_one_lets_them_knock() -> None:
    room = a_room_that_ben_lost()
    with pytest.raises(RoomFull):
        decide(replace(room, options=replace(room.options, capacity=2)), BACK, NOON)
    with pytest.raises(Locked):
        decide(after(room, By("p1", Lock())), BACK, NOON)
    asking = after(room, By("p1", ChangeOptions(ask=True)), BACK)
    assert [knock.nickname for knock in asking.knocks] == ["Ben"]
    assert (asking.knock_of("Ben's new digest"), asking.lapsed) == (asking.knocks[0], {})


@pytest.mark.parametrize("code", [None, "another"])
def test_who_is_removed_when_they_have_just_lost_their_place_cannot_come_back(
    code: str | None,
) -> None:
    room, events = decide(a_room_that_ben_lost(), By("p1", Remove(target="p2", code=code)), NOON)
    assert isinstance(events[0], MemberRemoved)
    assert events[0].member.nickname == "Ben"
    with pytest.raises(NoSuchRoom):
        decide(room, BACK, NOON)
    again = replace(joining("Ben", previous="Ben's digest"), code=room.code, digest="new")
    with pytest.raises(Removed):
        decide(room, again, NOON)


def test_who_comes_back_by_the_code_has_no_lost_place_any_more() -> None:
    again = replace(joining("Ben", previous="Ben's digest"), digest="new")
    assert after(a_room_that_ben_lost(), again).lapsed == {}


def test_a_host_who_was_away_too_long_comes_back_as_a_member() -> None:
    room = without(a_room("Ben", "Cleo"), "Ada")
    back = after(room, ComeBack(digest="new", previous="Ada's digest"))
    assert (named(back, "Ada").role, named(back, "Ben").role) == ("member", "host")


def test_only_the_newest_lost_places_are_remembered_and_none_after_the_wipe() -> None:
    room = a_room("Cleo")
    for number in range(MOST_LAPSED + 1):
        room = without(after(room, joining(f"Guest {number}")), f"Guest {number}")
    assert len(room.lapsed) == MOST_LAPSED
    assert room.lapse_of("Guest 0's digest") is None
    assert room.lapse_of("Guest 1's digest")
    assert after(room, By("p1", Close())).lapsed == {}


def test_no_secret_of_a_lost_place_is_shown() -> None:
    room = a_room_that_ben_lost()
    assert "Ben's digest" not in f"{room!r} {room.lapsed!r} {BACK!r}"
