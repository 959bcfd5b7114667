"""The ways in: what a locked door, another code and an invitation decide."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from ephemera.domain.commands import (
    Appoint,
    By,
    Command,
    Invite,
    Join,
    Lock,
    Remove,
    Resign,
    Revoke,
    Rotate,
)
from ephemera.domain.decide import decide
from ephemera.domain.errors import (
    Invalid,
    InvitationGone,
    Locked,
    NicknameTaken,
    NoSuchRoom,
    NotHost,
    Refusal,
    Removed,
    RoomFull,
    TooManyInvitations,
    WrongCode,
)
from ephemera.domain.events import (
    CodeRotated,
    Event,
    InvitationIssued,
    InvitationRevoked,
    Knocked,
    MemberJoined,
    MemberReturned,
    RoomLocked,
    RoomUnlocked,
)
from ephemera.domain.rooms import (
    INVITATION_SECONDS,
    MOST_CLOSED_INVITATIONS,
    MOST_INVITATIONS,
    Invitation,
    Room,
)
from tests.support.rooms import CODE, NOON, a_room, after, joining, named

NEW_CODE = "ZYXWVTSRQP"


def events_of(room: Room, command: Command, now: float = NOON) -> tuple[Event, ...]:
    return decide(room, command, now)[1]


def refused(room: Room, command: Command, refusal: type[Refusal], now: float = NOON) -> Refusal:
    with pytest.raises(refusal) as raised:
        decide(room, command, now)
    assert type(raised.value) is refusal
    return raised.value


def lock(by: str = "p1", *, locked: bool = True) -> By:
    return By(by, Lock(locked=locked))


def rotate(by: str = "p1") -> By:
    return By(by, Rotate(code=NEW_CODE))


def invite(word: str = "word", *, uses: int = 1, seconds: int = 3600, by: str = "p1") -> By:
    return By(by, Invite(digest=word, uses=uses, seconds=seconds))


def revoke(invitation: str = "i1", by: str = "p1") -> By:
    return By(by, Revoke(invitation=invitation))


def by_word(nickname: str, word: str = "word") -> Join:
    return replace(joining(nickname), code=None, word=word)


def seats(room: Room) -> list[str]:
    return [member.nickname for member in room.members]


def with_ask(room: Room) -> Room:
    return replace(room, options=replace(room.options, ask=True))


def with_away(room: Room, nickname: str) -> Room:
    members = tuple(
        replace(one, away_since=NOON) if one.nickname == nickname else one for one in room.members
    )
    return replace(room, members=members)


ACTS: Mapping[str, Callable[[str], Command]] = {
    "lock": lock,
    "rotate": rotate,
    "invite": lambda by: invite("another", by=by),
    "revoke": lambda by: revoke(by=by),
}


# Who may


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_only_a_host_has_power_over_the_ways_in(act: Callable[[str], Command]) -> None:
    room = after(a_room("Ben"), invite())
    assert events_of(room, act("p1"))
    refused(room, act("p2"), NotHost)
    refused(room, act("p3"), NoSuchRoom)
    hosted = after(room, By("p1", Appoint(target="p2")))
    assert events_of(hosted, act("p2"))
    former = after(hosted, By("p1", Resign()))
    refused(former, act("p1"), NotHost)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_host_who_does_something_is_back(act: Callable[[str], Command]) -> None:
    room = after(a_room("Ben"), invite())
    returned, *_ = events_of(with_away(room, "Ada"), act("p1"))
    assert isinstance(returned, MemberReturned)
    assert returned.member.away_since is None
    assert not any(isinstance(event, MemberReturned) for event in events_of(room, act("p1")))


# The lock


def test_the_code_of_a_locked_room_admits_nobody() -> None:
    room, events = decide(a_room("Ben"), lock(), NOON)
    assert events == (RoomLocked(at=NOON, member=named(room, "Ada")),)
    assert room.locked
    refused(room, joining("Cleo"), Locked)


def test_whoever_has_no_good_code_is_not_told_of_the_lock() -> None:
    room = after(a_room(), lock())
    refused(room, replace(joining("Cleo"), code=NEW_CODE), WrongCode)
    refused(room, by_word("Cleo"), WrongCode)


def test_an_unlocked_room_admits_again() -> None:
    locked = after(a_room(), lock())
    refused(locked, joining("Ben"), Locked)
    room, events = decide(locked, lock(locked=False), NOON)
    assert events == (RoomUnlocked(at=NOON, member=named(room, "Ada")),)
    assert seats(after(room, joining("Ben")))[-1] == "Ben"


def test_locking_twice_and_unlocking_what_is_open_is_quiet() -> None:
    room = a_room()
    assert decide(room, lock(locked=False), NOON) == (room, ())
    locked = after(room, lock())
    assert decide(locked, lock(), NOON) == (locked, ())


def test_the_lock_is_told_before_the_question_at_the_door_and_before_a_full_house() -> None:
    for room in (with_ask(a_room()), a_room("Ben", capacity=2)):
        assert not isinstance(refusal_of(room, joining("Cleo")), Locked)
        refused(after(room, lock()), joining("Cleo"), Locked)


def refusal_of(room: Room, command: Command) -> Refusal | None:
    try:
        decide(room, command, NOON)
    except Refusal as refusal:
        return refusal
    return None


def test_whoever_sits_already_is_not_locked_out() -> None:
    room = after(a_room("Ben"), lock())
    assert decide(room, joining("Ben"), NOON) == (room, ())


# The code


def test_a_new_code_admits_and_the_old_one_does_no_more() -> None:
    assert events_of(a_room(), joining("Ben"))
    room, events = decide(a_room(), rotate(), NOON)
    assert events == (CodeRotated(at=NOON, member=named(room, "Ada"), code=NEW_CODE),)
    refused(room, joining("Ben"), WrongCode)
    assert seats(after(room, replace(joining("Ben"), code=NEW_CODE)))[-1] == "Ben"


def test_a_new_code_ends_every_invitation() -> None:
    room = after(a_room(), invite("one"), invite("two", uses=7))
    assert events_of(room, by_word("Ben", "two"))
    rotated = after(room, rotate())
    assert rotated.invitations == ()
    for word in ("one", "two"):
        refused(rotated, by_word("Ben", word), WrongCode)


def test_a_removal_that_changes_the_code_ends_every_invitation() -> None:
    room = after(a_room("Ben"), invite())
    kept = after(room, By("p1", Remove(target="p2")))
    assert events_of(kept, by_word("Cleo"))
    changed = after(room, By("p1", Remove(target="p2", code=NEW_CODE)))
    refused(changed, by_word("Cleo"), WrongCode)


def test_the_code_does_not_show_itself_where_things_are_printed() -> None:
    (event,) = events_of(a_room(), rotate())
    assert isinstance(event, CodeRotated)
    assert NEW_CODE not in f"{event!r}{rotate()!r}{after(a_room(), rotate())!r}"


# Invitations


def test_an_invitation_admits_as_many_as_it_says() -> None:
    room, events = decide(a_room(), invite(uses=2), NOON)
    invitation = Invitation("i1", 2, NOON + 3600)
    assert events == (InvitationIssued(at=NOON, member=named(room, "Ada"), invitation=invitation),)
    room, joined = decide(room, by_word("Ben"), NOON)
    left = Invitation("i1", 1, NOON + 3600)
    assert joined == (MemberJoined(at=NOON, member=named(room, "Ben"), invitation=left),)
    assert room.invitations == (left,)
    room = after(room, by_word("Cleo"))
    assert room.invitations == ()
    refused(room, by_word("Dora"), WrongCode)


def test_an_invitation_goes_past_the_lock_and_past_asking() -> None:
    closed = after(with_ask(a_room()), lock(), invite())
    refused(closed, joining("Ben"), Locked)
    assert seats(after(closed, by_word("Ben")))[-1] == "Ben"
    asking = after(with_ask(a_room()), invite())
    (knocked,) = events_of(asking, joining("Ben"))
    assert isinstance(knocked, Knocked)
    (joined,) = events_of(asking, by_word("Ben"))
    assert isinstance(joined, MemberJoined)


def test_an_invitation_does_not_go_past_a_full_house_a_name_or_a_ban() -> None:
    full = after(a_room("Ben", capacity=2), invite())
    refused(full, by_word("Cleo"), RoomFull)
    room = after(a_room("Ben"), invite())
    refused(room, by_word("ben"), NicknameTaken)
    without = after(room, By("p1", Remove(target="p2")))
    refused(without, replace(by_word("Cleo"), previous="Ben's digest"), Removed)
    refused(without, replace(by_word("Cleo"), digest="Ben's digest"), Removed)
    assert without.invitations == room.invitations, "who is refused uses nothing up"


def test_an_invitation_ends_on_time() -> None:
    room = after(a_room(), invite(seconds=600))
    assert events_of(room, by_word("Ben"), NOON + 599.9)
    refused(room, by_word("Ben"), WrongCode, NOON + 600)


@pytest.mark.parametrize("seconds", INVITATION_SECONDS)
@pytest.mark.parametrize("uses", [1, 7])
def test_every_choice_that_is_offered_is_taken(uses: int, seconds: int) -> None:
    room = after(a_room(), invite(uses=uses, seconds=seconds))
    assert room.invitations == (Invitation("i1", uses, NOON + seconds),)


@pytest.mark.parametrize("uses", [-1, 0, 8, 10**9])
def test_an_invitation_is_for_one_to_seven(uses: int) -> None:
    refusal = refused(a_room(), invite(uses=uses), Invalid)
    assert isinstance(refusal, Invalid)
    assert (refusal.field, refusal.problem) == ("uses", "out-of-range")


@pytest.mark.parametrize("seconds", [-600, 0, 599, 86_401])
def test_an_invitation_lasts_as_long_as_is_offered(seconds: int) -> None:
    refusal = refused(a_room(), invite(seconds=seconds), Invalid)
    assert isinstance(refusal, Invalid)
    assert (refusal.field, refusal.problem) == ("lasts", "not-a-choice")


def test_the_same_invitation_issued_again_is_the_same() -> None:
    room = after(a_room(), invite())
    assert decide(room, invite(), NOON + 5) == (room, ())


OVER: Mapping[str, Callable[[Room], Room]] = {
    "used up": lambda room: after(room, by_word("Ben")),
    "revoked": lambda room: after(room, revoke()),
    "ended by a new code": lambda room: after(room, rotate()),
    "expired": lambda room: room,
    "expired and forgotten": lambda room: after(room, invite("other"), now=NOON + 3600),
}


@pytest.mark.parametrize("end", OVER.values(), ids=OVER)
def test_an_invitation_that_is_over_is_never_issued_again(end: Callable[[Room], Room]) -> None:
    room = end(after(a_room(), invite()))
    again = NOON + 3601
    refused(room, invite(), InvitationGone, again)
    refused(room, by_word("Cleo"), WrongCode, again)
    assert events_of(room, invite("fresh"), again)


def test_what_is_known_of_invitations_that_are_over_is_bounded() -> None:
    room = after(a_room(), invite("open", uses=7))
    for number in range(MOST_CLOSED_INVITATIONS + 20):
        room = after(room, invite(f"word {number}"), revoke(f"i{number + 2}"))
    assert len(room.words) <= MOST_CLOSED_INVITATIONS + MOST_INVITATIONS
    assert events_of(room, by_word("Ben", "open")), "what is open is not forgotten"
    refused(room, invite(f"word {MOST_CLOSED_INVITATIONS + 19}"), InvitationGone)


def test_only_so_many_are_open_at_once() -> None:
    room = a_room()
    for number in range(MOST_INVITATIONS):
        room = after(room, invite(f"word {number}", seconds=600))
    refused(room, invite("one more"), TooManyInvitations)
    assert decide(room, invite("word 3", seconds=600), NOON) == (room, ()), "a retry is none more"
    assert events_of(after(room, revoke("i1")), invite("one more"))
    later = after(room, invite("one more"), now=NOON + 600)
    assert [one.id for one in later.invitations] == ["i17"], "those that are over do not count"


def test_a_revoked_invitation_admits_nobody_and_revoking_it_again_is_quiet() -> None:
    room = after(a_room(), invite(uses=3), invite("other"))
    assert events_of(room, by_word("Ben"))
    room, events = decide(room, revoke("i1"), NOON)
    gone = Invitation("i1", 3, NOON + 3600)
    assert events == (InvitationRevoked(at=NOON, member=named(room, "Ada"), invitation=gone),)
    refused(room, by_word("Ben"), WrongCode)
    assert events_of(room, by_word("Ben", "other"))
    assert decide(room, revoke("i1"), NOON) == (room, ())


@pytest.mark.parametrize(
    "id_", ["", "i0", "i2", "i-1", "i01234", "1", "p1", "i1.0", "i\N{SUPERSCRIPT ONE}", "i" * 99]
)
def test_an_invitation_that_never_was_is_unknown(id_: str) -> None:
    room = after(a_room(), invite())
    assert events_of(room, revoke("i1"))
    refusal = refused(room, revoke(id_), Invalid)
    assert isinstance(refusal, Invalid)
    assert (refusal.field, refusal.problem) == ("invitation", "unknown")


def test_who_sits_already_does_not_use_an_invitation_up() -> None:
    room = after(a_room("Ben"), invite())
    assert decide(room, by_word("Ben"), NOON) == (room, ())


def test_the_word_of_one_room_is_none_of_another() -> None:
    room = after(a_room(), invite("here"))
    assert events_of(room, by_word("Ben", "here"))
    refused(room, by_word("Ben", "there"), WrongCode)
    refused(room, replace(joining("Ben"), code=None), WrongCode)
    assert room.code == CODE
