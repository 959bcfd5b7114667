"""The headers of every answer (DESIGN.md, section 8), for Quart and for plain ASGI alike."""

from collections.abc import Mapping
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

ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED),
    "X-Robots-Tag": "noindex",
}

PAGE: Final = {**ALWAYS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No answer about a room may be kept by anyone, nor spooled to a disk on its way."""

STREAM: Final = {**PAGE, "Cache-Control": "no-store, no-transform"}

SECURE_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=63072000")
"""Sent when the request came by HTTPS (RFC 6797, section 7.2)."""


def stream_headers(scheme: str, own: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Return the headers of a stream, with those of its `own`, as ASGI takes them."""
    headers = {**STREAM, **own}
    if scheme == "https":
        headers |= dict([SECURE_TRANSPORT])
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
