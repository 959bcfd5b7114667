"""Which engine rooms live in."""

from ephemera.engine.base import Engine, EngineUnfit
from ephemera.engine.memory import MemoryEngine


def engine_at(where: str, *, strict: bool) -> Engine:
    """Return the engine: `memory`, or that at a URL; `strict` refuses one that writes to a disk.

    Raises `EngineUnfit`.
    """
    if where == "memory":
        return MemoryEngine()
    try:
        from ephemera.engine.redis import RedisEngine, connect  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        needs = "EPHEMERA_ENGINE needs redis, hiredis and msgspec: docs/install.md says how."
        raise EngineUnfit(needs) from None
    return RedisEngine(connect(where), strict=strict)
