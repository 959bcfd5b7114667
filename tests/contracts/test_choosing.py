"""Where rooms live, by the setting."""

import sys

import pytest

from ephemera.engine.base import EngineUnfit
from ephemera.engine.choosing import engine_at
from ephemera.engine.memory import MemoryEngine
from ephemera.engine.redis import RedisEngine


async def test_memory_is_an_engine_and_so_is_what_an_address_leads_to() -> None:
    assert isinstance(engine_at("memory", strict=False), MemoryEngine)
    redis = engine_at("redis://127.0.0.1:1", strict=True)
    assert isinstance(redis, RedisEngine)
    await redis.close()


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ephemera.engine.redis", None)
    with pytest.raises(EngineUnfit, match="needs redis, hiredis and msgspec"):
        engine_at("redis://127.0.0.1:1", strict=False)
