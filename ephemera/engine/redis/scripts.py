"""The scripts that run inside the engine: each one atomic step in one hash slot."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

import hiredis

from ephemera.domain.events import MemberJoined, MessageEdited, MessagePosted, RoomRestored
from ephemera.domain.log import LOG_BYTES, LOG_EVENTS, Entry
from ephemera.engine.base import Change
from ephemera.engine.redis.keys import key_of_code, keys_of
from ephemera.engine.redis.pipeline import Client, Pipelines
from ephemera.engine.redis.records import (
    entry_to_text,
    generation_to_text,
    lease_to_text,
    news_of,
    pieces_of,
    trace_of,
)

GONE_SECONDS: Final = 900
"""So long it is remembered that a room was wiped, and how: for processes that did not hear."""


class Script:
    """A script that the engine knows by its hash, and is told again when it forgot."""

    def __init__(self, client: Client, pipelines: Pipelines, text: str) -> None:
        self._script = client.register_script(text)
        self._pipelines = pipelines

    async def __call__(self, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:  # noqa: ANN401 - whatever it returns
        """Run it, for keys of one node, all of which begin with the same hash tag."""
        if pipeline := self._pipelines.to(keys[0]):
            answer = await pipeline.ask("EVALSHA", self._script.sha, len(keys), *keys, *arguments)
            if not isinstance(answer, hiredis.ReplyError):
                return answer
        return await self._script(keys, arguments)


class Scripts:
    """All scripts, by the name of their file.

    `make_room` is `commit` for what must be possible when the engine's memory is full. The rest
    may take a little more than all of it; what a visitor brings in may not.
    """

    def __init__(self, client: Client) -> None:
        self._pipelines = Pipelines(client)
        known = partial(Script, client, self._pipelines)
        self.ask = known(_text("ask"))
        self.commit = known("#!lua\n" + _text("commit"))
        self.make_room = known("#!lua flags=allow-oom\n" + _text("commit"))
        self.renew = known(_text("renew"))
        self.take = known(_text("take"))
        self.spend = known(_text("spend"))
        self.refund = known(_text("refund"))
        self.postpone = known(_text("postpone"))
        self.put = known(_text("put"))

    async def close(self) -> None:
        """Let go of the connections on which they were asked for."""
        await self._pipelines.close()


def _text(name: str) -> str:
    return Path(__file__).with_name(f"{name}.lua").read_text("utf-8")


def takes_memory(change: Change) -> bool:
    """Tell whether the change brings in something large: a room, a member, or words."""
    return change.before is None or any(
        isinstance(entry.event, MemberJoined | MessagePosted | MessageEdited)
        for entry in change.entries
    )


def keys_of_commit(change: Change) -> list[str]:
    """Return the KEYS of `commit.lua`."""
    keys = keys_of(change.room_id)
    before = key_of_code(change.before.code) if change.before else keys.room
    code = key_of_code(change.room.code) if change.room else keys.room
    if change.before is None:
        before = code
    return [keys.room, keys.leases, keys.log, keys.gone, keys.due, keys.taken, before, code]


def arguments_of_commit(
    change: Change, amended: Sequence[Entry], appended: Sequence[Entry]
) -> list[str | int]:
    """Return the ARGV of `commit.lua`: what becomes of entries of the log, and what it gets."""
    room = change.room
    before = change.before
    generation = generation_to_text(before.generation) if before else ""
    arguments: list[str | int] = [change.room_id, change.version, generation]
    arguments += _table((member, repr(seen)) for member, seen in change.unless_seen.items())
    brought_back = isinstance(change.entries[0].event, RoomRestored)
    arguments += [1 if room else 0, 1 if brought_back else 0]
    arguments.append(news_of(change.entries, wiped=room is None))
    if room is None:
        return [*arguments, trace_of(change.entries), GONE_SECONDS * 1000]
    pieces = pieces_of(change.before, room)
    arguments.append(repr(change.due))
    arguments += _table((name,) for name in pieces.gone)
    arguments += _table(pieces.changed.items())
    arguments += _table(_row(entry) for entry in amended)
    arguments += _table(_row(entry) for entry in appended)
    arguments += [LOG_EVENTS, LOG_BYTES]
    arguments += _table((member.id,) for member in room.members)
    arguments += _table((member, lease_to_text(it)) for member, it in change.leases.items())
    return arguments


def _row(entry: Entry) -> tuple[str, str]:
    return str(entry.sequence), entry_to_text(entry.event)


def _table(rows: Any) -> Iterator[str | int]:  # noqa: ANN401 - rows of text, of any width
    """Yield the number of rows, then what is in them."""
    rows = list(rows)
    return chain((len(rows),), *rows)
