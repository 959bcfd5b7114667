"""Waiting at the door: who knocks, who answers, and how it ends."""

from dataclasses import replace

import pytest

from ephemera.domain.commands import (
    AnswerKnock,
    By,
    ChangeOptions,
    Close,
    Command,
    Invite,
    Leave,
    Lock,
    Mute,
    Post,
    Remove,
    Rotate,
    Withdraw,
)
from ephemera.domain.decide import decide, open_room
from ephemera.domain.errors import (
    DoorCrowded,
    Invalid,
    KnockGone,
    Locked,
    NicknameTaken,
    NoSuchRoom,
    NotHost,
    Removed,
    RoomFull,
    WrongCode,
)
from ephemera.domain.events import (
    Knocked,
    KnockEnded,
    MemberJoined,
    MemberReturned,
    OptionsChanged,
    RoomWiped,
)
from ephemera.domain.presence import GUEST_SECONDS, Lease, due_at
from ephemera.domain.rooms import (
    KNOCK_SECONDS,
    MOST_KNOCKS,
    MOST_SILENCED,
    Knock,
    Options,
    Room,
)
from tests.support.rooms import NOON, after, an_opening, joining, named, swept, with_away

EXPIRES = NOON + KNOCK_SECONDS


def an_asking_room(*others: str, **options: object) -> Room:
    """Return Ada's room, which the others have joined before she asked who knocks to wait."""
    chosen = replace(Options(capacity=8), **options)  # type: ignore[arg-type] # its own fields
    room, _ = open_room(an_opening(options=chosen), NOON)
    asking = By("p1", ChangeOptions(ask=True))
    return after(room, *map(joining, others), asking)


def answering(knock: str = "k1", by: str = "p1", *, admit: bool = True) -> By:
    return By(by, AnswerKnock(knock=knock, admit=admit))


# Knocking


def test_who_has_the_code_of_an_asking_room_waits_for_five_minutes() -> None:
    room = an_asking_room()
    waiting, events = decide(room, joining("Zoe"), NOON)
    zoe = Knock("k1", "Zoe", NOON, NOON + 300)
    assert events == (Knocked(at=NOON, knock=zoe),)
    assert waiting.knocks == (zoe,)
    assert waiting.members == room.members
    assert waiting.knock_of("Zoe's digest") == zoe
    assert waiting.holder_of("Zoe's digest") is None


def test_nobody_waits_where_nobody_asks() -> None:
    room = after(an_asking_room(), By("p1", ChangeOptions(ask=False)))
    room = after(room, joining("Zoe"))
    assert (room.knocks, named(room, "Zoe").role) == ((), "member")


def test_knocking_again_with_the_same_token_is_one_knock() -> None:
    room = after(an_asking_room(), joining("Zoe"))
    assert decide(room, joining("Zoe"), NOON) == (room, ())


def test_a_knock_brings_no_sign_of_life_of_anybody() -> None:
    _, (knocked,) = decide(an_asking_room(), joining("Zoe"), NOON)
    assert (knocked.actor, knocked.has_line) == (None, False)


def test_who_waits_has_no_say() -> None:
    room = after(an_asking_room("Ben"), joining("Zoe"))
    for id_ in ("k1", "p3"):
        for command in (
            By(id_, Post(text="hello")),
            By(id_, Leave()),
            answering("k1", id_),
            By(id_, Mute(target="p2")),
            By(id_, Close()),
        ):
            with pytest.raises(NoSuchRoom):
                decide(room, command, NOON)


def test_sixteen_wait_and_the_seventeenth_is_told_so() -> None:
    room = after(an_asking_room(), *(joining(f"Guest {n}") for n in range(MOST_KNOCKS)))
    assert len(room.knocks) == 16
    with pytest.raises(DoorCrowded):
        decide(room, joining("Zoe"), NOON)
    room = after(room, answering("k3", admit=False))
    assert after(room, joining("Zoe")).knocks[-1].id == "k17"


@pytest.mark.parametrize("other", ["Zoe", "zoe", "ZOE", "Z\u043ee"])
def test_two_that_look_alike_do_not_wait_beside_each_other(other: str) -> None:
    room = after(an_asking_room(), joining("Zoe"))
    second = replace(joining(other), digest="another digest")
    with pytest.raises(NicknameTaken):
        decide(room, second, NOON)
    room = after(room, Withdraw(knock_id="k1"))
    assert after(room, second).knocks[0].nickname == other


