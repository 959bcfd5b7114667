"""What was asked, read once: in which form the answer is wanted, by what, and from where."""

from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from quart import request
from werkzeug.sansio.utils import get_host

from ephemera.domain.errors import NotAllowed
from ephemera.web.rendering.languages import ENGLISH, locale_for
from ephemera.web.road.asgi import Headers

Form = Literal["html", "json", "text"]
"""In which form somebody wants an answer."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_ORIGIN_CHARACTERS: Final = 300
"""A scheme, a name of the DNS and a port."""


class Asked(NamedTuple):
    """How somebody asks: all that an answer may depend on but who they are and what they want."""

    form: Form
    htmx: bool
    secure: bool
    locale: str

    @property
    def scheme(self) -> str:
        """The scheme of links to us. A client may call it as it likes; it is one of these two."""
        return "https" if self.secure else "http"

    @property
    def whole_page(self) -> bool:
        """Whether a browser shows the answer in the place of all that it shows now."""
        return self.form == "html" and not self.htmx


def asked_by(scheme: str, headers: Headers) -> Asked:
    """Return how a request asks: `Accept` tells browsers and programs apart, nothing else."""
    htmx = "hx-request" in headers
    form = form_for(headers.get("accept", ""), htmx=htmx)
    read = headers.get("accept-language")
    return Asked(form, htmx, scheme == "https", locale_for(read) if read else ENGLISH)


def as_asked() -> Asked:
    """Return how the request asks that Quart is serving."""
    return asked_by(request.scheme, request.headers)


def form_for(accept: str, *, htmx: bool) -> Form:
    """Return the form of the answer. What htmx asks for is always HTML."""
    if htmx or "text/html" in accept:
        return "html"
    return "json" if "json" in accept else "text"


def refuse_other_sites(method: str, scheme: str, headers: Headers) -> None:
    """Let nothing be changed here by a page of another site. Raises `NotAllowed`."""
    if method in SAFE_METHODS:
        return
    origin = headers.get("origin")
    host = get_host(scheme, headers.get("host")) if origin else ""
    if not is_same_site(host, headers.get("sec-fetch-site"), origin):
        raise NotAllowed


def is_same_site(host: str, fetch_site: str | None, origin: str | None) -> bool:
    """Tell whether a request may change something at the host.

    Browsers say where a request comes from: by `Sec-Fetch-Site` (W3C Fetch
    Metadata), the older ones by `Origin`. A client that says neither is no
    browser, carries nobody's cookies unasked, and may.
    """
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
