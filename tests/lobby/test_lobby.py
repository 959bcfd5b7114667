"""Open, join, post, leave and close, one after the other."""

from itertools import count

import pytest

from ephemera.domain.codes import partition_of
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import (
    Invalid,
    NicknameTaken,
    NoSuchRoom,
    NotHost,
    RoomFull,
    Unavailable,
    WrongCode,
)
from ephemera.domain.rooms import MOST_TRACES, Options
from ephemera.domain.tokens import digest_of
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission, Seated
from tests.support.rooms import DAY, NOON, BusyEngine, a_storey

ROOM_ID_LENGTH = 20


async def test_who_opens_a_room_is_its_host() -> None:
    storey = a_storey()
    ada = await storey.open("  Ada ", capacity=3, grace=30)
    assert (ada.member.nickname, ada.member.role) == ("Ada", "host")
    assert ada.room.options == Options(capacity=3, grace=30)
    assert ada.room.expires_at == NOON + DAY
    assert await storey.room(ada) == ada.room
    assert (await storey.seated(ada)).member == ada.member


async def test_nobody_is_the_author_but_who_has_the_token() -> None:
    storey = a_storey()
    ada = await storey.open()
    assert (await storey.lobby.author(ada.room.id, ada.token)).member == ada.member
    for token in (None, "", "another"):
        with pytest.raises(NoSuchRoom):
            await storey.lobby.author(ada.room.id, token)


async def test_rooms_share_neither_id_nor_code_nor_generation_nor_token() -> None:
    storey = a_storey()
    admissions = [await storey.open() for _ in range(100)]
    for secret in ("id", "code", "generation"):
        assert len({getattr(admission.room, secret) for admission in admissions}) == 100
    assert len({admission.token for admission in admissions}) == 100
    assert {len(admission.room.id) for admission in admissions} == {ROOM_ID_LENGTH}


async def test_the_engine_knows_no_token() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada = await storey.open()
    room = await storey.room(ada)
    assert room.seats[ada.member.id].digest == digest_of(ada.token)
    kept = engine._rooms[room.id]
    assert ada.token not in f"{kept} {room.seats[ada.member.id].digest} {room.reserved}"


@pytest.mark.parametrize(
    ("nickname", "capacity", "grace", "field"),
    [("", 2, 120, "nickname"), ("Ada", 9, 120, "capacity"), ("Ada", 2, 7, "grace")],
)
async def test_a_room_with_a_bad_field_is_not_opened(
    nickname: str, capacity: int, grace: int, field: str
) -> None:
    storey = a_storey()
    with pytest.raises(Invalid) as refusal:
        await storey.open(nickname, capacity=capacity, grace=grace)
    assert refusal.value.field == field
    assert await storey.engine.count_rooms() == 0


async def test_no_more_rooms_are_opened_than_there_may_be() -> None:
    storey = a_storey(most_rooms=2)
    first = await storey.open()
    await storey.open()
    with pytest.raises(Unavailable) as refusal:
        await storey.open()
    assert refusal.value.retry_after > 0
    await storey.leave(first)
    assert await storey.open()


