"""The wheel holds everything: installed into an empty environment, it serves."""

import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.support.patience import PATIENCE
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
    assert not [name for name in inside if name.endswith("README.md")]


def test_the_sdist_holds_what_the_wheel_is_built_from(built: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    assert inside >= {"hypercorn.toml", "hatch_build.py", "tools/vendor.py", "LICENSE"}
    assert inside >= below("templates") | below("static")


def documented() -> list[str]:
    """Return the commands by which docs/install.md installs."""
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:python3 -m venv|/opt/ephemera/bin/pip) .*$", page, re.MULTILINE)
    assert [command.split()[-1] for command in commands if ".whl" in command]
    return commands


@pytest.fixture
def installed(built: Path, tmp_path: Path) -> str:
    """Install by the documented commands into an empty place; return its Python."""
    place, dist = tmp_path / "opt", tmp_path / "dist"
    dist.mkdir()
    shutil.copy(only(built, "*.whl"), dist)
    shutil.copy(ROOT / "requirements.lock", dist)
    for command in documented():
        here = command.replace("/opt/ephemera", str(place)).replace("python3", sys.executable, 1)
        subprocess.run(shlex.split(here), cwd=tmp_path, check=True)
    return str(place / "bin" / "python")


async def test_the_wheel_serves_from_an_empty_environment(
    installed: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    async with (
        running_server(python=installed, folder=folder) as server,
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client,
    ):
        page = await client.get("/", headers={"Accept": "text/html"})
        assert page.status_code == httpx.codes.OK
        assert "Ephemera" in page.text
