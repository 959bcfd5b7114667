"""The static files and the templates, which the process reads once."""

from functools import cache
from pathlib import Path

from ephemera.web.rendering.fragments import Fragments
from ephemera.web.rendering.site import Site
from ephemera.web.routes.assets import Assets


@cache
def read_once(site: Site) -> tuple[Assets, Fragments]:
    """Return the static files and the templates of a site, read and compiled once for this process.

    Raises `AssetsMissing`.
    """
    assets = Assets(_folder("static"))
    fragments = Fragments(_folder("templates"), assets.url, site)
    fragments.compile_all()
    return assets, fragments


def _folder(name: str) -> Path:
    """Return a folder of ours: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
