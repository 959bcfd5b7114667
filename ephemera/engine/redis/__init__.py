"""Rooms on Redis or Valkey, for several processes on one or more machines: ADR 0030.

What needs redis-py is in here, and nothing else imports it: the extra `redis` brings it along.
"""

from ephemera.engine.redis.connecting import connect
from ephemera.engine.redis.engine import RedisEngine

__all__ = ["RedisEngine", "connect"]
