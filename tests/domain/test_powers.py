"""What hosts may do to members, and who is host: removal, mute, appointment, resignation."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ephemera.domain.commands import (
    AnswerKnock,
    Appoint,
    By,
    Close,
    Command,
    Invite,
    Join,
    Leave,
    Lock,
    Mute,
    Post,
    Remove,
    Resign,
)
from ephemera.domain.decide import decide
from ephemera.domain.errors import (
    Invalid,
    LastHost,
    Locked,
    MemberGone,
    Muted,
    NoSuchRoom,
    NotHost,
    NotOverHosts,
    Refusal,
    Removed,
    WrongCode,
)
from ephemera.domain.events import (
    CodeRotated,
    Event,
    HostChanged,
    HostResigned,
    MemberMuted,
    MemberRemoved,
    MemberReturned,
    MemberUnmuted,
    MessagePosted,
)
from ephemera.domain.rooms import Options, Room
from tests.support.rooms import CODE, NOON, a_room, joining, named

NEXT_CODE = "ZYXWVTSRQP"
ADA, BEN, CLEO, MONA = "p1", "p2", "p3", "p4"


def after(room: Room, *wishes: Command) -> Room:
    """Return the room after these commands, each of which must bring something about."""
    for wish in wishes:
        room, events = decide(room, wish, NOON)
        assert events, wish
    return room


def the_room() -> Room:
    """Return a room with Ada and Cleo, hosts, and Ben and Mona, who is muted."""
    return after(a_room("Ben", "Cleo", "Mona"), appointing(CLEO), muting(MONA))


def removing(target: str, *, by: str = ADA, code: str | None = NEXT_CODE) -> By:
    return By(by, Remove(target=target, code=code))


def muting(target: str, *, by: str = ADA, muted: bool = True) -> By:
    return By(by, Mute(target=target, muted=muted))


def appointing(target: str, *, by: str = ADA, stay: bool = True) -> By:
    return By(by, Appoint(target=target, stay=stay))


def resigning(by: str = ADA) -> By:
    return By(by, Resign())


def leaving(member_id: str) -> By:
    return By(member_id, Leave())


def posting(member_id: str) -> By:
    return By(member_id, Post(text="hello"))


def showing(wish: Join, as_what: str, digest: str) -> Join:
    """Return the wish of who still has a token: as that of a retry, or as one held before."""
    if as_what == "previous":
        return replace(wish, previous=digest)
    return replace(wish, digest=digest)


def hosts(room: Room) -> list[str]:
    return [member.nickname for member in room.members if member.role == "host"]


def names(events: Sequence[Event]) -> list[str]:
    return [event.name for event in events]


OVER_BEN = {
    "remove": removing(BEN),
    "mute": muting(BEN),
    "unmute": muting(BEN, muted=False),
    "appoint": appointing(BEN),
    "hand over": appointing(BEN, stay=False),
}
OVER_NOBODY = {"resign": resigning()}
ALL = OVER_BEN | OVER_NOBODY


def by(actor: str, wish: By) -> By:
    return replace(wish, member_id=actor)


def at(target: str, wish: By) -> By:
    return replace(wish, act=replace(wish.act, target=target))  # type: ignore[type-var] # of OVER_BEN


# Who may


@pytest.mark.parametrize("wish", ALL.values(), ids=ALL)
@pytest.mark.parametrize("actor", [BEN, MONA], ids=["a member", "a muted one"])
def test_nobody_but_a_host_has_these_powers(actor: str, wish: By) -> None:
    room = the_room()
    with pytest.raises(NotHost):
        decide(room, by(actor, wish), NOON)


@pytest.mark.parametrize("wish", ALL.values(), ids=ALL)
def test_who_was_removed_has_none_either(wish: By) -> None:
    room = after(the_room(), removing(MONA))
    with pytest.raises(NoSuchRoom):
        decide(room, by(MONA, wish), NOON)


@pytest.mark.parametrize("wish", ALL.values(), ids=ALL)
def test_nor_has_a_former_host(wish: By) -> None:
    room = after(the_room(), resigning(CLEO))
    with pytest.raises(NotHost):
        decide(room, by(CLEO, wish), NOON)


@pytest.mark.parametrize("actor", [ADA, CLEO])
@pytest.mark.parametrize("wish", [removing(BEN), muting(BEN), appointing(BEN)])
def test_every_host_has_them(actor: str, wish: By) -> None:
    _, events = decide(the_room(), by(actor, wish), NOON)
    assert events[0].actor == actor


@pytest.mark.parametrize("wish", [*ALL.values(), appointing(CLEO, stay=False)])
def test_a_host_who_was_away_is_back_when_they_use_one(wish: By) -> None:
    room = the_room()
    away = replace(
        room,
        members=tuple(
            replace(one, away_since=NOON) if one.id == ADA else one for one in room.members
        ),
    )
    after_it, events = decide(away, wish, NOON)
    if events:
        assert events[0] == MemberReturned(at=NOON, member=named(room, "Ada"))
        assert named(after_it, "Ada").away_since is None
    else:
        assert wish == OVER_BEN["unmute"], "the one that changes nothing"


# On whom


@pytest.mark.parametrize("target", [ADA, CLEO], ids=["themselves", "another host"])
@pytest.mark.parametrize("wish", [removing(BEN), muting(BEN), muting(BEN, muted=False)])
def test_no_host_has_power_over_a_host_nor_over_themselves(target: str, wish: By) -> None:
    with pytest.raises(NotOverHosts):
        decide(the_room(), at(target, wish), NOON)


@pytest.mark.parametrize(
    "target", ["", "p", "p0", "p5", "p02", "p-1", "2", "P2", "p²", "p2 ", "k1", "p99999999999999"]
)
@pytest.mark.parametrize("wish", OVER_BEN.values(), ids=OVER_BEN)
def test_an_id_that_never_was_is_nobody(target: str, wish: By) -> None:
    room = the_room()
    with pytest.raises(Invalid) as refusal:
        decide(room, at(target, wish), NOON)
    assert (refusal.value.field, refusal.value.problem) == ("member", "unknown")


def test_an_id_with_a_nought_in_front_is_nobody_in_a_large_room_too() -> None:
    room = replace(the_room(), admitted=12)
    for wish in OVER_BEN.values():
        with pytest.raises(Invalid):
            decide(room, at("p02", wish), NOON)


@pytest.mark.parametrize("gone", [leaving(BEN), removing(BEN)], ids=["left", "removed"])
@pytest.mark.parametrize("wish", [w for n, w in OVER_BEN.items() if n != "remove"])
def test_a_seat_that_is_gone_cannot_be_muted_nor_made_host(gone: Command, wish: By) -> None:
    room = after(the_room(), gone)
    with pytest.raises(MemberGone):
        decide(room, wish, NOON)


@pytest.mark.parametrize("gone", [leaving(BEN), removing(BEN)], ids=["left", "removed"])
def test_removing_a_seat_that_is_gone_is_quiet_when_the_code_is_kept(gone: Command) -> None:
    room = after(the_room(), gone)
    assert decide(room, removing(BEN, code=None), NOON) == (room, ())


@pytest.mark.parametrize("gone", [leaving(BEN), removing(BEN)], ids=["left", "removed"])
@pytest.mark.parametrize("away_since", [None, NOON])
def test_removing_a_seat_that_is_gone_still_changes_the_code(
    gone: Command, away_since: float | None
) -> None:
    before = after(the_room(), gone)
    ada = named(before, "Ada")
    before = replace(before, members=(replace(ada, away_since=away_since), *before.members[1:]))
    room, events = decide(before, removing(BEN, code="9999999999"), NOON)
    back = (MemberReturned(at=NOON, member=ada),) if away_since else ()
    rotated = CodeRotated(at=NOON, member=named(before, "Ada"), code="9999999999")
    assert events == (*back, rotated)
    assert named(room, "Ada").away_since is None
    assert (room.code, room.banned) == ("9999999999", before.banned)


def test_who_leaves_just_before_they_are_removed_does_not_come_back_by_the_code() -> None:
    room = after(the_room(), leaving(BEN))
    after(room, joining("Benedict"))  # the premise
    with pytest.raises(WrongCode):
        decide(after(room, removing(BEN)), joining("Benedict"), NOON)


# Removal


def test_a_removal_takes_the_seat_and_the_code_in_one_step() -> None:
    room = the_room()
    ada, ben = named(room, "Ada"), named(room, "Ben")
    removed, events = decide(room, removing(BEN), NOON)
    assert events == (
        MemberRemoved(at=NOON, member=ben, by=ada),
        CodeRotated(at=NOON, member=ada, code=NEXT_CODE),
    )
    assert events[0].released == BEN
    assert removed.member(BEN) is None
    assert BEN not in removed.seats
    assert removed.holder_of("Ben's digest") is None
    assert removed.code == NEXT_CODE


def test_a_removal_may_keep_the_code() -> None:
    room, events = decide(the_room(), removing(BEN, code=None), NOON)
    assert names(events) == ["member-removed"]
    assert room.code == CODE
    assert room.member(BEN) is None


@pytest.mark.parametrize("shown", ["digest", "previous"])
@pytest.mark.parametrize("nickname", ["Ben", "Somebody else"])
def test_the_same_browser_does_not_come_back(shown: str, nickname: str) -> None:
    room = after(the_room(), removing(BEN))
    back = replace(joining(nickname), code=NEXT_CODE)
    after(room, replace(back, nickname="Zoe", digest="Zoe's"))  # the premise: the code is good
    with pytest.raises(Removed):
        decide(room, showing(back, shown, "Ben's digest"), NOON)


def test_nor_by_an_invitation_nor_by_knocking() -> None:
    inviting = By(ADA, Invite(digest="a word", uses=3))
    room = after(the_room(), removing(BEN, code=None), inviting)
    back = Join(nickname="Ben", digest="new", word="a word", previous="Ben's digest")
    with pytest.raises(Removed):
        decide(room, back, NOON)
    asking = replace(room, options=replace(room.options, ask=True))
    by_code = replace(back, word=None, code=CODE)
    after(asking, replace(by_code, nickname="Zoe", previous=None))  # the premise: one may knock
    with pytest.raises(Removed):
        decide(asking, by_code, NOON)


def test_who_was_removed_with_the_old_code_alone_learns_nothing() -> None:
    room = after(the_room(), removing(BEN))
    for previous in (None, "Ben's digest"):
        with pytest.raises(WrongCode):
            decide(room, joining("Ben", previous=previous), NOON)


def test_who_was_removed_from_a_locked_room_reads_that_it_is_locked() -> None:
    """The code opens nothing to anybody, so there is nothing to say about them."""
    locked = after(the_room(), removing(BEN, code=None), By(ADA, Lock()))
    with pytest.raises(Locked):
        decide(locked, joining("Ben", previous="Ben's digest"), NOON)


def test_a_nickname_stays_reserved_for_who_was_removed() -> None:
    room = after(the_room(), removing(BEN, code=None))
    with pytest.raises(Invalid):
        decide(room, replace(joining("Ben"), digest="an impostor"), NOON)


def test_an_open_invitation_ends_with_the_code_and_not_without() -> None:
    invited = after(the_room(), By(ADA, Invite(digest="a word")))
    zoe = Join(nickname="Zoe", digest="Zoe's digest", word="a word")
    after(invited, removing(BEN, code=None), zoe)
    with pytest.raises(WrongCode):
        decide(after(invited, removing(BEN)), zoe, NOON)


def test_a_removal_frees_a_seat() -> None:
    room = after(a_room("Ben", capacity=2), removing(BEN, code=None), joining("Zoe"))
    assert [member.nickname for member in room.members] == ["Ada", "Zoe"]


def test_what_the_removed_one_said_stays_and_keeps_its_author() -> None:
    room = after(the_room(), posting(BEN), removing(BEN))
    assert [trace.nickname for trace in room.traces.values()] == ["Ben"]


def test_a_former_host_can_be_removed() -> None:
    room = after(the_room(), resigning(CLEO), removing(CLEO))
    assert hosts(room) == ["Ada"]


def test_the_ban_is_not_public() -> None:
    room, events = decide(the_room(), removing(BEN), NOON)
    assert room.banned == ("Ben's digest",)
    assert "Ben's digest" not in repr(room)
    assert "Ben's digest" not in repr(events)
    assert NEXT_CODE not in repr(events)


# Muting


def test_the_muted_stay_and_do_not_speak() -> None:
    room, events = decide(the_room(), muting(BEN), NOON)
    ada, ben = named(room, "Ada"), named(room, "Ben")
    assert ben.muted
    assert events == (MemberMuted(at=NOON, member=ben, by=ada),)
    with pytest.raises(Muted):
        decide(room, posting(BEN), NOON)


def test_the_unmuted_speak_again() -> None:
    room, events = decide(the_room(), muting(MONA, muted=False), NOON)
    ada, mona = named(room, "Ada"), named(room, "Mona")
    assert not mona.muted
    assert events == (MemberUnmuted(at=NOON, member=mona, by=ada),)
    assert isinstance(decide(room, posting(MONA), NOON)[1][0], MessagePosted)


@pytest.mark.parametrize("wish", [muting(MONA), muting(BEN, muted=False)])
def test_what_is_so_already_is_no_news(wish: By) -> None:
    room = the_room()
    assert decide(room, wish, NOON) == (room, ())


@pytest.mark.parametrize("shown", ["digest", "previous"])
def test_who_leaves_and_comes_back_is_muted_still(shown: str) -> None:
    left = after(the_room(), leaving(MONA))
    room = after(left, showing(replace(joining("Mona"), digest="new"), shown, "Mona's digest"))
    assert named(room, "Mona").muted
    again = after(room, leaving("p5"), joining("Mona", previous=room.seats["p5"].digest))
    assert named(again, "Mona").muted


def test_who_was_unmuted_comes_back_with_a_voice() -> None:
    left = after(the_room(), muting(MONA, muted=False), leaving(MONA))
    room = after(left, joining("Mona", previous="Mona's digest"))
    assert not named(room, "Mona").muted


def test_who_waits_at_the_door_comes_in_as_muted_as_they_left() -> None:
    """See `decide.knocks`: the token they held before goes with them."""
    asking = replace(after(the_room(), leaving(MONA)), options=Options(capacity=8, ask=True))
    waiting = Join(nickname="Mona", digest="new", code=CODE, previous="Mona's digest")
    room, _ = decide(asking, waiting, NOON)
    assert room.silenced == ("new", "Mona's digest"), "and so does whoever shows the older one"
    assert named(after(room, By(ADA, AnswerKnock(knock="k1"))), "Mona").muted


# Hosts


def test_a_room_can_have_several_hosts() -> None:
    room, events = decide(the_room(), appointing(BEN, by=CLEO), NOON)
    assert hosts(room) == ["Ada", "Ben", "Cleo"]
    assert events == (HostChanged(at=NOON, member=named(room, "Ben"), by=named(room, "Cleo")),)


def test_handing_over_is_one_step() -> None:
    room, events = decide(a_room("Ben"), appointing(BEN, stay=False), NOON)
    ada, ben = named(room, "Ada"), named(room, "Ben")
    assert hosts(room) == ["Ben"]
    assert events[0] == HostChanged(at=NOON, member=ben, by=replace(ada, role="host"))
    assert events[1] == HostResigned(at=NOON, member=ada)


def test_who_is_made_host_may_speak() -> None:
    room = after(the_room(), appointing(MONA))
    assert not named(room, "Mona").muted
    after(room, posting(MONA))


def test_who_was_muted_as_a_member_is_not_silenced_when_they_come_back_as_a_former_host() -> None:
    room = after(the_room(), appointing(MONA), resigning(MONA), leaving(MONA))
    back = after(room, joining("Mona", previous="Mona's digest"))
    assert not named(back, "Mona").muted


def test_handing_over_to_a_host_is_resigning() -> None:
    room, events = decide(the_room(), appointing(CLEO, stay=False), NOON)
    assert hosts(room) == ["Cleo"]
    assert names(events) == ["host-resigned"]


@pytest.mark.parametrize("stay", [True, False])
@pytest.mark.parametrize("room", [a_room("Ben"), the_room()], ids=["the only one", "one of two"])
def test_naming_oneself_changes_nothing(room: Room, *, stay: bool) -> None:
    assert decide(room, appointing(ADA, stay=stay), NOON) == (room, ())


def test_naming_a_host_again_changes_nothing() -> None:
    room = the_room()
    assert decide(room, appointing(CLEO), NOON) == (room, ())


def test_a_host_resigns_when_there_is_another_one() -> None:
    room, events = decide(the_room(), resigning(), NOON)
    assert hosts(room) == ["Cleo"]
    assert events == (HostResigned(at=NOON, member=named(room, "Ada")),)


def test_the_only_host_does_not_resign() -> None:
    room = after(the_room(), resigning(CLEO))
    with pytest.raises(LastHost):
        decide(room, resigning(), NOON)


def test_succession_waits_until_no_host_is_left() -> None:
    room, events = decide(the_room(), leaving(ADA), NOON)
    assert names(events) == ["member-left"]
    assert hosts(room) == ["Cleo"]
    room, events = decide(room, leaving(CLEO), NOON)
    assert names(events) == ["member-left", "host-changed"]
    assert hosts(room) == ["Ben"], "and not Mona, who is muted"


def test_who_is_away_succeeds_before_a_muted_one_who_is_here() -> None:
    room = the_room()
    members = tuple(replace(one, away_since=NOON) if one.id == BEN else one for one in room.members)
    room = after(replace(room, members=members), leaving(ADA), leaving(CLEO))
    assert named(room, "Ben").away_since == NOON
    assert hosts(room) == ["Ben"], "and not Mona, who is here"


def test_a_muted_member_succeeds_when_nobody_else_is_there() -> None:
    """Nobody but a host could let them speak, so a room of the muted would be dumb for ever."""
    room = after(the_room(), leaving(BEN), leaving(ADA), leaving(CLEO))
    assert hosts(room) == ["Mona"]
    assert not named(room, "Mona").muted


def test_any_host_ends_the_room() -> None:
    assert decide(the_room(), By(CLEO, Close()), NOON)[0].wiped


def test_every_refusal_of_a_power_leaves_a_stable_word() -> None:
    refusals: list[type[Refusal]] = [NotHost, NotOverHosts, MemberGone, LastHost, Muted, Removed]
    words = [refusal.reason for refusal in refusals]
    assert words == [
        "not-host", "not-over-hosts", "member-gone", "last-host", "muted", "removed"
    ]  # fmt: skip
