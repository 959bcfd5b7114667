"""Saying something: once, twice to be sure, or again because the answer got lost."""

from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from bench.load.ledger import TEXT
from bench.load.sse import post_head
from bench.soak.calls import CLOSED, LATE, Answer, Then
from bench.soak.member import Member
from bench.soak.record import Record
from bench.soak.world import World

LONG: Final = 0.1
"""So many messages are longer, by up to so many times the text."""
LONGEST: Final = 20
AGAIN: Final = 0.1
LOST: Final = 0.05
"""So many are posted again after the answer, and so many without having waited for it."""
AT_ONCE: Final = 0.01
TRY_AGAIN_AFTER: Final = 0.5


class Talk:
    """Posts messages, half of them as htmx does, half as a program does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last = 0

    def post(self, record: Record, member: Member) -> None:
        """Let a member say something new."""
        self._last += 1
        number, world = self._last, self._world
        member.under_way += 1
        request = self._request(number, member)
        once = partial(self._answered, record, member, number)
        dice = world.dice.random()
        if dice < AGAIN:
            once = partial(self._again, request, record, number, once)
        elif dice < AGAIN + LOST:
            world.done["posts whose answer was lost"] += 1
            world.calls.send_and_go(request, world.dice.uniform(0, 2 * AT_ONCE))
            again = partial(self._send, request, record, once)
            world.loop.after(world.dice.uniform(0, TRY_AGAIN_AFTER), again)
            return
        self._send(request, record, once)

    def _request(self, number: int, member: Member) -> bytes:
        dice, calls, seat = self._world.dice, self._world.calls, member.seat
        times = dice.randint(2, LONGEST) if dice.random() < LONG else 1
        text = " ".join([TEXT.format(number), *["And so on, and on."] * (times - 1)])
        fields = {"key": f"soak-{number}", "text": text}
        if dice.random() < 1 / 2:
            return calls.form(f"/rooms/{seat.room}/messages", seat.token, **fields)
        body = urlencode(fields).encode()
        return b"%b%d\r\n\r\n%b" % (post_head(calls.port, seat), len(body), body)

    def _again(
        self, request: bytes, record: Record, number: int, then: Then, answer: Answer
    ) -> None:
        self._world.done["posts sent again after the answer"] += 1
        self._note(record, number, answer)
        self._send(request, record, then)

    def _answered(self, record: Record, member: Member, number: int, answer: Answer) -> None:
        member.under_way -= 1
        self._note(record, number, answer)

    def _send(self, request: bytes, record: Record, then: Then) -> None:
        """Send it; like a person, send it again when there is no answer."""
        self._world.calls.send(request, partial(self._sent, request, record, then))

    def _sent(self, request: bytes, record: Record, then: Then, answer: Answer) -> None:
        if answer.status not in {CLOSED, LATE}:
            then(answer)
            return
        record.fault("a post without an answer", "late" if answer.status == LATE else "closed")
        self._world.loop.after(TRY_AGAIN_AFTER, partial(self._send, request, record, then))

    def _note(self, record: Record, number: int, answer: Answer) -> None:
        if answer.status == HTTPStatus.CREATED:
            record.said(int(answer.fields()["id"].removeprefix("m-")), number)
        elif answer.status == HTTPStatus.NOT_FOUND and record.is_ending:
            self._world.done["posts after the end of the room"] += 1
            return
        elif answer.status != HTTPStatus.OK:
            record.fault("a post that was refused", f"with {answer.status}")
            return
        self._world.done["posts accepted"] += number not in record.accepted
        record.accepted.add(number)