def test_nobody_waits_by_the_name_of_a_member_or_of_one_who_left() -> None:
    room = after(an_asking_room("Ben", "Eve"), By("p3", Leave()))
    for name in ("Ada", "Ben", "Eve"):
        with pytest.raises(NicknameTaken):
            decide(room, replace(joining(name), digest="another digest"), NOON)


def test_who_left_may_wait_by_their_own_name() -> None:
    room = after(an_asking_room("Eve"), By("p2", Leave()))
    back = replace(joining("Eve", previous="Eve's digest"), digest="a new digest")
    room = after(room, back, answering())
    assert named(room, "Eve").id == "p3"
    assert set(room.reserved.values()) == {"Ada's digest", "a new digest"}


def test_nobody_takes_the_name_of_one_who_waits() -> None:
    room = after(an_asking_room(), joining("Zoe"), By("p1", ChangeOptions(ask=False)))
    with pytest.raises(NicknameTaken):
        decide(room, replace(joining("Zoe"), digest="another digest"), NOON)


@pytest.mark.parametrize("shown", ["digest", "previous"])
def test_who_was_removed_cannot_knock(shown: str) -> None:
    room = after(an_asking_room("Eve"), By("p1", Remove(target="p2")))
    back = joining("Evelyn", previous="Eve's digest" if shown == "previous" else None)
    if shown == "digest":
        back = replace(back, digest="Eve's digest")
    with pytest.raises(Removed):
        decide(room, back, NOON)
    assert after(room, joining("Evelyn")).knocks


def test_nobody_knocks_at_a_full_room() -> None:
    room = an_asking_room("Ben", capacity=2)
    with pytest.raises(RoomFull):
        decide(room, joining("Zoe"), NOON)


def test_nobody_knocks_at_a_locked_room_or_with_another_code() -> None:
    room = an_asking_room()
    with pytest.raises(Locked):
        decide(after(room, By("p1", Lock())), joining("Zoe"), NOON)
    with pytest.raises(WrongCode):
        decide(room, replace(joining("Zoe"), code="KKKKKKKKKK"), NOON)


# Answering


def test_who_is_let_in_sits_down_and_the_log_says_who_did_it() -> None:
    room = after(an_asking_room("Ben"), joining("Zoe"))
    zoe, ada = room.knocks[0], room.members[0]
    room, events = decide(room, answering(), NOON)
    ended, joined = events
    assert ended == KnockEnded(at=NOON, knock=zoe, reason="admitted", by=ada)
    assert (ended.has_line, ended.actor, ended.released) == (True, "p1", "k1")
    assert isinstance(joined, MemberJoined)
    assert joined.member == named(room, "Zoe")
    assert room.holder_of("Zoe's digest") == joined.member
    assert (room.knocks, room.knockers, room.turned_away) == ((), {}, {})


def test_who_is_turned_away_gets_no_seat_and_is_told_why() -> None:
    room = after(an_asking_room(), joining("Zoe"))
    zoe, ada = room.knocks[0], room.members[0]
    turned, events = decide(room, answering(admit=False), NOON)
    assert events == (KnockEnded(at=NOON, knock=zoe, reason="declined", by=ada),)
    assert (turned.knocks, turned.knockers) == ((), {})
    assert turned.members == room.members
    assert turned.turned_away == {"Zoe's digest": "declined"}


def test_who_was_turned_away_may_knock_again_and_by_the_same_name() -> None:
    room = after(an_asking_room(), joining("Zoe"), answering(admit=False))
    room = after(room, joining("Zoe"))
    assert [knock.id for knock in room.knocks] == ["k2"]
    assert room.turned_away == {}


def test_only_hosts_answer_while_one_is_here() -> None:
    room = after(an_asking_room("Ben"), joining("Zoe"))
    for admit in (True, False):
        with pytest.raises(NotHost):
            decide(room, answering(by="p2", admit=admit), NOON)


