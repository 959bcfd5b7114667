"""What the resources work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from quart import Blueprint

from ephemera.clock import Clock
from ephemera.hub.feed import Feed
from ephemera.hub.hub import Hub
from ephemera.lobby.issuing import Issuing
from ephemera.lobby.lobby import Lobby
from ephemera.lobby.opening import Opening
from ephemera.lobby.presence import Presence
from ephemera.lobby.reading import Reading
from ephemera.lobby.returning import Returning
from ephemera.lobby.talk import Talk
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.routes.addresses import Addresses

Tell = Callable[[int, int], bytes]
"""Returns the metrics, given how many rooms and how many streams there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """All that there is to work with; each resource takes of it what it needs."""

    lobby: Lobby
    talk: Talk
    presence: Presence
    reading: Reading
    returning: Returning
    issuing: Issuing
    opening: Opening
    hub: Hub
    feed: Feed
    fragments: Fragments
    addresses: Addresses
    clock: Clock
    tell: Tell
    stream_lifetime: float
    """Seconds after which a stream is ended, to be opened again."""


class Resource(Protocol):
    """What can be asked for under some addresses."""

    def __init__(self, kit: Kit) -> None:
        """Take of the kit what it needs."""

    def routes(self) -> Blueprint:
        """Return the handlers."""
