"""Who may open, join, speak, leave and close, and what comes of it."""

from dataclasses import replace

import pytest

from ephemera.domain.commands import Act, By, Close, Command, Leave, Open, Post, Power, Return
from ephemera.domain.decide import decide, open_room
from ephemera.domain.decide.common import RULES
from ephemera.domain.errors import Invalid, NicknameTaken, NoSuchRoom, NotHost, RoomFull
from ephemera.domain.events import (
    HostChanged,
    MemberJoined,
    MemberLeft,
    MemberReturned,
    MessagePosted,
    RoomOpened,
    RoomWiped,
)
from ephemera.domain.rooms import (
    GRACES,
    MOST_REMEMBERED_POSTS,
    VANISHINGS,
    Options,
)
from tests.support.kinds import all_below
from tests.support.rooms import CODE, DAY, NOON, a_room, an_opening, joining, named, with_away


def posting(text: str = "hello", key: str | None = None, *, member_id: str = "p1") -> By:
    return By(member_id, Post(text=text, fingerprint=key))


def test_opening_a_room_seats_its_host() -> None:
    room, events = open_room(an_opening(options=Options(capacity=3, grace=30)), NOON)
    ada = room.members[0]
    assert (ada.nickname, ada.role, ada.joined_at) == ("Ada", "host", NOON)
    assert (room.options, room.code) == (Options(capacity=3, grace=30), CODE)
    assert room.expires_at == NOON + DAY
    assert room.seats["p1"].digest == "Ada's digest"
    opened, joined = events
    assert isinstance(opened, RoomOpened)
    assert joined == MemberJoined(at=NOON, member=ada)
    assert room.sequence == 2


@pytest.mark.parametrize("capacity", range(2, 9))
def test_a_room_has_two_to_eight_seats(capacity: int) -> None:
    room, _ = open_room(an_opening(options=Options(capacity=capacity)), NOON)
    assert room.options.capacity == capacity


@pytest.mark.parametrize("capacity", [-1, 0, 1, 9, 10**9])
def test_no_room_has_fewer_or_more(capacity: int) -> None:
    with pytest.raises(Invalid) as refusal:
        open_room(an_opening(options=Options(capacity=capacity)), NOON)
    assert (refusal.value.field, refusal.value.problem) == ("capacity", "out-of-range")


@pytest.mark.parametrize("grace", GRACES)
def test_there_are_four_graces_to_choose_from(grace: int) -> None:
    room, _ = open_room(an_opening(options=Options(grace=grace)), NOON)
    assert room.options.grace == grace


@pytest.mark.parametrize("grace", [-30, 0, 31, 7200])
def test_there_is_no_other_grace(grace: int) -> None:
    with pytest.raises(Invalid) as refusal:
        open_room(an_opening(options=Options(grace=grace)), NOON)
    assert (refusal.value.field, refusal.value.problem) == ("grace", "not-a-choice")


@pytest.mark.parametrize("vanish", VANISHINGS)
def test_messages_stay_or_disappear_after_one_of_three_times(vanish: int) -> None:
    room, _ = open_room(an_opening(options=Options(vanish=vanish)), NOON)
    assert room.options.vanish == vanish


