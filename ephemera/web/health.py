"""Health and metrics: numbers only, nothing that names a room or a person."""

from quart import Blueprint, Response

from ephemera.engine.base import Engine
from ephemera.hub.hub import Hub
from ephemera.web.media import METRICS, TEXT


class Health:
    """Handlers of /health/live, /health/ready and /metrics."""

    def __init__(self, engine: Engine, hub: Hub) -> None:
        self._engine = engine
        self._hub = hub

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
        lines = (
            "# HELP ephemera_rooms Rooms that exist.",
            "# TYPE ephemera_rooms gauge",
            f"ephemera_rooms {await self._engine.count_rooms()}",
            "# HELP ephemera_streams Streams that are open in this process.",
            "# TYPE ephemera_streams gauge",
            f"ephemera_streams {len(self._hub)}",
            "",
        )
        return Response("\n".join(lines), content_type=METRICS)
