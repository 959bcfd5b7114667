"""Telling a service manager how far we are: sd_notify(3)."""

import logging
import os
import socket
from typing import Final

_PATIENCE: Final = 1.0
"""In seconds, for a manager that does not read what it is told."""

logger = logging.getLogger(__name__)


def notify(*said: str) -> None:
    """Tell the manager that NOTIFY_SOCKET names, if there is one.

    That it cannot be told is no reason to stop, though it may be one for the manager.
    """
    place = os.environ.get("NOTIFY_SOCKET")
    if place is None:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(_PATIENCE)
            manager.sendto("\n".join(said).encode(), _address_of(place))
    except OSError:
        logger.warning("What NOTIFY_SOCKET names takes no word from us.")


def _address_of(place: str) -> str:
    """Return it with a zero in front, if it is in the abstract namespace: no file is there."""
    return f"\0{place[1:]}" if place.startswith("@") else place