@pytest.mark.parametrize(
    ("field", "value"), [("vanish", 1), ("vanish", -60), ("newcomers", "some")]
)
def test_there_is_no_other_option(field: str, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        open_room(an_opening(options=replace(Options(), **{field: value})), NOON)  # type: ignore[arg-type] # that is the point
    assert (refusal.value.field, refusal.value.problem) == (field, "not-a-choice")


def test_a_join_takes_a_seat_of_its_own() -> None:
    room, events = decide(a_room(), joining("Ben"), NOON + 1)
    ben = named(room, "Ben")
    assert (ben.id, ben.role) == ("p2", "member")
    assert events == (MemberJoined(at=NOON + 1, member=ben),)
    assert room.holder_of("Ben's digest") == ben
    assert room.holder_of("Mallory's digest") is None


def test_the_last_seat_can_be_taken_and_no_other() -> None:
    room = a_room(capacity=2)
    full, _ = decide(room, joining("Ben"), NOON)
    assert len(full.members) == 2
    with pytest.raises(RoomFull):
        decide(full, joining("Mallory"), NOON)


def test_a_seat_given_up_can_be_taken_again() -> None:
    room, _ = decide(a_room("Ben", capacity=2), By("p2", Leave()), NOON)
    room, _ = decide(room, joining("Eve"), NOON)
    assert named(room, "Eve").id == "p3"


def test_a_full_room_does_not_tell_whose_names_are_taken() -> None:
    with pytest.raises(RoomFull):
        decide(a_room("Ben", capacity=2), replace(joining("Ben"), digest="another digest"), NOON)


@pytest.mark.parametrize("nickname", ["Ben", "BEN", "B\u0435n", "Ben\ufe0f"])
def test_nobody_can_be_called_like_somebody_in_the_room(nickname: str) -> None:
    assert decide(a_room(), joining(nickname), NOON)
    with pytest.raises(NicknameTaken):
        decide(a_room("Ben"), replace(joining(nickname), digest="another digest"), NOON)


def test_the_same_token_again_is_the_same_seat() -> None:
    assert decide(a_room("Ben"), joining("Ben"), NOON) == (a_room("Ben"), ())


@pytest.mark.parametrize("previous", [None, "Mallory's digest"])
def test_nobody_can_become_ben_after_ben(previous: str | None) -> None:
    room, _ = decide(a_room("Ben"), By("p2", Leave()), NOON)
    with pytest.raises(NicknameTaken):
        decide(room, replace(joining("Ben", previous=previous), digest="another digest"), NOON)


def test_whoever_shows_the_old_token_gets_the_old_nickname_back() -> None:
    room, _ = decide(a_room("Ben"), By("p2", Leave()), NOON)
    again = replace(joining("Ben", previous="Ben's digest"), digest="new digest")
    room, _ = decide(room, again, NOON)
    assert named(room, "Ben").id == "p3"
    assert room.holder_of("Ben's digest") is None


def test_an_old_nickname_goes_over_to_the_new_token_under_another_name() -> None:
    room, _ = decide(a_room("Ben"), By("p2", Leave()), NOON)
    renamed = replace(joining("Benjamin", previous="Ben's digest"), digest="second digest")
    room, _ = decide(room, renamed, NOON)
    room, _ = decide(room, By("p3", Leave()), NOON)
    with pytest.raises(NicknameTaken):
        decide(room, replace(joining("Ben", previous="Ben's digest"), digest="third digest"), NOON)
    room, _ = decide(
        room, replace(joining("Ben", previous="second digest"), digest="third digest"), NOON
    )
    assert named(room, "Ben").id == "p4"


def test_a_message_says_who_said_what_and_when() -> None:
    room, events = decide(a_room("Ben"), posting("hello", member_id="p2"), NOON)
    assert events == (MessagePosted(at=NOON, member_id="p2", nickname="Ben", text="hello"),)
    assert room.sequence == a_room("Ben").sequence + 1


def test_the_same_key_again_is_the_same_message() -> None:
    room, events = decide(a_room(), posting(key="k"), NOON)
    assert room.sequence_of("p1", "k") == room.sequence
    assert len(events) == 1
    assert decide(room, posting(key="k"), NOON) == (room, ())


def test_messages_without_a_key_are_all_new() -> None:
    room, _ = decide(a_room(), posting(), NOON)
    assert len(decide(room, posting(), NOON)[1]) == 1


def test_the_same_key_of_somebody_else_is_another_message() -> None:
    room, _ = decide(a_room("Ben"), posting(key="k"), NOON)
    room, events = decide(room, posting(key="k", member_id="p2"), NOON)
    assert len(events) == 1
    assert room.sequence_of("p1", "k") == room.sequence - 1


def test_remembered_posts_are_bounded_and_the_oldest_is_forgotten_first() -> None:
    room = a_room()
    for number in range(MOST_REMEMBERED_POSTS + 1):
        room, _ = decide(room, posting(key=f"k{number}"), NOON)
    assert len(room.seats["p1"].posted) == MOST_REMEMBERED_POSTS == 16
    assert room.sequence_of("p1", "k0") is None
    assert decide(room, posting(key="k1"), NOON)[1] == ()


def test_who_speaks_is_back() -> None:
    room, events = decide(with_away(a_room(), "Ada"), posting(), NOON)
    assert [event.name for event in events] == ["member-returned", "message-posted"]
    assert room.members[0].away_since is None


def test_a_return_is_announced_once() -> None:
    back = By("p1", Return())
    room, events = decide(with_away(a_room(), "Ada"), back, NOON)
    assert events == (MemberReturned(at=NOON, member=room.members[0]),)
    assert decide(room, back, NOON) == (room, ())


def test_leaving_gives_the_seat_up() -> None:
    room, events = decide(a_room("Ben"), By("p2", Leave()), NOON)
    assert [member.nickname for member in room.members] == ["Ada"]
    assert set(room.seats) == {"p1"}
    left = events[0]
    assert isinstance(left, MemberLeft)
    assert (left.reason, left.released, len(events)) == ("left", "p2", 1)


def test_only_leaving_releases_a_seat() -> None:
    _, events = open_room(an_opening(), NOON)
    assert [event.released for event in events] == [None, None]


def test_the_room_ends_with_the_last_leave() -> None:
    room, events = decide(a_room(), By("p1", Leave()), NOON)
    assert room.wiped
    assert events[1:] == (RoomWiped(at=NOON, reason="empty"),)
    assert not room.members
    assert not room.seats
    assert not room.reserved


def test_the_one_who_has_been_here_longest_succeeds_the_host() -> None:
    room, events = decide(a_room("Ben", "Cleo"), By("p1", Leave()), NOON)
    assert events[1:] == (HostChanged(at=NOON, member=named(room, "Ben")),)
    assert named(room, "Ben").role == "host"
    assert named(room, "Cleo").role == "member"


def test_who_is_away_succeeds_last() -> None:
    room = with_away(a_room("Ben", "Cleo"), "Ben")
    room, _ = decide(room, By("p1", Leave()), NOON)
    assert named(room, "Cleo").role == "host"


def test_who_is_away_succeeds_when_nobody_else_is_left() -> None:
    room = with_away(a_room("Ben"), "Ben")
    room, _ = decide(room, By("p1", Leave()), NOON)
    assert named(room, "Ben").role == "host"


def test_the_host_can_end_the_room() -> None:
    before = a_room("Ben")
    room, events = decide(before, By("p1", Close()), NOON)
    assert events == (RoomWiped(at=NOON, reason="closed", member=before.members[0]),)
    assert room.wiped
    assert not room.members


def test_nobody_else_can() -> None:
    with pytest.raises(NotHost):
        decide(a_room("Ben"), By("p2", Close()), NOON)


@pytest.mark.parametrize(
    "command",
    [
        posting(member_id="p9"),
        By("p9", Return()),
        By("p9", Leave()),
        By("p9", Close()),
    ],
)
def test_for_whom_has_no_seat_there_is_no_room(command: By) -> None:
    assert decide(a_room(), replace(command, member_id="p1"), NOON)
    with pytest.raises(NoSuchRoom):
        decide(a_room(), command, NOON)


def test_whoever_writes_a_command_or_an_act_writes_its_rule() -> None:
    assert set(RULES) == (all_below(Command) | all_below(Act)) - {Open, Power}
    with pytest.raises(KeyError):
        decide(a_room(), Command(), NOON)


def test_no_secret_can_be_seen_in_the_repr_of_a_room_or_command() -> None:
    room, _ = decide(a_room(), posting(key="fingerprint"), NOON)
    shown = repr((room, room.seats, an_opening(), joining("Ben", previous="older digest")))
    assert "Ada" in shown
    for secret in ("digest'", "older", "ABCDEFGHJK", "fingerprint"):
        assert secret not in shown
