"""The browser's libraries come as the lock has them, whatever else the registry offers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.registry import running_registry
from tests.support.server import ROOT

NEEDED = ("package.json", "package-lock.json", "tools/vendor.py", "tools/make_venv.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a place with what fetching them takes, and nothing fetched."""
    for name in NEEDED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_vendoring_takes_what_the_lock_names_from_an_aged_registry(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    folder = tmp_path_factory.mktemp("tarballs")
    pack = ["npm", "pack", "--silent", "--pack-destination", str(folder)]
    subprocess.run(
        [*pack, *(f"{name}@{version}" for name, version in versions.items())], check=True
    )
    tarballs = {
        name: (version, (folder / f"{name}-{version}.tgz").read_bytes())
        for name, version in versions.items()
    }
    with running_registry(tarballs) as url:
        cache = {"npm_config_cache": str(checkout / "cache"), "npm_config_registry": url}
        vendor = [sys.executable, str(checkout / "tools" / "vendor.py")]
        subprocess.run(vendor, env={**os.environ, **cache}, check=True)
    for name, version in versions.items():
        got = json.loads((checkout / "node_modules" / name / "package.json").read_text("utf-8"))
        assert got["version"] == version
    ours, fetched = ROOT / "static" / "vendor", checkout / "static" / "vendor"
    assert {path.name: path.read_bytes() for path in fetched.iterdir()} == {
        path.name: path.read_bytes() for path in ours.iterdir()
    }
