"""Invitations: ways in for so many, with a word that nobody keeps."""

import asyncio

import pytest

from ephemera.domain.commands import ChangeOptions, Lock, Remove, Revoke, Rotate
from ephemera.domain.errors import (
    Invalid,
    InvitationGone,
    NicknameTaken,
    NotHost,
    Refusal,
    TooMany,
    WrongCode,
)
from ephemera.engine.base import Engine
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.idempotency import IdempotencyKeys
from ephemera.lobby.issuing import Issued, Issuing
from ephemera.lobby.lobby import Admission, Waiting
from tests.support.rooms import BusyEngine, FarEngine, Storey, a_storey

KEY = "a-key-nobody-can-guess"
FAILURES = 10


class Inviting:
    """A storey in which Ada has a room and hands out invitations."""

    def __init__(self, storey: Storey, ada: Admission) -> None:
        self.storey = storey
        self.ada = ada
        self._issuing = Issuing(storey.lobby, IdempotencyKeys(b"a secret of the tests"))

    @classmethod
    async def opened(cls, engine: Engine | None = None, *, rate_limits: bool = False) -> "Inviting":
        storey = a_storey(engine, rate_limits=rate_limits)
        return cls(storey, await storey.open())

    async def issue(self, uses: int = 1, seconds: int = 3600, key: str | None = None) -> Issued:
        return await self.issue_as(self.ada, uses, seconds, key)

    async def issue_as(
        self, host: Admission, uses: int = 1, seconds: int = 3600, key: str | None = None
    ) -> Issued:
        seated = await self.storey.seated(host)
        return await self._issuing.issue(seated, uses, seconds, key)

    async def follow(
        self, word: object, nickname: str, held: str | None = None, key: str | None = None
    ) -> Admission:
        place = await self.storey.lobby.join(str(word), nickname, "visitor", lambda _: held, key)
        assert isinstance(place, Admission)
        return place

    async def rotate(self) -> None:
        await self.storey.act(self.ada, Rotate(code="ZYXWVTSRQP"))

    async def revoke(self, issued: Issued) -> None:
        await self.storey.act(self.ada, Revoke(invitation=issued.invitation.id))

    async def nicknames(self) -> list[str]:
        return [member.nickname for member in (await self.storey.room(self.ada)).members]


async def test_whoever_follows_an_invitation_takes_a_seat_once() -> None:
    there = await Inviting.opened()
    issued = await there.issue()
    ben = await there.follow(issued.word, "Ben")
    assert (ben.room.id, ben.member.nickname, ben.member.role) == (
        there.ada.room.id,
        "Ben",
        "member",
    )
    with pytest.raises(WrongCode):
        await there.follow(issued.word, "Cleo")
    assert await there.nicknames() == ["Ada", "Ben"]


async def test_the_engine_knows_no_word() -> None:
    engine = MemoryEngine()
    there = await Inviting.opened(engine)
    issued = await there.issue(key=KEY)
    kept = f"{engine._rooms} {(await there.storey.room(there.ada)).words}"
    assert issued.word.digest in kept
    assert issued.word.secret not in kept
    assert KEY not in kept
    assert issued.word.secret not in f"{issued!r}"


async def test_only_a_host_issues() -> None:
    there = await Inviting.opened()
    ben = await there.storey.join(there.ada, "Ben")
    assert await there.issue()
    with pytest.raises(NotHost):
        await there.issue_as(ben)


async def test_the_same_request_with_the_same_key_is_the_same_invitation() -> None:
    there = await Inviting.opened()
    first = await there.issue(key=KEY)
    assert await there.issue(key=KEY) == first
    assert len((await there.storey.room(there.ada)).invitations) == 1
    for other in (
        await there.issue(),
        await there.issue(2, key=KEY),
        await there.issue(1, 600, key=KEY),
        await there.issue(key=KEY + "2"),
    ):
        assert other.word != first.word
        assert other.invitation.id != first.invitation.id


async def test_a_retry_does_not_open_again_what_is_over() -> None:
    there = await Inviting.opened()
    for number, end in enumerate(("used", "revoked", "rotated", "expired")):
        key = KEY + end
        issued = await there.issue(key=key)
        if end == "used":
            await there.follow(issued.word, f"Guest {number}")
        elif end == "revoked":
            await there.revoke(issued)
        elif end == "rotated":
            await there.rotate()
        else:
            there.storey.clock.turn(3600)
        with pytest.raises(InvitationGone):
            await there.issue(key=key)
        with pytest.raises(WrongCode):
            await there.follow(issued.word, "Mallory")


async def test_a_retry_that_overtakes_the_original_is_the_same_invitation() -> None:
    engine = BusyEngine()
    there = await Inviting.opened(engine)
    overtaking: list[Issued] = []

    async def retry() -> None:
        overtaking.append(await there.issue(key=KEY))

    engine.faster = retry
    issued = await there.issue(key=KEY)
    assert overtaking == [issued]
    assert len((await there.storey.room(there.ada)).invitations) == 1


async def test_a_key_that_could_be_guessed_is_refused() -> None:
    there = await Inviting.opened()
    with pytest.raises(Invalid) as refusal:
        await there.issue(key="1")
    assert (refusal.value.field, refusal.value.problem) == ("key", "too-short")


