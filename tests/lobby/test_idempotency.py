"""A request that is sent again, because its answer was lost."""

from dataclasses import replace

import pytest

from ephemera.domain.errors import Invalid, NicknameTaken
from ephemera.domain.rooms import Options
from ephemera.domain.tokens import digest_of
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.idempotency import SHORTEST_KEY, IdempotencyKeys
from ephemera.lobby.lobby import Admission
from tests.support.rooms import BusyEngine, a_storey

KEY = "a-key-nobody-can-guess"
THREE = Options(capacity=3)


async def test_the_same_opening_with_the_same_key_is_the_same_room() -> None:
    storey = a_storey()
    first = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    again = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    assert (again.room.id, again.member.id, again.token) == (first.room.id, "p1", first.token)
    assert await storey.engine.count_rooms() == 1


async def test_a_key_dies_once_its_answer_has_arrived() -> None:
    storey = a_storey()
    first = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    storey.clock.turn(1)
    again = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    assert again.room.id == first.room.id, "the premise: nothing has been seen of Ada yet"
    await storey.presence.renew(first.room.id, first.member.id)
    other = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    third = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    rooms = (first.room, other.room, third.room)
    assert len({room.id for room in rooms}) == len({room.code for room in rooms}) == 3
    assert len({first.token, other.token, third.token}) == 3


@pytest.mark.parametrize(
    ("nickname", "options"),
    [
        ("Ada", replace(THREE, grace=30)),
        ("Ada", replace(THREE, capacity=4)),
        ("Ada", replace(THREE, ask=True)),
        ("Ada", replace(THREE, newcomers="later")),
        ("Ada", replace(THREE, vanish=60)),
        ("Adah", THREE),
    ],
)
async def test_another_opening_with_the_same_key_is_another_room(
    nickname: str, options: Options
) -> None:
    storey = a_storey()
    first = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    second = await storey.lobby.open(nickname, options, "visitor", KEY)
    assert second.room.id != first.room.id
    assert second.token != first.token


async def test_a_key_of_a_room_that_is_gone_opens_a_new_one_under_the_same_name() -> None:
    storey = a_storey()
    first = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    await storey.leave(first)
    again = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    assert again.room.generation != first.room.generation
    assert again.room.code != first.room.code


async def test_the_same_joining_with_the_same_key_is_the_same_seat() -> None:
    storey = a_storey()
    ada = await storey.open(capacity=3)
    first = await storey.lobby.join(ada.room.code, "Ben", "visitor", lambda _: None, KEY)
    again = await storey.lobby.join(ada.room.code, "Ben", "visitor", lambda _: None, KEY)
    assert isinstance(first, Admission)
    assert again == first
    assert len((await storey.room(ada)).members) == 2


async def test_without_the_key_or_with_another_the_nickname_is_taken() -> None:
    storey = a_storey()
    ada = await storey.open(capacity=3)
    await storey.lobby.join(ada.room.code, "Ben", "visitor", lambda _: None, KEY)
    for key in (None, KEY + "2"):
        with pytest.raises(NicknameTaken):
            await storey.lobby.join(ada.room.code, "Ben", "visitor", lambda _: None, key)


async def test_a_retry_that_overtakes_the_original_is_the_same_seat() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada = await storey.open(capacity=3)

    async def retry() -> None:
        await a_storey(engine, clock=storey.clock).lobby.join(
            ada.room.code, "Ben", "visitor", lambda _: None, KEY
        )

    engine.faster = retry
    ben = await storey.lobby.join(ada.room.code, "Ben", "visitor", lambda _: None, KEY)
    assert isinstance(ben, Admission)
    room = await storey.room(ada)
    assert [member.nickname for member in room.members] == ["Ada", "Ben"]
    assert room.seats[ben.member.id].digest == digest_of(ben.token)


async def test_a_key_that_could_be_guessed_is_refused() -> None:
    storey = a_storey()
    for key in ("1", "x" * (SHORTEST_KEY - 1)):
        with pytest.raises(Invalid) as refusal:
            await storey.lobby.open("Ada", THREE, "visitor", key)
        assert (refusal.value.field, refusal.value.problem) == ("key", "too-short")
    assert await storey.engine.count_rooms() == 0


def test_tokens_of_keys_depend_on_the_secret_and_on_every_part_of_the_request() -> None:
    ours, theirs = IdempotencyKeys(b"one secret"), IdempotencyKeys(b"another secret")
    tokens = {
        ours.token(KEY, "room", "Ada"),
        ours.token(KEY, "room", "Ben"),
        ours.token(KEY, "moor", "Ada"),
        ours.token(KEY + "x", "room", "Ada"),
        theirs.token(KEY, "room", "Ada"),
    }
    assert len(tokens) == 5
    assert {len(token) for token in tokens} == {43}
    assert ours.token(KEY, "room", "Ada") in tokens


async def test_the_engine_learns_neither_key_nor_token() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada = await storey.lobby.open("Ada", THREE, "visitor", KEY)
    kept = engine._rooms[ada.room.id]
    everything = f"{kept} {kept.room.seats['p1'].digest} {kept.room.reserved}"
    assert digest_of(ada.token) in everything
    assert KEY not in everything
    assert ada.token not in everything
