"""`ephemera join URL`: take a seat, or come back to one, and talk."""

import asyncio
import os
import sys
from dataclasses import dataclass, field

from prompt_toolkit import print_formatted_text

from ephemera.terminal.client import Client, Connection
from ephemera.terminal.conversation import Conversation
from ephemera.terminal.door import wait_at_the_door
from ephemera.terminal.events import number_of, text_of, within
from ephemera.terminal.mistakes import Mistake, TooFast, Unreached
from ephemera.terminal.places import (
    TOKEN,
    JoinPlace,
    RoomPlace,
    read_place,
    read_token,
)
from ephemera.terminal.prompt import prompt
from ephemera.terminal.typed import is_text


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat at this terminal, or a place at the door (`waits`).

    `me` is the member's id and `nickname` what they are called, as far as the server has told.
    """

    place: RoomPlace
    token: str = field(repr=False)
    me: str | None = None
    nickname: str = ""
    grace: float = 0.0
    waits: bool = False


def join(url: str, *, nickname: str | None, show_token: bool) -> None:
    """Talk in the room until the person or the room ends it. Raises `Mistake`."""
    place = read_place(url)
    if nickname and not is_text(nickname):
        raise Mistake("The nickname holds bytes that are no text.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Mistake("join needs a terminal; in a pipe, use `ephemera send`.")
    try:
        asyncio.run(_join(place, nickname, show_token=show_token))
    except (KeyboardInterrupt, EOFError):
        sys.exit(130)


async def _join(place: RoomPlace | JoinPlace, nickname: str | None, *, show_token: bool) -> None:
    seat = await _seat(place, nickname)
    if show_token:
        print_formatted_text(f"token {seat.token}")
    async with Client(seat.place, seat.token) as client:
        if seat.waits:
            await wait_at_the_door(client)
        ending = await Conversation(client, seat.me, nickname=seat.nickname, grace=seat.grace).run()
    print_formatted_text(ending.sentence)
    if ending.seat_is_kept:
        print_formatted_text(_way_back(seat, is_known=show_token or not seat.nickname))


async def _seat(place: RoomPlace | JoinPlace, nickname: str | None) -> Seat:
    if isinstance(place, RoomPlace):
        return Seat(place, read_token(os.environ))
    fields = {
        "code": place.code or await _asked("Code: "),
        "nickname": nickname or await _asked("Nickname: "),
    }
    try:
        async with Connection(place.origin) as http:
            answer = await http.post("/join", fields)
    except TooFast as refusal:
        raise Mistake(f"Too many tries; wait {refusal.seconds:.0f} seconds.") from None
    except Unreached as failure:
        raise Mistake(failure.sentence) from None
    return _taken(place.origin, answer)


def _taken(origin: str, answer: object) -> Seat:
    """Return the place that the answer gives; its URL is that of the server we asked."""
    told = answer if isinstance(answer, dict) else {}
    room, member, knock = (within(told, name) for name in ("room", "member", "knock"))
    token = text_of(told, "token")
    if not (room and (member or knock) and token):
        raise Mistake("The server's answer is not that of an Ephemera.")
    place = read_place(f"{origin}/rooms/{text_of(room, 'id')}")
    if isinstance(place, JoinPlace):
        raise Mistake("The server's answer is not that of an Ephemera.")
    return Seat(
        place,
        read_token({TOKEN: token}),
        me=text_of(member, "id") or None,
        nickname=text_of(member or knock, "nickname"),
        grace=number_of(room, "grace"),
        waits=not member,
    )


def _way_back(seat: Seat, *, is_known: bool) -> str:
    if not is_known:
        return "Only its token leads back to it; with --show-token you would have seen it."
    return f"To come back, with its token in {TOKEN}: ephemera join {seat.place.url}"


async def _asked(question: str) -> str:
    return (await prompt(question).prompt_async()).strip()
