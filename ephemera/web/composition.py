"""All that the web consists of: a new resource, way or representation is named here, once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from quart import Quart

from ephemera.clock import Clock
from ephemera.engine.base import Engine
from ephemera.hub.feed import Feed
from ephemera.hub.hub import Hub
from ephemera.hub.in_flight import InFlight
from ephemera.hub.rendering import Representation
from ephemera.lobby.use_cases import UseCases
from ephemera.web.furniture import read_once
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.rendering.live import LiveDocument, WaitingDocument
from ephemera.web.rendering.representations import HtmlEvents, JsonLines, TextLines
from ephemera.web.rendering.site import Site
from ephemera.web.road.errors import Errors
from ephemera.web.road.front import Front, Ways
from ephemera.web.road.quart import Hot, prepare, stand_in_front
from ephemera.web.road.shed import Shed
from ephemera.web.routes.acts import Acts
from ephemera.web.routes.addresses import Addresses
from ephemera.web.routes.edits import Edits
from ephemera.web.routes.frames import Frames
from ephemera.web.routes.health import Health
from ephemera.web.routes.invitations import Invitations
from ephemera.web.routes.joining import Joining
from ephemera.web.routes.kit import Kit, Resource, Tell
from ephemera.web.routes.knocks import Knocks
from ephemera.web.routes.leaving import Leaving
from ephemera.web.routes.pages import Pages
from ephemera.web.routes.posting import Posting
from ephemera.web.routes.returning import Returns
from ephemera.web.routes.rooms import Rooms
from ephemera.web.routes.sheets import Sheets
from ephemera.web.routes.streams import WAITING, Streams
from ephemera.web.routes.writing import Writing

REPRESENTATIONS: Final[Mapping[str, Callable[[Fragments], Representation]]] = {
    "events": HtmlEvents,
    "json": lambda _: JsonLines(),
    "raw": lambda _: TextLines(),
    "live": LiveDocument,
    WAITING: WaitingDocument,
}
"""How the events of a room can look, by the last part of a stream's path."""
RESOURCES: Final[tuple[type[Resource], ...]] = (
    Pages,
    Rooms,
    Joining,
    Leaving,
    Returns,
    Knocks,
    Edits,
    Writing,
    Sheets,
    Acts,
    Invitations,
    Frames,
    Health,
)


def furnish(  # noqa: PLR0913 - all that the web stands on
    app: Quart,
    use: UseCases,
    *,
    engine: Engine,
    hub: Hub,
    clock: Clock,
    secret: bytes,
    tell: Tell,
    stream_lifetime: float,
    is_too_much: Callable[[], bool] | None,
    exempt: Sequence[str],
    trusts_proxies: bool,
    site: Site,
) -> Hot:
    """Give the application all that it answers; return what the server may read by itself.

    Without `is_too_much` nobody is ever told to come later. Raises `AssetsMissing`.
    """
    assets, fragments = read_once(site)
    kit = Kit(
        **use._asdict(),
        hub=hub,
        feed=Feed(engine, hub),
        fragments=fragments,
        addresses=Addresses(secret, clock, exempt, trusts=trusts_proxies),
        clock=clock,
        tell=tell,
        stream_lifetime=stream_lifetime,
    )
    app.register_blueprint(assets.routes())
    for resource in RESOURCES:
        app.register_blueprint(resource(kit).routes())
    errors = Errors(fragments)
    ways = _ways(kit)
    hot = prepare(app, ways, errors)
    guarded = Shed(is_too_much, errors).guard(ways) if is_too_much else ways
    stand_in_front(app, Front(app.asgi_app, guarded, errors, InFlight(engine)))  # type: ignore[arg-type] # Quart's own types
    return hot


def _ways(kit: Kit) -> Ways:
    """Return what is served in front of Quart."""
    looks = {name: look(kit.fragments) for name, look in REPRESENTATIONS.items()}
    streams = Streams(kit, looks, {WAITING: Knocks(kit).answer})
    return {**streams.ways(), **Posting(kit).ways()}
