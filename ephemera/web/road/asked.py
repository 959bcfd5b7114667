"""What was asked, read once: in which form the answer is wanted, by what, and from where."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Literal, NamedTuple

from quart import request
from werkzeug.sansio.utils import get_host

from ephemera.domain.errors import NotAllowed
from ephemera.web.rendering.languages import ENGLISH, locale_for
from ephemera.web.road.asgi import Headers

Form = Literal["html", "json", "text"]
"""In which form somebody wants an answer."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_ACCEPT_CHARACTERS: Final = 1_000
_FORMS: Final[Mapping[str, Form]] = {
    "text/html": "html",
    "text/plain": "text",
    "text/*": "text",
    "*/*": "text",
}
_USUAL_PORT: Final[Mapping[str, str]] = {"http": ":80", "https": ":443"}


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
    """Return the form of the answer: the one that is liked best. What htmx asks for is HTML."""
    if htmx:
        return "html"
    accept = accept[:MOST_ACCEPT_CHARACTERS].lower()
    if ";" in accept:
        return _liked_best(accept)
    if "text/html" in accept:
        return "html"
    return "json" if "json" in accept else "text"


def _liked_best(accept: str) -> Form:
    """Return the form with the highest quality (RFC 9110, section 12.5.1)."""
    liked: dict[Form, float] = {"html": 0.0, "json": 0.0, "text": 0.0}
    for each in accept.split(","):
        name, _, parameters = each.partition(";")
        form = "json" if "json" in name else _FORMS.get(name.strip())
        if form:
            liked[form] = max(liked[form], _quality(parameters))
    best = max(liked, key=lambda form: liked[form])
    return best if liked[best] else "text"


def _quality(parameters: str) -> float:
    for each in parameters.split(";"):
        name, _, value = each.partition("=")
        if name.strip() == "q":
            with suppress(ValueError):
                return min(1.0, float(value))
    return 1.0


def refuse_other_sites(method: str, scheme: str, headers: Headers) -> None:
    """Let nothing be changed here by a page of another site. Raises `NotAllowed`."""
    if method in SAFE_METHODS:
        return
    origin = headers.get("origin")
    ours = _origin(scheme, headers.get("host")) if origin else None
    if not is_same_site(ours, headers.get("sec-fetch-site"), origin):
        raise NotAllowed


def is_same_site(ours: str | None, fetch_site: str | None, origin: str | None) -> bool:
    """Tell whether a request may change something here, where the origin is ours.

    Browsers say where a request comes from: by `Sec-Fetch-Site` (W3C Fetch
    Metadata), the older ones by `Origin`. A client that says neither is no
    browser, carries nobody's cookies unasked, and may.
    """
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    if origin is None:
        return True
    scheme = origin.partition("://")[0].lower()
    return ours == origin.lower().removesuffix(_USUAL_PORT.get(scheme, ""))


def _origin(scheme: str, host: str | None) -> str | None:
    """Return the origin of our pages (RFC 6454), if the host can be one."""
    scheme = "https" if scheme == "https" else "http"
    known = get_host(scheme, host)
    return f"{scheme}://{known.lower()}" if known else None