@pytest.mark.parametrize("admit", [True, False])
def test_any_member_answers_while_all_hosts_are_away(admit: bool) -> None:  # noqa: FBT001 - both
    room = after(an_asking_room("Ben"), joining("Zoe"))
    room, (ended, *_) = decide(with_away(room, "Ada"), answering(by="p2", admit=admit), NOON)
    assert isinstance(ended, KnockEnded)
    assert ended.by == named(room, "Ben")
    assert not room.knocks


def test_a_muted_member_answers_too_while_no_host_is_here() -> None:
    room = after(an_asking_room("Ben"), joining("Zoe"), By("p1", Mute(target="p2")))
    assert named(after(with_away(room, "Ada"), answering(by="p2")), "Zoe").role == "member"


def test_a_host_who_was_away_is_here_once_they_answer() -> None:
    room = with_away(after(an_asking_room("Ben"), joining("Zoe")), "Ada")
    room, events = decide(room, answering(), NOON)
    assert [type(event) for event in events] == [MemberReturned, KnockEnded, MemberJoined]
    assert room.has_host_here


def test_an_outsider_answers_nobody() -> None:
    room = after(an_asking_room("Ben"), joining("Zoe"))
    room = after(with_away(room, "Ada"), By("p2", Leave()))
    with pytest.raises(NoSuchRoom):
        decide(room, answering(by="p2"), NOON)


def test_letting_in_twice_is_told_and_turning_away_who_is_gone_is_quiet() -> None:
    for first in (True, False):
        room = after(an_asking_room(), joining("Zoe"), answering(admit=first))
        with pytest.raises(KnockGone):
            decide(room, answering(), NOON)
        assert decide(room, answering(admit=False), NOON) == (room, ())


@pytest.mark.parametrize("knock", ["", "k", "k0", "k2", "k-1", "k1 ", "K1", "p1", "k\u0661", "1"])
@pytest.mark.parametrize("admit", [True, False])
def test_a_knock_that_never_was_cannot_be_answered(knock: str, admit: bool) -> None:  # noqa: FBT001 - both
    room = after(an_asking_room(), joining("Zoe"))
    with pytest.raises(Invalid) as refused:
        decide(room, answering(knock, admit=admit), NOON)
    assert (refused.value.field, refused.value.problem) == ("knock", "unknown")


def test_a_room_that_filled_up_meanwhile_lets_nobody_in_and_they_go_on_waiting() -> None:
    room = an_asking_room(capacity=2)
    room = after(room, joining("Zoe"), joining("Yan"), answering("k1"))
    with pytest.raises(RoomFull):
        decide(room, answering("k2"), NOON)
    assert [knock.id for knock in room.knocks] == ["k2"]
    room = after(room, By("p2", Leave()), answering("k2"))
    assert named(room, "Yan").id == "p3"


def test_one_who_waits_stays_when_the_room_is_locked_rotated_or_asks_no_more() -> None:
    room = after(
        an_asking_room(),
        joining("Zoe"),
        By("p1", Lock()),
        By("p1", Rotate(code="KKKKKKKKKK")),
    )
    room, events = decide(room, By("p1", ChangeOptions(ask=False)), NOON)
    assert [type(event) for event in events] == [OptionsChanged]
    assert [knock.nickname for knock in room.knocks] == ["Zoe"]
    assert named(after(room, answering()), "Zoe").role == "member"


@pytest.mark.parametrize("shown", ["digest", "previous"])
def test_who_waits_and_joins_again_when_nobody_asks_any_more_sits_down(shown: str) -> None:
    waiting = after(an_asking_room(), joining("Zoe"))
    again = joining("Zoe")
    assert decide(waiting, again, NOON) == (waiting, ()), "the premise: while one asks they wait on"
    if shown == "previous":
        again = replace(again, digest="a new digest", previous="Zoe's digest")
    room = after(waiting, By("p1", ChangeOptions(ask=False)))
    room, events = decide(room, again, NOON)
    ended, joined = events
    assert ended == KnockEnded(at=NOON, knock=waiting.knocks[0], reason="withdrawn")
    assert isinstance(joined, MemberJoined)
    assert room.holder_of(again.digest) == named(room, "Zoe")
    assert (room.knocks, room.knockers, room.turned_away) == ((), {}, {})


