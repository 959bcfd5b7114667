"""The composition root: everyone is made here, and only here everyone knows everyone."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Collection
from contextlib import suppress

from ephemera.clock import Clock
from ephemera.engine.base import Engine
from ephemera.engine.choosing import engine_at
from ephemera.engine.counted import CountedEngine, Counts
from ephemera.given import configured, given_in
from ephemera.hub.heartbeat import Heartbeat
from ephemera.hub.hub import Hub
from ephemera.lobby.reaper import Reaper
from ephemera.lobby.use_cases import UseCases, use_cases
from ephemera.metrics import Metrics
from ephemera.server.load import Load
from ephemera.settings import Settings
from ephemera.web import composition
from ephemera.web.rendering.site import Site
from ephemera.web.road.quart import QuietQuart

DRAIN_SECONDS = 1.0
"""How long streams may take to write their last bytes before they are cut."""

logger = logging.getLogger(__name__)


class EphemeraApp(QuietQuart):
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


def create_app(
    settings: Settings | None = None, *, engine: Engine | None = None, clock: Clock | None = None
) -> EphemeraApp:
    """Return the application. Without settings they come from the environment.

    Raises `SettingsError`, `KeysUnfit`, `EngineUnfit` or `AssetsMissing`. Tests hand in an engine
    to look into and a clock to turn.
    """
    settings = settings or configured(given_in())
    metrics = Metrics()
    engine = engine or engine_at(settings.engine, strict=settings.strict)
    engine = CountedEngine(engine, _counts(metrics))
    clock = clock or engine.clock
    app = EphemeraApp(__name__, static_folder=None, template_folder=None)
    app.engine, app.metrics = engine, metrics
    app.hub = Hub(clock, most_streams=settings.max_streams, dropped=metrics.dropped_streams)
    engine.listen(app.hub.hear, app.hub.sense, app.hub.start_over)
    use = _use_cases(settings, engine, clock)
    _tend(app, settings, use, Reaper(engine, clock, metrics.reaped))
    app.hot = composition.furnish(
        app,
        use,
        engine=engine,
        hub=app.hub,
        clock=clock,
        secret=settings.secret,
        tell=metrics.tell,
        stream_lifetime=settings.stream_lifetime,
        is_too_much=Load().is_too_much if settings.rate_limits else None,
        exempt=settings.exempt_networks,
        trusts_proxies=settings.trusted_hops > 0,
        site=_site(settings),
    )
    return app


def _use_cases(settings: Settings, engine: Engine, clock: Clock) -> UseCases:
    return use_cases(
        engine,
        clock,
        secret=settings.secret,
        rate_limits=settings.rate_limits,
        lifetime=settings.lifetime,
        most_rooms=settings.max_rooms,
        opening=settings.opening,
    )


def _site(settings: Settings) -> Site:
    return Site(
        name=settings.site,
        contact=settings.contact,
        banner=settings.banner,
        text=settings.operator,
        lifetime=settings.lifetime,
    )


def _counts(metrics: Metrics) -> Counts:
    """Return where the use of the engine is counted."""
    return Counts(
        events=metrics.events,
        commits=metrics.commits,
        conflicts=metrics.conflicts,
        unavailable=metrics.engine_unavailable,
        lag=metrics.lag,
    )


def _tend(app: EphemeraApp, settings: Settings, use: UseCases, reaper: Reaper) -> None:
    """Keep the background tasks running for as long as the application serves."""
    signs = (use.presence.renew, use.presence.linger, app.engine.signal)
    heartbeat = Heartbeat(app.hub, *signs, period=settings.heartbeat)

    @app.while_serving
    async def tend() -> AsyncGenerator[None, None]:
        tasks = [asyncio.create_task(reaper.run()), asyncio.create_task(heartbeat.run())]
        for task in tasks:
            task.add_done_callback(_stop_when_broken)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await app.engine.close()


def _stop_when_broken(task: asyncio.Task[None]) -> None:
    """End the process when a background task ends early: half a server forgets nobody."""
    if not task.cancelled():
        logger.critical("a background task ended early", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
