"""Whether an engine is fit to keep rooms: ours alone, new enough, and set to forget.

Nothing is written to an engine that is not.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from redis.exceptions import ResponseError

from ephemera.engine.base import EngineUnfit
from ephemera.engine.redis.keys import LAYOUT
from ephemera.engine.redis.pipeline import Client
from ephemera.engine.redis.scripts import Scripts

LAYOUT_VERSION: Final = "1"
OLDEST: Final = 7
"""Of Redis; Valkey says that it is as good as Redis 7.2."""
FORGETFUL: Final[Mapping[str, tuple[str, str]]] = {
    "save": ("", "it writes what is said to disk"),
    "appendonly": ("no", "it writes what is said to disk"),
    "repl-diskless-sync": ("yes", "it writes what is said to disk for its replicas"),
    "repl-diskless-load": ("swapdb", "it writes what is said to disk as a replica"),
    "slowlog-log-slower-than": ("-1", "it keeps slow commands with what was said in them"),
    "commandlog-execution-slower-than": ("-1", "it keeps commands with what was said in them"),
    "commandlog-request-larger-than": ("-1", "it keeps commands with what was said in them"),
    "commandlog-reply-larger-than": ("-1", "it keeps commands with what was said in them"),
    "crash-log-enabled": ("no", "it logs what it was doing when it crashes"),
    "maxmemory-policy": ("noeviction", "it throws rooms away when its memory is full"),
}
"""What an engine must be set to, and what it does otherwise. Those it does not know do not matter:
the `commandlog` is Valkey's."""


async def check(client: Client) -> list[str]:
    """Return a sentence for each setting that does not keep the promises.

    Raises `EngineUnfit` for an engine that is too old, or holds what is not ours.
    """
    await _check_version(client)
    await _check_layout(client)
    await client.spublish(LAYOUT, "")  # nobody listens; but it must be allowed
    try:
        held = await client.config_get(*FORGETFUL)
    except ResponseError:
        return ["The settings of the engine cannot be checked: it does not let us see them."]
    return list(_misfits(held))


async def claim(client: Client, scripts: Scripts, now: float) -> float:
    """Say in the engine that it is ours, and return since when it is: since it lost everything."""
    await scripts.put([LAYOUT], [f"{LAYOUT_VERSION} {now!r}", "NX"])
    return born_in(await client.get(LAYOUT))


def born_in(layout: str) -> float:
    """Return since when the engine is ours."""
    return float(layout.partition(" ")[2])


async def _check_version(client: Client) -> None:
    version = str((await client.info("server"))["redis_version"])
    if int(version.partition(".")[0]) < OLDEST:
        raise EngineUnfit(f"Rooms need Redis {OLDEST} or Valkey 8, or newer; this is {version}.")


async def _check_layout(client: Client) -> None:
    # In this order: whoever begins at the same moment says whose it is before all else.
    is_empty = not await client.dbsize()
    layout = await client.get(LAYOUT)
    if layout is None and not is_empty:
        raise EngineUnfit("The engine holds what is not Ephemera's; give Ephemera one of its own.")
    if layout and layout.partition(" ")[0] != LAYOUT_VERSION:
        raise EngineUnfit("The engine holds rooms of another version of Ephemera; it is untouched.")


def _misfits(held: Mapping[str, str]) -> Iterator[str]:
    for name, (wanted, otherwise) in FORGETFUL.items():
        if held.get(name, wanted) != wanted:
            setting = f"{name} {wanted}" if wanted else f'{name} ""'
            yield f"The engine is not set to forget: {otherwise}. It needs `{setting}`."
