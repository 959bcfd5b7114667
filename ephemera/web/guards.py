"""Who may ask at all: checks on bare header values, which any front can call."""

from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


MOST_ORIGIN_CHARACTERS = 300
"""A scheme, a name of the DNS and a port."""


def is_same_site(method: str, host: str, fetch_site: str | None, origin: str | None) -> bool:
    """Tell whether a request may change something here.

    Browsers say where a request comes from: by `Sec-Fetch-Site` (W3C Fetch
    Metadata), the older ones by `Origin`. A client that says neither is no
    browser, carries nobody's cookies unasked, and may.
    """
    if method in SAFE_METHODS:
        return True
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    return origin is None or (host != "" and _host_of(origin) == host.lower())


def _host_of(origin: str) -> str:
    if len(origin) > MOST_ORIGIN_CHARACTERS:
        return ""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
