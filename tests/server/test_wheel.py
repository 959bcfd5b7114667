"""The wheel holds everything: installed into an empty environment, it serves."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.support.server import ROOT, running_server

NEEDED = {
    "ephemera/hypercorn.toml",
    "ephemera/static/vendor/htmx.min.js",
    "ephemera/static/vendor/hx-sse.min.js",
    "ephemera/static/vendor/hx-upsert.min.js",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist and the wheel once, with the pinned tools of this environment."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def below(folder: str) -> set[str]:
    """Return every file of a folder of the project, without what Python compiled."""
    paths = (ROOT / folder).rglob("*")
    return {str(path.relative_to(ROOT)) for path in paths if path.is_file()}


def test_the_wheel_holds_pages_styles_scripts_and_libraries(built: Path) -> None:
    with zipfile.ZipFile(only(built, "*.whl")) as wheel:
        inside = set(wheel.namelist())
    assert inside >= NEEDED
    assert inside >= {f"ephemera/{path}" for path in below("templates") | below("static")}


def test_the_sdist_holds_what_the_wheel_is_built_from(built: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    assert inside >= {"hypercorn.toml", "hatch_build.py", "tools/vendor.py", "LICENSE"}
    assert inside >= below("templates") | below("static")


@pytest.fixture
def installed(built: Path, tmp_path: Path) -> str:
    """Install the wheel into an environment that holds nothing else; return its Python."""
    venv.create(tmp_path, with_pip=True)
    python = str(tmp_path / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    lock = str(ROOT / "requirements.lock")
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
    subprocess.run([*pip, "--no-index", "--no-deps", str(only(built, "*.whl"))], check=True)
    return python


async def test_the_wheel_serves_from_an_empty_environment(
    installed: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    async with (
        running_server(python=installed, folder=folder) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        page = await client.get("/", headers={"Accept": "text/html"})
        assert page.status_code == httpx.codes.OK
        assert "Ephemera" in page.text
