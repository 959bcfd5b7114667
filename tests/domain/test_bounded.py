"""What outsiders can run up in a room is bounded, and runs down again."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Final, get_origin

import pytest

from ephemera.domain.commands import (
    AnswerKnock,
    By,
    ChangeOptions,
    Command,
    Invite,
    Join,
    Leave,
    Mute,
    Remove,
    Withdraw,
)
from ephemera.domain.decide import decide
from ephemera.domain.errors import NicknameTaken
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import (
    MOST_BANNED,
    MOST_CLOSED_INVITATIONS,
    MOST_FORMER_NAMES,
    MOST_INVITATIONS,
    MOST_KNOCKS,
    MOST_LAPSED,
    MOST_SEATS,
    MOST_SILENCED,
    MOST_TRACES,
    Room,
)
from tests.support.rooms import NOON, a_room, after, joining, swept

ROUNDS: Final = 450
FACES: Final = 3
"""A name has as many at most."""

BOUNDS: Final[Mapping[str, int]] = {
    "members": MOST_SEATS,
    "seats": MOST_SEATS,
    "knocks": MOST_KNOCKS,
    "knockers": MOST_KNOCKS,
    "turned_away": MOST_KNOCKS,
    "invitations": MOST_INVITATIONS,
    "words": MOST_INVITATIONS + MOST_CLOSED_INVITATIONS,
    "traces": MOST_TRACES,
    "reserved": FACES * (MOST_FORMER_NAMES + MOST_SEATS + MOST_KNOCKS),
    "lapsed": MOST_LAPSED,
    "banned": MOST_BANNED,
    "silenced": MOST_SILENCED,
}
"""How many a room keeps at most of everything that it keeps several of."""


def newest(room: Room) -> str:
    return room.members[-1].id


def test_every_collection_of_a_room_has_its_bound() -> None:
    several = {
        field.name
        for field in fields(Room)
        if get_origin(field.type) is tuple or "Mapping" in str(field.type)
    }
    assert several == set(BOUNDS)


def come_and_go(room: Room, number: int) -> Room:
    room = after(room, joining(f"Guest {number}"))
    return after(room, By(newest(room), Leave()))


def come_and_be_removed(room: Room, number: int) -> Room:
    room = after(room, joining(f"Guest {number}"))
    target = newest(room)
    return after(room, By("p1", Mute(target=target)), By("p1", Remove(target=target)))


def come_and_stay_away(room: Room, number: int) -> Room:
    room = after(room, joining(f"Guest {number}"))
    return swept(room, NOON + 999, **{newest(room): Lease(NOON, NOON)})[0]


def knock_in_vain(room: Room, number: int) -> Room:
    room = after(room, By("p1", ChangeOptions(ask=True)), joining(f"K {number}"))
    knock = room.knocks[-1].id
    away: Command = Withdraw(knock_id=knock)
    if number % 2:
        away = By("p1", AnswerKnock(knock=knock, admit=False))
    return after(room, away, By("p1", ChangeOptions(ask=False)))


def be_invited(room: Room, number: int) -> Room:
    word = f"word {number}"
    room = after(room, By("p1", Invite(digest=word)))
    come = Join(nickname=f"Guest {number}", digest=f"digest {number}", word=word)
    room = after(room, come)
    return after(room, By(newest(room), Leave()))


@pytest.mark.parametrize(
    "what", [come_and_go, come_and_be_removed, come_and_stay_away, knock_in_vain, be_invited]
)
def test_whatever_outsiders_do_runs_nothing_up_for_ever(
    what: Callable[[Room, int], Room],
) -> None:
    room = a_room("Ben")
    for number in range(ROUNDS):
        room = what(room, number)
    assert {
        name: len(getattr(room, name)) for name in BOUNDS if len(getattr(room, name)) > BOUNDS[name]
    } == {}
    assert after(room, joining("Cleo")).members[-1].nickname == "Cleo"


def test_a_room_is_never_closed_to_newcomers_by_its_history() -> None:
    room = a_room("Ben", capacity=3)
    for number in range(2 * MOST_FORMER_NAMES):
        room = come_and_go(room, number)
    assert room.admitted > 2 * MOST_FORMER_NAMES
    assert after(room, joining("Cleo")).members[-1].nickname == "Cleo"


def mallory_as(nickname: str) -> Join:
    return Join(nickname=nickname, digest="Mallory's digest", code=a_room().code)


def test_the_newest_former_names_stay_reserved_and_older_ones_are_forgotten() -> None:
    room = come_and_go(a_room("Ben"), 0)
    for number in range(1, MOST_FORMER_NAMES):
        room = come_and_go(room, number)
    with pytest.raises(NicknameTaken):
        decide(room, mallory_as("Guest 0"), NOON)
    room = come_and_go(room, MOST_FORMER_NAMES)
    assert after(room, mallory_as("Guest 0")).members[-1].nickname == "Guest 0"
    with pytest.raises(NicknameTaken):
        decide(room, mallory_as("Guest 1"), NOON)


def test_names_count_from_when_they_were_given_up_and_those_of_who_is_here_are_kept() -> None:
    room = a_room("Ben", "Eve")
    for number in range(MOST_FORMER_NAMES + 10):
        room = come_and_go(room, number)
    room = after(room, By("p2", Leave()))
    room = come_and_go(room, 9_999)
    for name in ("Ada", "Ben", "Eve"):
        with pytest.raises(NicknameTaken):
            decide(room, mallory_as(name), NOON)


def test_who_comes_and_goes_with_one_token_runs_up_no_more_than_anybody_else() -> None:
    room, previous = a_room("Ben"), None
    for number in range(MOST_FORMER_NAMES + 50):
        room = after(room, joining(f"Guest {number}", previous=previous))
        previous = f"Guest {number}'s digest"
        room = after(room, By(newest(room), Leave()))
    assert sum(face.startswith("fold:") for face in room.reserved) <= MOST_FORMER_NAMES + MOST_SEATS
