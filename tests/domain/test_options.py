"""How a room is run: what can be chosen, by whom, and what a change leaves as it was."""

from dataclasses import replace
from typing import Any

import pytest

from ephemera.domain.commands import Appoint, By, ChangeOptions, Command, Post, Resign
from ephemera.domain.decide import decide, open_room
from ephemera.domain.errors import Invalid, NoSuchRoom, NotHost, RoomFull
from ephemera.domain.events import Knocked, MemberReturned, MessagePosted, OptionsChanged
from ephemera.domain.presence import Lease, is_over
from ephemera.domain.rooms import GRACES, VANISHINGS, Options, Room
from tests.support.rooms import NOON, a_room, after, an_opening, joining, named


def change(by: str = "p1", **options: Any) -> By:  # noqa: ANN401 - of any type
    return By(by, ChangeOptions(**options))


def refused(room: Room, command: Command) -> tuple[str, str]:
    with pytest.raises(Invalid) as refusal:
        decide(room, command, NOON)
    return refusal.value.field, refusal.value.problem


GOOD: list[tuple[str, Any]] = [
    *(("capacity", seats) for seats in range(3, 8)),
    *(("grace", grace) for grace in GRACES if grace != 120),
    ("ask", True),
    ("newcomers", "later"),
    *(("vanish", seconds) for seconds in VANISHINGS if seconds),
]
BAD: list[tuple[str, Any, str]] = [
    *(("capacity", seats, "out-of-range") for seats in (-1, 0, 1, 9, 10**9)),
    *(("grace", grace, "not-a-choice") for grace in (-30, 0, 31, 7200)),
    *(("newcomers", word, "not-a-choice") for word in ("", "some", "ALL")),
    *(("vanish", seconds, "not-a-choice") for seconds in (-1, 1, 59, 86_400)),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_host_changes_one_option_and_the_others_stay(name: str, value: Any) -> None:  # noqa: ANN401 - the same
    room = a_room("Ben")
    changed, events = decide(room, change("p1", **{name: value}), NOON)
    options = replace(room.options, **{name: value})
    assert options != room.options
    assert changed.options == options
    assert events == (OptionsChanged(at=NOON, member=named(room, "Ada"), options=options),)


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_room_can_be_opened_with_it(name: str, value: Any) -> None:  # noqa: ANN401 - the same
    options = Options(**{name: value})
    room, (opened, *_) = open_room(an_opening(options=options), NOON)
    assert room.options == options
    assert getattr(opened, "options", None) == options


@pytest.mark.parametrize(("name", "value", "problem"), BAD)
def test_what_no_room_can_have_is_refused_at_opening_and_later(
    name: str,
    value: Any,  # noqa: ANN401 - the same
    problem: str,
) -> None:
    assert refused(a_room(), change("p1", **{name: value})) == (name, problem)
    with pytest.raises(Invalid) as refusal:
        open_room(an_opening(options=Options(**{name: value})), NOON)
    assert (refusal.value.field, refusal.value.problem) == (name, problem)


def test_several_change_in_one_step_or_none_of_them() -> None:
    room = a_room()
    wish: dict[str, Any] = {"capacity": 4, "grace": 30, "ask": True, "newcomers": "later"}
    assert after(room, change(**wish)).options == Options(**wish)
    assert refused(room, change(**wish, vanish=61)) == ("vanish", "not-a-choice")


def test_what_is_so_already_is_quiet() -> None:
    room = a_room("Ben")
    assert decide(room, change(), NOON) == (room, ())
    same = change(capacity=8, grace=120, ask=False, newcomers="all", vanish=0)
    assert decide(room, same, NOON) == (room, ())


def test_only_a_host_may() -> None:
    room = a_room("Ben")
    for member_id, refusal in (("p2", NotHost), ("p3", NoSuchRoom)):
        with pytest.raises(refusal):
            decide(room, change(member_id, ask=True), NOON)
    hosted = after(room, By("p1", Appoint(target="p2")))
    assert after(hosted, change("p2", ask=True)).options.ask
    former = after(hosted, By("p1", Resign()))
    with pytest.raises(NotHost):
        decide(former, change(ask=True), NOON)


def test_an_away_host_who_changes_something_is_back() -> None:
    room = a_room()
    away = replace(room, members=(replace(room.members[0], away_since=NOON),))
    returned, changed = decide(away, change(ask=True), NOON)[1]
    assert isinstance(returned, MemberReturned)
    assert isinstance(changed, OptionsChanged)
    assert changed.member.id == "p1"


def test_nobody_who_sits_loses_the_seat() -> None:
    room = a_room("Ben", "Cleo")
    assert after(room, change(capacity=3)).options.capacity == 3
    assert refused(room, change(capacity=2)) == ("capacity", "below-taken")


def test_fewer_seats_admit_fewer_and_more_admit_more() -> None:
    room = a_room("Ben")
    assert after(room, joining("Cleo")).members[-1].nickname == "Cleo"
    full = after(room, change(capacity=2))
    with pytest.raises(RoomFull):
        decide(full, joining("Cleo"), NOON)
    assert after(full, change(capacity=3), joining("Cleo")).members[-1].nickname == "Cleo"


def test_another_grace_holds_for_those_who_are_away_already() -> None:
    room = a_room("Ben")
    lease = Lease(NOON, NOON + 30)
    assert not is_over(room, lease, NOON + 60)
    assert is_over(after(room, change(grace=30)), lease, NOON + 60)
    assert not is_over(after(room, change(grace=900)), lease, NOON + 600)


def test_who_comes_by_the_code_asks_from_then_on() -> None:
    (knocked,) = decide(after(a_room(), change(ask=True)), joining("Ben"), NOON)[1]
    assert isinstance(knocked, Knocked)
    assert (
        after(a_room(), change(ask=True), change(ask=False), joining("Ben")).members[-1].nickname
        == "Ben"
    )


def test_messages_disappear_only_when_they_were_said_under_that_option() -> None:
    def said(room: Room) -> MessagePosted:
        (posted,) = decide(room, By("p1", Post(text="Hello")), NOON)[1]
        assert isinstance(posted, MessagePosted)
        return posted

    assert said(a_room()).expires_at is None
    vanishing = after(a_room(), change(vanish=300))
    assert said(vanishing).expires_at == NOON + 300
    spoken = after(vanishing, By("p1", Post(text="Hello")))
    traces = after(spoken, change(vanish=0)).traces
    assert [trace.expires_at for trace in traces.values()] == [NOON + 300]


# Newcomers


def test_a_newcomer_sees_all_or_only_what_comes_after() -> None:
    room = a_room("Ben")
    ben = after(room, joining("Cleo"))
    assert named(ben, "Cleo").horizon == 0
    later = after(room, change(newcomers="later"))
    cleo = named(after(later, joining("Cleo")), "Cleo")
    assert cleo.horizon == later.sequence


def test_the_option_changes_nothing_for_those_who_sit() -> None:
    room = after(a_room("Ben"), change(newcomers="later"), joining("Cleo"))
    before = [(member.nickname, member.horizon) for member in room.members]
    assert before[0] == ("Ada", 0)
    assert before[1] == ("Ben", 0)
    assert before[2][1] > 0
    back = after(room, change(newcomers="all"))
    assert [(member.nickname, member.horizon) for member in back.members] == before


def test_whoever_opens_the_room_sees_it_from_the_first_line() -> None:
    room, _ = open_room(an_opening(options=Options(newcomers="later")), NOON)
    assert room.members[0].horizon == 0


def test_becoming_a_host_shows_nothing_of_before() -> None:
    room = after(a_room(), change(newcomers="later"), joining("Ben"))
    horizon = named(room, "Ben").horizon
    assert horizon
    hosted = after(room, By("p1", Appoint(target="p2")))
    assert (named(hosted, "Ben").role, named(hosted, "Ben").horizon) == ("host", horizon)
