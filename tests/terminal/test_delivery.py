"""A message gets across once, whatever the network does on the way."""

from collections.abc import Iterator

import pytest

from ephemera.terminal.client import Client
from ephemera.terminal.delivery import Backoff, Draft, deliver
from ephemera.terminal.mistakes import Gone, Mistake, Refused, Unreached
from ephemera.terminal.places import read_room
from tests.support.clock import FakeClock
from tests.support.scripted import CUT, Scripted, answer, answer_of_another, fields_of, scripted

POSTED = answer(201)
TOO_FAST = answer(429, "Retry-After: 1\r\n")


def grown(draft: Draft) -> Draft:
    return Draft((*draft.lines, "more"))


async def delivering(server: Scripted, seconds: float = 30) -> None:
    async with Client(read_room(server.url), "token") as client:
        await deliver(client, Draft(("one",)), seconds, grown)


async def test_what_perhaps_arrived_is_sent_again_as_the_same_message() -> None:
    async with scripted(CUT, answer(503), answer(502), TOO_FAST, POSTED) as server:
        await delivering(server)
    assert fields_of(server.asked, "text") == ["one"] * 5
    assert len(set(fields_of(server.asked, "key"))) == 1


@pytest.mark.parametrize("status", [200, 201, 204, 302, 307, 403, 404, 407, 429, 502])
async def test_what_answers_on_the_way_has_not_taken_a_message(status: int) -> None:
    async with scripted(answer_of_another(status), POSTED) as server:
        await delivering(server)
    assert fields_of(server.asked, "text") == ["one"] * 2
    assert len(set(fields_of(server.asked, "key"))) == 1


async def test_who_is_no_ephemera_is_told_as_such() -> None:
    async with scripted(answer_of_another(404)) as server:
        with pytest.raises(
            Mistake, match=r"^No Ephemera answered at 127\.0\.0\.1 \(status 404\)\.$"
        ):
            await delivering(server, 0)


async def test_what_was_too_fast_grows_into_another_message() -> None:
    async with scripted(TOO_FAST, POSTED) as server:
        await delivering(server)
    assert fields_of(server.asked, "text") == ["one", "one\nmore"]
    assert len(set(fields_of(server.asked, "key"))) == 2


async def test_nobody_is_asked_again_after_a_refusal() -> None:
    refusal = answer(413, body=b'{"error":{"message":"Too \\u001b[31mlarge."}}')
    async with scripted(refusal, POSTED) as server:
        with pytest.raises(Refused, match=r"^Too \[31mlarge\.$"):
            await delivering(server)
        assert len(server.asked) == 1


async def test_a_room_that_is_gone_ends_it() -> None:
    async with scripted(answer(404), POSTED) as server:
        with pytest.raises(Gone):
            await delivering(server)
        assert len(server.asked) == 1


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    async with scripted(POSTED) as elsewhere:
        async with scripted(answer(307, f"Location: {elsewhere.url}\r\n")) as server:
            with pytest.raises(Refused, match="status 307"):
                await delivering(server)
        assert elsewhere.asked == []


async def test_patience_ends_with_the_sentence_of_the_last_failure() -> None:
    async with scripted(answer(503)) as server:
        with pytest.raises(Mistake, match=r"127\.0\.0\.1 cannot be reached"):
            await delivering(server, seconds=1)
        assert len(server.asked) > 1


def test_each_wait_is_longer_and_they_end_in_time() -> None:
    clock = FakeClock(0.0)
    waits = list(waits_of(Backoff(60, clock), clock))
    assert clock.now == pytest.approx(60)
    assert 0.25 <= waits[0] <= 0.5
    assert max(waits) <= 15
    assert len(waits) < 20


def test_a_wait_is_as_long_as_it_is_asked_to_be() -> None:
    assert Backoff(60, FakeClock(0.0)).wait(Unreached("no", 20)) == 20


def waits_of(backoff: Backoff, clock: FakeClock) -> Iterator[float]:
    """Wait, on the clock of the test, until it has been long enough."""
    try:
        while True:
            wait = backoff.wait(Unreached("no"))
            clock.turn(wait)
            yield wait
    except Mistake:
        return
