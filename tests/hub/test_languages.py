"""Readers of one room in two languages: each gets what is said in theirs, and shares the rest."""

from collections.abc import Iterator
from typing import Final

import pytest

from ephemera.domain.cursors import NOWHERE
from ephemera.domain.events import ReachChanged
from ephemera.domain.log import Entry
from ephemera.hub.hub import send_away
from ephemera.hub.rendering import Representation
from ephemera.hub.stream import Stream
from ephemera.lobby.lobby import Admission
from ephemera.web.furniture import read_once
from ephemera.web.rendering.live import LiveDocument, WaitingDocument
from ephemera.web.rendering.representations import HtmlEvents, JsonLines, TextLines
from ephemera.web.rendering.site import Site
from tests.support.languages import pseudo_spoken
from tests.support.readers import Reader, Station, a_station, until

FRAGMENTS: Final = read_once(Site())[1]
RESTORING: Final = "The connection to the room is being restored."
JOINED: Final = {
    "events": (
        '<bdi translate="no">Cleo</bdi> joined.',
        '[<bdi translate="no">Cleo</bdi> joined.]',
    ),
    "live": ('<bdi translate="no">Cleo</bdi> joined.', '[<bdi translate="no">Cleo</bdi> joined.]'),
    "json": ('"line":"Cleo joined."', '"line":"[Cleo joined.]"'),
    "raw": ("* Cleo joined.", "* [Cleo joined.]"),
}


def a_representation(kind: str) -> Representation:
    match kind:
        case "events":
            return HtmlEvents(FRAGMENTS)
        case "live":
            return LiveDocument(FRAGMENTS)
        case "json":
            return JsonLines()
        case _:
            return TextLines()


@pytest.fixture(autouse=True)
def pseudo() -> Iterator[str]:
    with pseudo_spoken() as locale:
        yield locale


def heard(reader: Reader) -> str:
    return b"".join(reader.chunks).decode()


async def readers_of(
    representation: Representation, *locales: str
) -> tuple[Station, Admission, list[Reader]]:
    """Let Ada read her room in these languages, and wait until nothing is missed."""
    station = a_station()
    ada = await station.storey.open()
    readers = [
        station.tune_in(ada, after=ada.room.sequence, representation=representation, locale=each)
        for each in locales
    ]
    await until(lambda: all(reader.stream and reader.stream.is_live for reader in readers))
    for reader in readers:
        reader.chunks.clear()
    return station, ada, readers


@pytest.mark.parametrize("locales", [("en", "qps"), ("qps", "en")])
@pytest.mark.parametrize("kind", JOINED)
async def test_each_reader_gets_their_own_language(kind: str, locales: tuple[str, str]) -> None:
    station, ada, readers = await readers_of(a_representation(kind), *locales)
    await station.storey.join(ada, "Cleo")
    await until(lambda: all("Cleo" in heard(reader) for reader in readers))
    for locale, reader in zip(locales, readers, strict=True):
        plain, pseudo = JOINED[kind]
        assert (plain if locale == "en" else pseudo) in heard(reader)
        assert ("[" in heard(reader)) == (locale == "qps")


@pytest.mark.parametrize("kind", JOINED)
async def test_what_holds_no_words_of_ours_is_rendered_once_for_all(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    representation, rendered = a_representation(kind), []
    entry = representation.entry

    def noting(seen: Entry, locale: str) -> bytes:
        rendered.append((seen.event.name, locale))
        return entry(seen, locale)

    monkeypatch.setattr(representation, "entry", noting)
    station, ada, readers = await readers_of(representation, "en", "qps", "en")
    await station.storey.post(ada, "hello")
    await until(lambda: all("hello" in heard(reader) for reader in readers))
    assert len({heard(reader) for reader in readers}) == 1
    assert rendered == [("message-posted", "en")]
    await station.storey.join(ada, "Cleo")
    await until(lambda: all("Cleo" in heard(reader) for reader in readers))
    assert rendered[1:] == [("member-joined", "en"), ("member-joined", "qps")]


async def test_an_action_is_rendered_for_each_as_it_holds_more_than_words() -> None:
    station, ada, readers = await readers_of(HtmlEvents(FRAGMENTS), "en", "qps")
    await station.storey.post(ada, "/me waves")
    await until(lambda: all("waves" in heard(reader) for reader in readers))
    assert heard(readers[0]) == heard(readers[1])


async def test_a_signal_is_in_the_readers_language() -> None:
    station, ada, readers = await readers_of(HtmlEvents(FRAGMENTS), "qps", "en", "qps")
    station.hub.sense(ada.room.id, ReachChanged(reached=False))
    await until(lambda: all(heard(reader) for reader in readers))
    assert [f"[{RESTORING}" in heard(reader) for reader in readers] == [True, False, True]
    assert all(RESTORING in heard(reader) for reader in readers)


@pytest.mark.parametrize("end", ["finite", "goodbye", "left", "resync"])
async def test_what_the_stream_itself_says_is_in_the_readers_language(end: str) -> None:
    representation = LiveDocument(FRAGMENTS) if end == "left" else TextLines()
    station, ada, (english, pseudo) = await readers_of(representation, "en", "qps")
    streams = [reader.stream for reader in (english, pseudo) if reader.stream]
    match end:
        case "finite":
            for stream in streams:
                stream.end(representation.finite)
        case "goodbye":
            for stream in streams:
                send_away(stream)
        case "left":
            await station.storey.leave(ada)
        case _:
            english, pseudo = (
                station.tune_in(ada, after=NOWHERE, representation=representation, locale=each)
                for each in ("en", "qps")
            )
    await until(lambda: heard(english) and heard(pseudo))
    assert "[" in heard(pseudo)
    assert "[" not in heard(english)


@pytest.mark.parametrize("document", [LiveDocument, WaitingDocument])
def test_a_document_begins_in_the_readers_language(
    document: type[LiveDocument | WaitingDocument],
) -> None:
    told = {
        locale: document(FRAGMENTS).greeting(
            Stream("r", "p1", TextLines(), Reader().write, cursor=NOWHERE, locale=locale)
        )
        for locale in ("en", "qps")
    }
    assert b'<html lang="qps"' in told["qps"]
    assert b"[" in told["qps"]
    assert b"[" not in told["en"]
