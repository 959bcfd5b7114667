"""The headers of every answer (DESIGN.md, section 8), for Quart and for plain ASGI alike."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; manifest-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types htmx ephemera"
)

_DENIED: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
"""All that browsers can deny, but for what later features need: passkeys and the clipboard."""

OURS: Final = "Ephemera"
"""The name of the header by which a page knows an answer of ours from one of something in front."""

ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED),
    "X-Robots-Tag": "noindex",
    OURS: "1",
}

PAGE: Final = {**ALWAYS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No answer about a room may be kept by anyone, nor spooled to a disk on its way."""

STREAM: Final = {**PAGE, "Cache-Control": "no-store, no-transform"}

SECURE_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=63072000")
"""Sent when the request came by HTTPS (RFC 6797, section 7.2)."""


RawHeaders = tuple[tuple[bytes, bytes], ...]
"""Headers as ASGI takes them: names in lower case."""


@cache
def page_headers(*, secure: bool) -> RawHeaders:
    """Return the headers of every answer that is plain ASGI."""
    return encoded({**PAGE, **_for_transport(secure=secure)})


@cache
def stream_headers(content_type: str, refresh: int | None, *, secure: bool) -> RawHeaders:
    """Return the headers of a stream: the same ones for all, since the server keeps them."""
    own = {"Content-Type": content_type} | ({"Refresh": str(refresh)} if refresh else {})
    return encoded({**STREAM, **own, **_for_transport(secure=secure)})


def missing_from(present: Iterable[str], *, secure: bool) -> Mapping[str, str]:
    """Return what every answer has, but for what is present (names in any case)."""
    names = {name.lower() for name in present}
    every = {**PAGE, **_for_transport(secure=secure)}
    return {name: value for name, value in every.items() if name.lower() not in names}


def _for_transport(*, secure: bool) -> dict[str, str]:
    return dict([SECURE_TRANSPORT]) if secure else {}


def encoded(headers: Mapping[str, str]) -> RawHeaders:
    """Return headers as ASGI takes them."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
