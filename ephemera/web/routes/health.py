"""Health and metrics: numbers only, nothing that names a room or a person."""

from collections.abc import Callable

from quart import Blueprint, Response

from ephemera.engine.base import Engine
from ephemera.hub.hub import Hub
from ephemera.web.rendering.media import METRICS, TEXT

Tell = Callable[[int, int], bytes]
"""Returns the metrics, given how many rooms and how many streams there are."""


class Health:
    """Handlers of /health/live, /health/ready and /metrics."""

    def __init__(self, engine: Engine, hub: Hub, tell: Tell) -> None:
        self._engine = engine
        self._hub = hub
        self._tell = tell

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("health", __name__)
        blueprint.get("/health/live")(self.live)
        blueprint.get("/health/ready")(self.ready)
        blueprint.get("/metrics")(self.metrics)
        return blueprint

    async def live(self) -> Response:
        """Say that the process answers."""
        return Response("live\n", content_type=TEXT)

    async def ready(self) -> Response:
        """Say whether this process takes new streams. Raises `Unavailable`."""
        self._hub.refuse_when_full()
        return Response("ready\n", content_type=TEXT)

    async def metrics(self) -> Response:
        """Answer in the Prometheus text format, version 0.0.4."""
        told = self._tell(await self._engine.count_rooms(), len(self._hub))
        return Response(told, content_type=METRICS)