@pytest.mark.parametrize("uses", [1, 2, 5])
async def test_fifty_at_once_get_no_more_seats_than_the_invitation_has(uses: int) -> None:
    there = await Inviting.opened(FarEngine())
    issued = await there.issue(uses)

    async def follow(number: int) -> bool:
        try:
            await there.follow(issued.word, f"Guest {number}")
        except WrongCode:
            return False
        return True

    seated = await asyncio.gather(*(follow(number) for number in range(50)))
    assert sum(seated) == uses
    room = await there.storey.room(there.ada)
    assert len(room.members) == 1 + uses
    assert room.invitations == ()


async def test_whoever_came_by_an_invitation_comes_back_by_it_though_it_is_used_up() -> None:
    there = await Inviting.opened()
    issued = await there.issue()
    ben = await there.follow(issued.word, "Ben")
    with pytest.raises(WrongCode):
        await there.follow(issued.word, "Cleo")
    again = await there.follow(issued.word, "Somebody", held=ben.token)
    assert (again.member.id, again.token) == (ben.member.id, ben.token)
    assert await there.nicknames() == ["Ada", "Ben"]


async def test_a_lost_answer_does_not_cost_the_seat() -> None:
    there = await Inviting.opened()
    issued = await there.issue()
    first = await there.follow(issued.word, "Ben", key=KEY)
    again = await there.follow(issued.word, "Ben", key=KEY)
    assert (again.member.id, again.token) == (first.member.id, first.token)
    for nickname, key in (("Ben", KEY + "2"), ("Cleo", KEY)):
        with pytest.raises(WrongCode):
            await there.follow(issued.word, nickname, key=key)


async def test_who_is_seated_already_leaves_the_invitation_to_others() -> None:
    there = await Inviting.opened()
    issued = await there.issue()
    await there.follow(issued.word, "Whoever", held=there.ada.token)
    assert await there.nicknames() == ["Ada"]
    await there.follow(issued.word, "Ben")
    assert await there.nicknames() == ["Ada", "Ben"]


async def test_a_refused_nickname_uses_nothing_up() -> None:
    there = await Inviting.opened()
    issued = await there.issue()
    for nickname, refusal in (("Ada", NicknameTaken), ("", Invalid)):
        with pytest.raises(refusal):
            await there.follow(issued.word, nickname)
    assert (await there.follow(issued.word, "Ben")).member.nickname == "Ben"


async def test_it_goes_past_the_lock_and_past_asking() -> None:
    there = await Inviting.opened()
    await there.storey.act(there.ada, ChangeOptions(ask=True))
    code = (await there.storey.room(there.ada)).code
    knocked = await there.storey.lobby.join(code, "Ben", "visitor", lambda _: None)
    assert isinstance(knocked, Waiting), "the premise: who has the code asks"
    await there.storey.act(there.ada, Lock())
    issued = await there.issue()
    assert (await there.follow(issued.word, "Cleo")).member.nickname == "Cleo"


async def test_a_removal_ends_the_invitations_with_the_code() -> None:
    there = await Inviting.opened()
    issued = await there.issue(2)
    ben = await there.follow(issued.word, "Ben")
    await there.storey.act(there.ada, Remove(target=ben.member.id, code="ZYXWVTSRQP"))
    for held in (None, ben.token):
        with pytest.raises(WrongCode):
            await there.follow(issued.word, "Ben again", held=held)


async def test_a_word_that_is_over_costs_as_much_as_a_wrong_code() -> None:
    """Or whoever has one could tell, by when they are stopped, that it was good once."""
    for end in ("used", "expired", "wrong"):
        there = await Inviting.opened(rate_limits=True)
        issued = await there.issue()
        await there.follow(issued.word, "Ben") if end == "used" else None
        there.storey.clock.turn(3600 if end == "expired" else 0)
        word = issued.word._replace(secret="x" * 43) if end == "wrong" else issued.word
        answers: list[type[Refusal]] = []
        for _ in range(FAILURES + 1):
            with pytest.raises((WrongCode, TooMany)) as refusal:
                await there.follow(word, "Mallory")
            answers.append(refusal.type)
        assert answers == [WrongCode] * FAILURES + [TooMany], end


async def test_a_good_word_costs_nothing() -> None:
    there = await Inviting.opened(rate_limits=True)
    issued = await there.issue(7)
    for _ in range(3 * FAILURES):
        with pytest.raises(NicknameTaken):
            await there.follow(issued.word, "Ada")
    await there.follow(issued.word, "Ben")


async def test_a_word_of_a_room_that_is_gone_opens_nothing() -> None:
    there = await Inviting.opened()
    issued = await there.issue(2)
    await there.follow(issued.word, "Ben")
    await there.storey.lobby.close(await there.storey.seated(there.ada))
    with pytest.raises(WrongCode):
        await there.follow(issued.word, "Cleo")


async def test_a_secret_opens_no_other_room() -> None:
    there = await Inviting.opened()
    issued, next_door = await there.issue(), await there.storey.open("Mallory")
    with pytest.raises(WrongCode):
        await there.follow(issued.word._replace(room_id=next_door.room.id), "Mallory")
    assert await there.follow(issued.word, "Ben")
