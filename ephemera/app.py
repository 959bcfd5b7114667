"""The composition root: everyone is made here, and only here everyone knows everyone."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Collection
from contextlib import suppress
from types import TracebackType

from quart import Quart, Response, request
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter

from ephemera.clock import Clock
from ephemera.engine.base import Engine
from ephemera.engine.counted import CountedEngine, Counts
from ephemera.engine.memory import MemoryEngine
from ephemera.hub.feed import Feed
from ephemera.hub.heartbeat import Heartbeat
from ephemera.hub.hub import Hub
from ephemera.hub.rendering import Representation
from ephemera.hub.unsent import Unsent
from ephemera.lobby.invitations import Invitations as Issuing
from ephemera.lobby.keeper import Keeper
from ephemera.lobby.limits import Limits
from ephemera.lobby.lobby import Lobby
from ephemera.lobby.presence import Presence
from ephemera.lobby.reaper import Reaper
from ephemera.lobby.retries import Retries
from ephemera.lobby.returning import Returning
from ephemera.lobby.talk import Talk
from ephemera.metrics import Metrics
from ephemera.server.load import Load
from ephemera.settings import Settings, SettingsError
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.rendering.furniture import read_once
from ephemera.web.rendering.live import LiveDocument
from ephemera.web.rendering.representations import HtmlEvents, JsonLines, TextLines
from ephemera.web.road import headers
from ephemera.web.road.bodies import BODY_SECONDS, MOST_BODY_BYTES
from ephemera.web.road.errors import Errors
from ephemera.web.road.front import Front, Ways, address
from ephemera.web.road.shed import Shed
from ephemera.web.routes import streams
from ephemera.web.routes.acts import Acts
from ephemera.web.routes.addresses import Addresses
from ephemera.web.routes.edits import Edits
from ephemera.web.routes.frames import Frames
from ephemera.web.routes.health import Health
from ephemera.web.routes.invitations import Invitations
from ephemera.web.routes.joining import Joining
from ephemera.web.routes.knocks import Knocks, WaitingDocument
from ephemera.web.routes.leaving import Leaving
from ephemera.web.routes.pages import Pages
from ephemera.web.routes.posting import Posting
from ephemera.web.routes.returning import Returns
from ephemera.web.routes.rooms import RoomPage, Rooms
from ephemera.web.routes.sheets import Sheets
from ephemera.web.routes.writing import Writing

DRAIN_SECONDS = 1.0
"""How long streams may take to write their last bytes before they are cut."""

MOST_HOST_CHARACTERS = 261
"""A name of the DNS, a colon and a port."""

logger = logging.getLogger(__name__)


class EphemeraApp(Quart):
    """The Quart application with what `serve` needs of it."""

    engine: Engine
    hub: Hub
    metrics: Metrics
    hot: Collection[tuple[str, str]] = ()
    """What the server reads by itself (`ephemera/server`): by method and path."""

    async def prepare(self) -> None:
        """Make sure that rooms can be kept. Raises `EngineUnfit`."""
        await self.engine.open()

    async def drain(self) -> None:
        """Take no more streams and end the open ones, within `DRAIN_SECONDS`."""
        self.hub.drain()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.hub.emptied(), DRAIN_SECONDS)
        self.hub.cut()

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Treat a host that can be none like none, as Werkzeug does one of odd characters.

        Quart would answer 500 to a label of 64 letters, and no QR code holds 5,000.
        """
        if request is not None and len(request.host) > MOST_HOST_CHARACTERS:
            request.host = ""
        try:
            return super().create_url_adapter(request)
        except BadHost:
            assert request  # noqa: S101 # nothing else has a bad host
            request.host = ""
            return super().create_url_adapter(request)

    def log_exception(
        self,
        exception_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Log a fault of ours without the path of the request, which holds a room id."""
        logger.error("a request could not be answered", exc_info=exception_info)


def create_app(
    settings: Settings | None = None, *, engine: Engine | None = None, clock: Clock | None = None
) -> EphemeraApp:
    """Return the application. Without settings they come from the environment.

    Raises `SettingsError` or `AssetsMissing`. Tests hand in an engine to look
    into and a clock to turn.
    """
    settings = settings or Settings.from_environ()
    metrics = Metrics()
    engine = _counted(engine or _engine(settings), metrics)
    clock = clock or engine.clock
    app = EphemeraApp(__name__, static_folder=None, template_folder=None)
    app.config |= {"MAX_CONTENT_LENGTH": MOST_BODY_BYTES, "BODY_TIMEOUT": BODY_SECONDS}
    app.url_map.merge_slashes = False  # an address is one of ours or leads nowhere, never elsewhere
    app.engine, app.metrics = engine, metrics
    app.hub = Hub(clock, most_streams=settings.max_streams, dropped=metrics.dropped_streams)
    engine.listen(app.hub.hear, app.hub.sense, app.hub.start_over)
    engine.entrust(Keeper(engine).bring_back)
    presence = Presence(engine, clock)
    _tend(
        app,
        Reaper(engine, clock, metrics.reaped),
        Heartbeat(
            app.hub, presence.renew, presence.linger, engine.signal, period=settings.heartbeat
        ),
        engine,
    )
    _furnish(app, settings, engine, clock, presence)
    app.after_request(_add_headers)
    return app


def _engine(settings: Settings) -> Engine:
    """Return where rooms live. Raises `SettingsError`."""
    if settings.engine == "memory":
        return MemoryEngine()
    try:
        from ephemera.engine.redis import RedisEngine, connect  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        needs = "EPHEMERA_ENGINE needs redis and hiredis: docs/install.md says how."
        raise SettingsError(needs) from None
    return RedisEngine(connect(settings.engine), strict=settings.strict)


def _counted(engine: Engine, metrics: Metrics) -> Engine:
    """Return the engine so that its use is counted."""
    counts = Counts(
        events=metrics.events,
        commits=metrics.commits,
        conflicts=metrics.conflicts,
        unavailable=metrics.engine_unavailable,
        lag=metrics.lag,
    )
    return CountedEngine(engine, counts)


def _furnish(
    app: EphemeraApp, settings: Settings, engine: Engine, clock: Clock, presence: Presence
) -> None:
    """Give the application its handlers."""
    assets, fragments = read_once()
    limits = Limits(engine, clock, enforced=settings.rate_limits)
    retries = Retries(settings.secret)
    lobby, talk = _lobby(settings, engine, clock, limits, retries), Talk(engine, clock, limits)
    addresses = Addresses(settings.secret, clock)
    returning = Returning(engine, clock, limits, retries)
    pages, returns = Pages(fragments, returning), Returns(returning, fragments, addresses)
    page = RoomPage(engine, presence, talk, fragments, clock)
    sheets = Sheets(lobby, talk, fragments, clock)
    knocks = Knocks(lobby, fragments)
    for resource in (
        assets,
        pages,
        Rooms(lobby, pages, page, fragments, addresses, returns=returns),
        Joining(lobby, returns, pages, addresses),
        Leaving(lobby, fragments),
        returns,
        knocks,
        Edits(lobby, talk),
        Writing(lobby, talk),
        sheets,
        Acts(lobby, sheets),
        Invitations(lobby, Issuing(lobby, retries), sheets, fragments, clock),
        Frames(lobby, talk, presence, fragments),
        Health(engine, app.hub, app.metrics.tell),
    ):
        app.register_blueprint(resource.routes())
    errors = Errors(fragments)
    errors.register(app)
    reading = _reading(
        app, settings, lobby=lobby, presence=presence, fragments=fragments, knocks=knocks
    )
    posting = Posting(lobby, talk, page, fragments)
    _stand_in_front(app, settings, errors, {**reading.ways(), **posting.ways()})


def _reading(  # noqa: PLR0913 - everyone who has a part in a stream
    app: EphemeraApp,
    settings: Settings,
    *,
    lobby: Lobby,
    presence: Presence,
    fragments: Fragments,
    knocks: Knocks,
) -> streams.Streams:
    return streams.Streams(
        lobby=lobby,
        presence=presence,
        hub=app.hub,
        feed=Feed(app.engine, app.hub),
        renderers=_renderers(fragments),
        otherwise={streams.WAITING: knocks.answer},
        lifetime=settings.stream_lifetime,
    )


def _lobby(
    settings: Settings, engine: Engine, clock: Clock, limits: Limits, retries: Retries
) -> Lobby:
    return Lobby(
        engine,
        clock,
        limits,
        retries,
        lifetime=settings.lifetime,
        most_rooms=settings.max_rooms,
    )


def _stand_in_front(app: EphemeraApp, settings: Settings, errors: Errors, ways: Ways) -> None:
    """Serve the hot ways before Quart sees them, as long as the server keeps up."""
    for method, part in ways:
        # Quart only has to know which methods an address takes.
        app.add_url_rule(address(part, "<room_id>"), method + part, methods=[method])
    app.hot = frozenset((method, address(part, "*")) for method, part in ways)
    if settings.rate_limits:
        ways = Shed(Load().is_too_much, errors).guard(ways)
    front = Front(app.asgi_app, ways, errors, Unsent(app.engine))  # type: ignore[arg-type] # Quart's own types
    app.asgi_app = front  # type: ignore[assignment,method-assign] # as its manual wraps it


def _renderers(fragments: Fragments) -> dict[str, Representation]:
    """Return the representations of a room's events, by the last part of their paths."""
    return {
        "events": HtmlEvents(fragments),
        "json": JsonLines(),
        "raw": TextLines(),
        "live": LiveDocument(fragments),
        streams.WAITING: WaitingDocument(fragments),
    }


def _tend(app: EphemeraApp, reaper: Reaper, heartbeat: Heartbeat, engine: Engine) -> None:
    """Keep the background tasks running for as long as the application serves."""

    @app.while_serving
    async def tend() -> AsyncGenerator[None, None]:
        tasks = [asyncio.create_task(reaper.run()), asyncio.create_task(heartbeat.run())]
        for task in tasks:
            task.add_done_callback(_stop_when_broken)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await engine.close()


def _stop_when_broken(task: asyncio.Task[None]) -> None:
    """End the process when a background task ends early: half a server forgets nobody."""
    if not task.cancelled():
        logger.critical("a background task ended early", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


async def _add_headers(response: Response) -> Response:
    missing = headers.missing_from(response.headers.keys(), secure=request.scheme == "https")
    response.headers.extend(missing)
    return response
