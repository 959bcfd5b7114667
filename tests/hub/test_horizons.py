"""What is not for everybody: newcomers' horizons, documents that are outdated, passing signals."""

from dataclasses import replace
from typing import Any

import pytest

from ephemera.domain.commands import ChangeOptions, Delete, Edit, React
from ephemera.domain.cursors import Cursor
from ephemera.domain.events import MemberWriting, Signal, amends
from ephemera.domain.log import Entry
from ephemera.lobby.lobby import Admission
from ephemera.web.rendering.representations import JsonLines, TextLines
from tests.support.readers import Reader, Station, a_station, quiet, until


class Paper(JsonLines):
    """JSON lines on paper: what is written cannot be changed any more."""

    def outdates(self, entry: Entry) -> bool:
        return amends(entry.event)


class CountingSignals(JsonLines):
    """JSON lines that count how often a signal is rendered."""

    def __init__(self) -> None:
        self.rendered = 0

    def signal(self, signal: Signal, locale: str, /) -> bytes:
        self.rendered += 1
        return super().signal(signal, locale)


async def reply(station: Station, who: Admission, text: str, message: int) -> int:
    seated = await station.storey.seated(who)
    return (await station.storey.talk.post(seated, text, None, message)).sequence


async def with_a_newcomer(station: Station) -> tuple[Admission, Admission, int]:
    """Return Ada, who said something, and Ben, who came when newcomers see only what is later."""
    ada = await station.storey.open()
    before = await station.storey.post(ada, "before")
    await station.storey.act(ada, ChangeOptions(newcomers="later"))
    ben = await station.storey.join(ada, "Ben")
    assert ben.member.horizon > before
    return ada, ben, before


def tune_in(station: Station, who: Admission, after: Cursor | int = 0, **how: Any) -> Reader:  # noqa: ANN401 - as Station has it
    return station.tune_in(who, after=after, horizon=who.member.horizon, **how)


@pytest.mark.parametrize("after", [0, 2, 3, 4])
async def test_a_newcomer_catches_up_with_nothing_of_before(after: int) -> None:
    station = a_station()
    ada, ben, _ = await with_a_newcomer(station)
    await station.storey.post(ada, "after")
    everything, theirs = station.tune_in(ada), tune_in(station, ben, after)
    await until(lambda: everything.texts == ["before", "after"])
    await until(lambda: theirs.texts == ["after"])
    assert min(theirs.sequences) == ben.member.horizon + 1


async def test_a_resync_gives_a_newcomer_nothing_of_before() -> None:
    station = a_station()
    ada, ben, _ = await with_a_newcomer(station)
    await station.storey.post(ada, "after")
    whole, theirs = (tune_in(station, who, Cursor("0", 0)) for who in (ada, ben))
    await until(lambda: whole.names == theirs.names == ["resync"])
    told = [[event.get("text") for event in one.lines[0]["events"]] for one in (whole, theirs)]
    assert [words for words in told[0] if words] == ["before", "after"]
    assert [words for words in told[1] if words] == ["after"]


