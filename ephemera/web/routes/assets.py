"""Static files: read once at the start, named by their content, and served from memory.

Stylesheets and scripts are bundled: `app.css` is every file of `css/` but those
that end in `.plain.css`, which are `plain.css`, for browsers without scripts;
`room.js` is htmx with its extensions and every file of `js/`, `pages.js` only
those of `js/` that end in `.page.js`. Each script of ours runs in a function of
its own, so that no two can clash.
"""

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quart import Blueprint, Response, request

from ephemera.domain.errors import NoSuchRoom
from ephemera.web.road.headers import ALWAYS

VENDORED: Final = ("htmx.min.js", "hx-sse.min.js", "hx-upsert.min.js")
MOST_ENCODING_CHARACTERS: Final = 500
"""Of `Accept-Encoding`: whoever says more than a browser ever would gets the bytes as they are."""
_FOREVER: Final = "public, max-age=31536000, immutable"
_COMPRESSED: Final = ("text/", "image/svg", "application/manifest")


class AssetsMissing(Exception):
    """A static file is not where the build should have put it."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file: its bytes as they are, its bytes gzipped, and its media type."""

    content: bytes
    compressed: bytes | None
    media_type: str


class Assets:
    """The static files by the URL that their content gives them."""

    def __init__(self, folder: Path) -> None:
        self._urls: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        for name, content in _files(folder):
            self._add(name, content)
        self._add("app.webmanifest", json.dumps(self._manifest()).encode())

    def _manifest(self) -> dict[str, object]:
        """Return what makes the pages installable (W3C Web Application Manifest)."""
        icons = [
            {"src": self.url("img/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
            *(
                {"src": self.url(f"img/icon-{size}.png"), "sizes": f"{size}x{size}"}
                | {"type": "image/png", "purpose": "any maskable"}
                for size in (192, 512)
            ),
        ]
        return {
            "name": "Ephemera",
            "description": "A private chatroom that forgets",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f4f1ec",
            "theme_color": "#f4f1ec",
            "icons": icons,
        }

    def _add(self, name: str, content: bytes) -> None:
        digest = hashlib.blake2b(content, digest_size=8).hexdigest()
        self._urls[name] = f"/static/{digest}/{name}"
        self._assets[f"{digest}/{name}"] = _asset(name, content)

    def url(self, name: str) -> str:
        """Return the URL of a file. Raises KeyError for a file that is not there."""
        return self._urls[name]

    def routes(self) -> Blueprint:
        """Return the handlers."""
        blueprint = Blueprint("assets", __name__)
        blueprint.get("/static/<path:name>")(self.show)
        return blueprint

    async def show(self, name: str) -> Response:
        """Answer with a static file; only these answers may be cached."""
        asset = self._assets.get(name)
        if asset is None:
            raise NoSuchRoom
        headers = {**ALWAYS, "Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        if asset.compressed and _takes_gzip():
            headers["Content-Encoding"] = "gzip"
            return Response(asset.compressed, content_type=asset.media_type, headers=headers)
        return Response(asset.content, content_type=asset.media_type, headers=headers)


def _takes_gzip() -> bool:
    said = request.headers.get("Accept-Encoding", "")
    return len(said) <= MOST_ENCODING_CHARACTERS and request.accept_encodings.quality("gzip") > 0


def _asset(name: str, content: bytes) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    shrinks = media_type.startswith(_COMPRESSED)
    return Asset(content, gzip.compress(content, 9, mtime=0) if shrinks else None, media_type)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    scripts = sorted((folder / "js").glob("*.js"))
    pages = [script for script in scripts if script.name.endswith(".page.js")]
    vendored = [folder / "vendor" / name for name in VENDORED]
    sheets = sorted((folder / "css").glob("*.css"))
    yield "app.css", _joined(sheet for sheet in sheets if not sheet.name.endswith(".plain.css"))
    yield "plain.css", _joined(sheet for sheet in sheets if sheet.name.endswith(".plain.css"))
    yield "pages.js", _blocks(pages)
    yield "room.js", _joined(vendored) + _blocks(scripts)
    for image in sorted((folder / "img").iterdir()):
        yield f"img/{image.name}", image.read_bytes()


def _joined(paths: Iterable[Path]) -> bytes:
    try:
        return b"".join(path.read_bytes().rstrip() + b"\n" for path in paths)
    except FileNotFoundError as missing:
        name = Path(missing.filename).name
        msg = f"{name} is missing from static/vendor: run `make vendor`."
        raise AssetsMissing(msg) from None


def _blocks(scripts: Iterable[Path]) -> bytes:
    return b"".join(
        b'(() => {\n"use strict";\n' + script.read_bytes().rstrip() + b"\n})();\n"
        for script in scripts
    )