def test_who_waits_does_not_get_past_a_lock_though_nobody_asks_any_more() -> None:
    room = after(an_asking_room(), joining("Zoe"), By("p1", ChangeOptions(ask=False)))
    with pytest.raises(Locked):
        decide(after(room, By("p1", Lock())), joining("Zoe"), NOON)
    assert not after(room, joining("Zoe")).knocks


@pytest.mark.parametrize("by", ["the code", "a word"])
def test_who_was_turned_away_and_sits_now_was_not_turned_away(by: str) -> None:
    room = after(an_asking_room(), joining("Zoe"), answering(admit=False))
    assert room.turned_away == {"Zoe's digest": "declined"}
    if by == "the code":
        room = after(room, By("p1", ChangeOptions(ask=False)), joining("Zoe"))
    else:
        invite = By("p1", Invite(digest="a word"))
        room = after(room, invite, replace(joining("Zoe"), word="a word"))
    assert room.holder_of("Zoe's digest") == named(room, "Zoe")
    assert room.turned_away == {}


def test_who_left_muted_knocks_and_is_let_in_muted() -> None:
    room = after(
        an_asking_room("Eve"),
        By("p1", Mute(target="p2")),
        By("p2", Leave()),
        replace(joining("Eve", previous="Eve's digest"), digest="a new digest"),
        answering(),
    )
    assert named(room, "Eve").muted


@pytest.mark.parametrize("held", ["Eve's digest", "a second digest"])
def test_a_knock_does_not_give_their_voice_back_to_who_left_muted(held: str) -> None:
    room = after(
        an_asking_room("Eve"),
        By("p1", Mute(target="p2")),
        By("p2", Leave()),
        replace(joining("Eve", previous="Eve's digest"), digest="a second digest"),
        Withdraw(knock_id="k1"),
        By("p1", ChangeOptions(ask=False)),
        replace(joining("Yvonne", previous=held), digest="a third digest"),
    )
    assert named(room, "Yvonne").muted


def test_the_tokens_of_the_muted_are_not_kept_without_end() -> None:
    room = after(
        an_asking_room("Eve"),
        By("p1", Mute(target="p2")),
        By("p2", Leave()),
    )
    for number in range(1, MOST_SILENCED + 2):
        knocking = joining(f"Eve {number}", previous="Eve's digest")
        room = after(room, knocking, Withdraw(knock_id=f"k{number}"))
    assert len(room.silenced) == MOST_SILENCED
    assert "Eve 1's digest" not in room.silenced
    assert {"Eve's digest", knocking.digest} <= set(room.silenced)


@pytest.mark.parametrize("in_vain", [answering(admit=False), Withdraw(knock_id="k1"), None])
def test_who_knocked_in_vain_is_still_who_they_were(in_vain: Command | None) -> None:
    room = after(
        an_asking_room("Eve"),
        By("p1", Mute(target="p2")),
        By("p2", Leave()),
        replace(joining("Eve", previous="Eve's digest"), digest="a second digest"),
    )
    room = after(room, in_vain) if in_vain else swept(room, EXPIRES)[0]
    back = replace(joining("Eve", previous="a second digest"), digest="a third digest")
    room = after(room, back, answering("k2"))
    assert named(room, "Eve").muted
    assert set(room.reserved.values()) == {"Ada's digest", "a third digest"}


@pytest.mark.parametrize("digest", ["Zoe's digest", "a new digest"])
def test_an_invitation_takes_who_waits_past_the_door(digest: str) -> None:
    room = after(an_asking_room(), joining("Zoe"), By("p1", Invite(digest="word")))
    zoe = room.knocks[0]
    invited = replace(joining("Zoe", previous="Zoe's digest"), digest=digest, code=None)
    with pytest.raises(WrongCode):
        decide(room, replace(invited, word="another word"), NOON)
    room, (ended, joined) = decide(room, replace(invited, word="word"), NOON)
    assert ended == KnockEnded(at=NOON, knock=zoe, reason="withdrawn")
    assert isinstance(joined, MemberJoined)
    assert (room.knocks, room.knockers, room.invitations) == ((), {}, ())
    assert room.holder_of(digest) == named(room, "Zoe")