def always_draw_the_same_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw code 0000000000, for rooms whose codes begin with 0."""
    rooms = (name for name in map(str, count()) if partition_of(name) == "0")
    monkeypatch.setattr("secrets.token_hex", lambda _: next(rooms))
    monkeypatch.setattr("secrets.choice", lambda alphabet: alphabet[0])


async def test_a_code_that_is_drawn_twice_opens_no_second_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storey = a_storey()
    always_draw_the_same_code(monkeypatch)
    ada = await storey.open()
    assert ada.room.code == "0000000000"
    with pytest.raises(Unavailable):
        await storey.open("Mallory")
    assert await storey.engine.find("0000000000") == ada.room.id
    assert await storey.engine.count_rooms() == 1


async def test_a_good_code_admits_however_it_is_typed() -> None:
    storey = a_storey()
    ada = await storey.open()
    code = f" {ada.room.code[:5].lower()}-{ada.room.code[5:]}"
    ben = await storey.lobby.join(code, "Ben", "visitor", lambda _: None)
    assert isinstance(ben, Admission)
    assert (ben.room.id, ben.member.nickname, ben.member.role) == (ada.room.id, "Ben", "member")
    assert ben.token != ada.token
    assert (await storey.seated(ben)).member == ben.member


@pytest.mark.parametrize("code", ["", "0000000000", "ABCDE", "x" * 70_000, "ABCDE-FGHJ\0"])
async def test_a_wrong_code_admits_nobody(code: str) -> None:
    storey = a_storey()
    ada = await storey.open()
    assert await storey.join(ada, "Ben")
    with pytest.raises(WrongCode):
        await storey.lobby.join(code, "Mallory", "visitor", lambda _: None)


async def test_the_code_of_a_wiped_room_is_a_wrong_code() -> None:
    storey = a_storey()
    ada = await storey.open()
    await storey.leave(ada)
    with pytest.raises(WrongCode):
        await storey.join(ada, "Ben")


async def test_a_bad_nickname_is_told_before_the_code_is_looked_at() -> None:
    storey = a_storey(rate_limits=True)
    for _ in range(100):
        with pytest.raises(Invalid):
            await storey.lobby.join("0000000000", "", "visitor", lambda _: None)


async def test_who_has_a_seat_already_comes_back_to_it() -> None:
    storey = a_storey()
    ada = await storey.open(capacity=2)
    ben = await storey.join(ada, "Ben")
    again = await storey.join(ada, "Somebody Else", held=ben.token)
    assert (again.member, again.token) == (ben.member, ben.token)
    assert again.room.sequence == ben.room.sequence


async def test_who_had_a_seat_gets_a_new_one_under_the_old_nickname() -> None:
    storey = a_storey()
    ada = await storey.open()
    ben = await storey.join(ada, "Ben")
    await storey.leave(ben)
    with pytest.raises(NicknameTaken):
        await storey.join(ada, "Ben")
    again = await storey.join(ada, "Ben", held=ben.token)
    assert again.token != ben.token
    assert again.member.id != ben.member.id
    with pytest.raises(NoSuchRoom):
        await storey.seated(ben)


async def test_a_held_token_is_asked_for_by_the_id_of_the_room() -> None:
    storey = a_storey()
    ada = await storey.open()
    asked: list[str] = []
    await storey.lobby.join(ada.room.code, "Ben", "visitor", asked.append)
    assert asked == [ada.room.id]


async def test_a_full_room_says_so_to_whom_has_the_code() -> None:
    storey = a_storey()
    ada = await storey.open(capacity=2)
    await storey.join(ada, "Ben")
    with pytest.raises(RoomFull):
        await storey.join(ada, "Cleo")


async def test_a_room_opens_to_the_tokens_of_its_seats_only() -> None:
    storey = a_storey()
    ada, other = await storey.open(), await storey.open("Mallory")
    assert await storey.lobby.seated(ada.room.id, ada.token)
    for room_id, token in (
        (ada.room.id, other.token),
        (ada.room.id, None),
        (ada.room.id, ""),
        (ada.room.id, digest_of(ada.token)),
        ("unknown", ada.token),
        ("", None),
    ):
        with pytest.raises(NoSuchRoom):
            await storey.lobby.seated(room_id, token)


async def test_a_message_is_said_at_its_cursor() -> None:
    storey = a_storey()
    ada = await storey.open()
    cursor = await storey.talk.post(await storey.seated(ada), "hello\r\nthere")
    assert cursor == (await storey.room(ada)).cursor
    log = await storey.engine.read(ada.room.id, Cursor(cursor.generation, cursor.sequence - 1))
    assert log
    assert getattr(log[0].event, "text", None) == "hello\nthere"


async def test_a_bad_text_is_not_said() -> None:
    storey = a_storey()
    ada = await storey.open()
    with pytest.raises(Invalid):
        await storey.post(ada, "\n")
    assert (await storey.room(ada)).sequence == ada.room.sequence


async def test_the_same_key_and_text_are_the_same_message() -> None:
    storey = a_storey()
    ada = await storey.open()
    first = await storey.post(ada, "hello", "k")
    assert await storey.post(ada, "hello", "k") == first
    assert await storey.post(ada, "hello, edited", "k") == first + 1
    assert await storey.post(ada, "hello", "other") == first + 2
    assert await storey.post(ada, "hello") == first + 3
    assert await storey.post(ada, "hello", "k") == first


async def test_a_retry_is_recognised_though_the_room_was_looked_up_before() -> None:
    storey = a_storey()
    ada = await storey.open()
    before = await storey.seated(ada)
    first = await storey.talk.post(before, "hello", "k")
    await storey.post(ada, "something else")
    assert await storey.talk.post(before, "hello", "k") == first


async def test_to_post_is_a_sign_of_life() -> None:
    storey = a_storey()
    ada = await storey.open()
    storey.clock.turn(20)
    await storey.post(ada, "hello")
    snapshot = await storey.load(ada)
    assert snapshot
    assert snapshot.leases[ada.member.id].seen_at == NOON + 20


async def test_after_leaving_nothing_opens() -> None:
    storey = a_storey()
    ada = await storey.open()
    ben = await storey.join(ada, "Ben")
    seated = await storey.seated(ben)
    await storey.leave(ben)
    for late in (storey.talk.post(seated, "hello"), storey.lobby.leave(seated)):
        with pytest.raises(NoSuchRoom):
            await late
    with pytest.raises(NoSuchRoom):
        await storey.seated(ben)
    assert (await storey.seated(ada)).room.members == (ada.member,)


async def test_the_room_ends_with_the_last_leave_at_once() -> None:
    storey = a_storey()
    ada = await storey.open()
    ben = await storey.join(ada, "Ben")
    await storey.leave(ada)
    assert (await storey.seated(ben)).member.role == "host"
    await storey.leave(ben)
    assert await storey.load(ada) is None
    assert await storey.engine.count_rooms() == 0


async def test_only_the_host_ends_the_room() -> None:
    storey = a_storey()
    ada = await storey.open()
    ben = await storey.join(ada, "Ben")
    with pytest.raises(NotHost):
        await storey.lobby.close(await storey.seated(ben))
    assert await storey.load(ada)
    await storey.lobby.close(await storey.seated(ada))
    assert await storey.load(ada) is None


async def test_a_seat_looked_up_is_of_the_room_as_it_was_then() -> None:
    storey = a_storey()
    ada = await storey.open()
    seated = await storey.seated(ada)
    await storey.post(ada, "hello")
    assert isinstance(seated, Seated)
    assert seated.room == ada.room


async def test_the_second_room_of_a_code_that_two_draw_at_once_is_not_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    always_draw_the_same_code(monkeypatch)
    engine.faster = lambda: a_storey(engine).open("Ben")
    with pytest.raises(Unavailable):
        await storey.open("Ada")
    assert await engine.count_rooms() == 1


async def test_of_ever_so_many_messages_only_the_newest_are_traced() -> None:
    storey = a_storey()
    ada = await storey.open()
    said = [await storey.post(ada, f"{number}") for number in range(MOST_TRACES + 5)]
    assert list((await storey.room(ada)).traces) == said[-MOST_TRACES:]
