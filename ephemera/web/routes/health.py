"""Health and metrics: numbers only, nothing that names a room or a person."""

from quart import Blueprint, Response

from ephemera.web.rendering.media import METRICS, TEXT
from ephemera.web.routes.kit import Kit


class Health:
    """Handlers of /health/live, /health/ready and /metrics."""

    def __init__(self, kit: Kit) -> None:
        self._lobby = kit.lobby
        self._hub = kit.hub
        self._tell = kit.tell

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
        told = self._tell(await self._lobby.count_rooms(), len(self._hub))
        return Response(told, content_type=METRICS)