def test_an_invitation_lets_nobody_take_the_name_of_one_who_waits() -> None:
    room = after(an_asking_room(), joining("Zoe"), By("p1", Invite(digest="word")))
    with pytest.raises(NicknameTaken):
        decide(room, replace(joining("Zoe"), digest="another digest", code=None, word="word"), NOON)
    assert room.knocks


def test_newcomers_who_see_only_what_is_later_do_so_from_when_they_are_let_in() -> None:
    room = after(an_asking_room("Ben", newcomers="later"), joining("Zoe"))
    room = after(room, By("p2", Post(text="said while Zoe waited")))
    said = room.sequence
    room = after(room, answering())
    assert named(room, "Zoe").horizon == said


# Ends


def test_who_waits_no_longer_is_gone_without_a_line() -> None:
    room = after(an_asking_room(), joining("Zoe"))
    zoe = room.knocks[0]
    room, events = decide(room, Withdraw(knock_id="k1"), NOON)
    (ended,) = events
    assert ended == KnockEnded(at=NOON, knock=zoe, reason="withdrawn")
    assert (ended.has_line, ended.actor) == (False, None)
    assert (room.knocks, room.knockers, room.turned_away) == ((), {}, {})
    assert decide(room, Withdraw(knock_id="k1"), NOON) == (room, ())


def test_a_knock_is_due_when_its_time_is_over_and_not_before() -> None:
    room = after(an_asking_room(), joining("Zoe"))
    leases = {"p1": Lease.renewed(EXPIRES)}
    assert due_at(room, leases) == EXPIRES
    assert swept(room, EXPIRES - 0.001) == (room, ())
    expired, (ended,) = swept(room, EXPIRES)
    assert ended == KnockEnded(at=EXPIRES, knock=room.knocks[0], reason="expired")
    assert (ended.has_line, expired.knocks) == (False, ())
    assert expired.turned_away == {"Zoe's digest": "expired"}


def test_each_waits_for_its_own_five_minutes() -> None:
    room = after(an_asking_room(), joining("Zoe"))
    room = after(room, joining("Yan"), now=NOON + 10)
    room, _ = swept(room, EXPIRES + 9)
    assert [knock.nickname for knock in room.knocks] == ["Yan"]


def test_why_somebody_was_turned_away_is_kept_for_the_newest_sixteen() -> None:
    room = an_asking_room()
    for n in range(MOST_KNOCKS + 1):
        room = after(room, joining(f"Guest {n}"), answering(f"k{n + 1}", admit=False))
    assert list(room.turned_away) == [f"Guest {n}'s digest" for n in range(1, MOST_KNOCKS + 1)]


def test_the_end_of_the_room_leaves_nothing_of_who_waits() -> None:
    room = after(an_asking_room(), joining("Yan"), answering(admit=False), joining("Zoe"))
    for end in (By("p1", Close()), By("p1", Leave())):
        wiped, events = decide(room, end, NOON)
        assert isinstance(events[-1], RoomWiped)
        assert (wiped.knocks, wiped.knockers, wiped.turned_away) == ((), {}, {})


def test_who_waits_keeps_no_room_alive() -> None:
    room = after(an_asking_room(), joining("Zoe"))
    wiped, events = swept(room, NOON + GUEST_SECONDS, p1=Lease(NOON, NOON))
    assert isinstance(events[-1], RoomWiped)
    assert wiped.wiped


@pytest.mark.parametrize("first", [True, False])
def test_of_an_answer_and_a_withdrawal_the_first_counts(first: bool) -> None:  # noqa: FBT001 - both
    room = after(an_asking_room(), joining("Zoe"))
    withdrawal = Withdraw(knock_id="k1")
    if first:
        room = after(room, answering())
        assert decide(room, withdrawal, NOON) == (room, ())
    else:
        with pytest.raises(KnockGone):
            decide(after(room, withdrawal), answering(), NOON)


def test_secrets_of_who_waits_are_not_shown() -> None:
    room = after(an_asking_room(), joining("Zoe"), joining("Yan"), answering("k2", admit=False))
    for secret in ("Zoe's digest", "Yan's digest"):
        assert secret in {*room.turned_away, *(one.digest for one in room.knockers.values())}
        assert secret not in repr(room)
