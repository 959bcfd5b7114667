"""Leaving asks first when it ends or hands over something, and only then."""

from dataclasses import replace

import pytest

from ephemera.domain.commands import Appoint, By, Leave
from ephemera.domain.decide import decide
from ephemera.domain.errors import LeavingErases, LeavingHandsOver
from ephemera.domain.rooms import Room
from tests.support.rooms import NOON, a_room, joining, named


def leaving(room: Room, nickname: str, sure: str = "no") -> Room:
    return decide(room, By(named(room, nickname).id, Leave(sure=sure)), NOON)[0]


def test_the_last_one_is_asked_before_the_room_is_erased() -> None:
    with pytest.raises(LeavingErases) as question:
        leaving(a_room(), "Ada")
    assert leaving(a_room(), "Ada", question.value.sure).wiped


def test_the_only_host_is_asked_and_told_who_becomes_the_host() -> None:
    room = a_room("Ben", "Cleo")
    muted = replace(
        room, members=(room.members[0], replace(room.members[1], muted=True), room.members[2])
    )
    for now, heir in ((room, "Ben"), (muted, "Cleo")):
        with pytest.raises(LeavingHandsOver) as question:
            leaving(now, "Ada")
        assert question.value.nickname == heir
        left = leaving(now, "Ada", question.value.sure)
        assert named(left, heir).role == "host"


def test_everybody_else_leaves_at_once() -> None:
    room = a_room("Ben", "Cleo")
    assert len(leaving(room, "Ben").members) == 2
    two, _ = decide(room, By("p1", Appoint(target="p2")), NOON)
    assert len(leaving(two, "Ada").members) == 2


def test_who_says_nothing_of_it_leaves_whatever_comes_of_it() -> None:
    assert leaving(a_room(), "Ada", "yes").wiped
    assert named(leaving(a_room("Ben"), "Ada", "yes"), "Ben").role == "host"


def test_who_was_asked_about_something_else_is_asked_again() -> None:
    room = a_room("Ben", "Cleo")
    with pytest.raises(LeavingErases):
        leaving(a_room(), "Ada", "p2")
    with pytest.raises(LeavingHandsOver):
        leaving(room, "Ada", "erases")
    without_ben = leaving(room, "Ben")
    with pytest.raises(LeavingHandsOver) as question:
        leaving(without_ben, "Ada", "p2")
    assert question.value.nickname == "Cleo"
    with pytest.raises(LeavingErases):
        leaving(leaving(without_ben, "Cleo"), "Ada", "p3")
    joined, _ = decide(a_room(), joining("Ben"), NOON)
    with pytest.raises(LeavingHandsOver):
        leaving(joined, "Ada", "erases")


@pytest.mark.parametrize("sure", ["", "YES", "p", "p99", "\0", "x" * 10_000])
def test_what_answers_no_question_is_no_yes(sure: str) -> None:
    with pytest.raises(LeavingErases):
        leaving(a_room(), "Ada", sure)