@pytest.mark.parametrize("catching_up", [False, True])
async def test_what_becomes_of_earlier_words_is_not_told_to_a_newcomer(
    catching_up: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    station = a_station()
    ada, ben, before = await with_a_newcomer(station)
    theirs = tune_in(station, ben)
    await until(lambda: theirs.stream and theirs.stream.is_live)
    await station.storey.act(ada, Edit(message=before, text="before, edited"))
    await station.storey.act(ada, React(message=before, sign="yes"))
    await reply(station, ada, "after", before)
    await station.storey.act(ada, Delete(message=before))
    last = await station.storey.post(ada, "the last")
    if catching_up:
        theirs = tune_in(station, ben)
    await until(lambda: theirs.texts == ["after", "the last"])
    assert set(theirs.names) == {"member-joined", "message-posted"}
    assert "reply" not in next(line for line in theirs.lines if line.get("text") == "after")
    assert "before" not in b"".join(theirs.chunks).decode()
    assert theirs.stream
    assert theirs.stream.cursor.sequence == last


async def test_who_sees_no_quote_and_who_does_are_told_each_their_own() -> None:
    station = a_station()
    ada, ben, before = await with_a_newcomer(station)
    hers, theirs = station.tune_in(ada), tune_in(station, ben)
    again = tune_in(station, ben)
    await until(lambda: all(one.stream and one.stream.is_live for one in (hers, theirs, again)))
    await reply(station, ada, "after", before)
    await until(lambda: all(one.texts[-1:] == ["after"] for one in (hers, theirs, again)))
    assert hers.lines[-1]["reply"]["text"] == "before"
    assert theirs.lines[-1] == again.lines[-1]
    assert "before" not in str(theirs.lines[-1])


async def test_what_cannot_be_changed_any_more_ends_and_nothing_else_does() -> None:
    station, paper = a_station(), Paper()
    ada = await station.storey.open()
    said = await station.storey.post(ada, "said")
    document, screen = await station.live(ada, paper), await station.live(ada)
    await station.storey.post(ada, "said, too")
    await until(lambda: document.texts == screen.texts == ["said", "said, too"])
    await quiet()
    assert document.is_served
    await station.storey.act(ada, Delete(message=said))
    await until(lambda: not document.is_served)
    assert document.was_ended
    await until(lambda: screen.names[-1] == "message-deleted")
    assert screen.is_served


async def test_a_document_is_not_outdated_by_what_is_not_in_it() -> None:
    station, paper = a_station(), Paper()
    ada, ben, before = await with_a_newcomer(station)
    hers, theirs = (
        tune_in(station, ada, representation=paper),
        tune_in(station, ben, representation=paper),
    )
    await until(lambda: all(one.stream and one.stream.is_live for one in (hers, theirs)))
    await station.storey.act(ada, Edit(message=before, text="before, edited"))
    await until(lambda: not hers.is_served)
    await quiet()
    assert theirs.is_served
    await station.storey.act(
        ada, Edit(message=await station.storey.post(ada, "after"), text="edited")
    )
    await until(lambda: not theirs.is_served)


async def test_a_signal_is_told_to_whoever_listens_and_moves_nobody_on() -> None:
    station, counting = a_station(), CountingSignals()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    mallory = await station.storey.open("Mallory")
    readers = [await station.live(who, counting) for who in (ada, ben)]
    stranger, lines = await station.live(mallory), await station.live(ada, TextLines())
    written = len(b"".join(lines.chunks))
    await station.storey.talk.signal_writing(await station.storey.seated(ben))
    await until(lambda: all(b'"writing"' in b"".join(one.chunks) for one in readers))
    assert counting.rendered == 1
    for reader in readers:
        assert reader.lines[-1] == {
            "event": "writing",
            "member": "p2",
            "nickname": "Ben",
            "role": "member",
        }
        assert reader.stream
        assert reader.stream.cursor == ben.room.cursor
    await quiet()
    assert "writing" not in stranger.names
    assert len(b"".join(lines.chunks)) == written
    assert (await station.storey.room(ada)).sequence == ben.room.sequence
    late = await station.live(ada)
    assert "writing" not in late.names


async def test_a_reader_of_one_answer_and_one_who_catches_up_hear_no_signal() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    writing = MemberWriting(member=replace(ben.member))
    once = tune_in(station, ada, ben.room.sequence, finite=True)
    await until(lambda: once.stream and once.stream.is_live)
    stalled = Reader()
    stalled.flows.clear()
    held = station.tune_in(ada, reader=stalled)
    await until(lambda: len(station.hub) == 2)
    await station.storey.engine.signal(ada.room.id, writing)
    stalled.flows.set()
    await until(lambda: held.stream and held.stream.is_live)
    await station.storey.post(ada, "hello")
    await until(lambda: once.texts == held.texts == ["hello"])
    assert "writing" not in once.names + held.names
