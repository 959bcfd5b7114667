"""A lock installs what it names, on any day and with any pip.

The day is aged: the index offers a newer release of every locked package, which nothing may take.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from packaging.utils import canonicalize_name

from tests.support.aging import NEWER, pins_of, publish_newer
from tests.support.server import ROOT

HERE: Final = Path(__file__).parent
LOCKS: Final = tuple(
    ROOT / name
    for name in (
        "requirements.lock",
        "requirements-redis.lock",
        "requirements-terminal.lock",
        "requirements-dev.lock",
        "requirements-node.lock",
        "bench/requirements.lock",
    )
)
MAIN_LOCKS: Final = tuple(ROOT / name for name in ("requirements.lock", "requirements-dev.lock"))
"""What `make serve` and `make setup` install."""
OLDEST: Final = HERE / "pip-oldest.lock"
"""Debian 12's. It must come by hash: nothing else checks what it is."""


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newer")
    publish_newer({name for lock in LOCKS for name in pins_of(lock)}, folder)
    return folder


@pytest.fixture(scope="module")
def oldest_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetched(tmp_path_factory.mktemp("oldest"), "--require-hashes", "-r", str(OLDEST))


@pytest.fixture(scope="module")
def newest_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetched(tmp_path_factory.mktemp("newest"), "pip")


def fetched(folder: Path, *what: str) -> Path:
    get = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder)]
    subprocess.run([*get, *what], check=True)
    (wheel,) = folder.glob("pip-*.whl")
    return wheel


def environment(pip: Path, aged: Path) -> dict[str, str]:
    """Return the environment in which `python -m pip` is that pip, and its index is aged."""
    links = f"{aged} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    quick = {"PIP_NO_COMPILE": "1"}  # nothing of it is ever run
    return {**os.environ, **quick, "PYTHONPATH": str(pip), "PIP_FIND_LINKS": links}


def installed_in(folder: Path) -> dict[str, str]:
    tell = [str(folder / "bin" / "python"), "-m", "pip", "list", "--format=json"]
    told = json.loads(subprocess.run(tell, check=True, capture_output=True).stdout)
    return {canonicalize_name(each["name"]): each["version"] for each in told}


@pytest.mark.parametrize(
    ("lock", "which"),
    [*((lock, "oldest_pip") for lock in LOCKS), *((lock, "newest_pip") for lock in MAIN_LOCKS)],
    ids=lambda each: str(each).removeprefix(f"{ROOT}/"),
)
def test_a_lock_installs_exactly_what_it_names(
    lock: Path, which: str, aged: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pip: Path = request.getfixturevalue(which)
    make = [sys.executable, str(ROOT / "tools" / "make_venv.py"), str(tmp_path / "made"), str(lock)]
    subprocess.run(make, cwd=ROOT, env=environment(pip, aged), check=True)
    brought_along = {"pip", "setuptools"}
    installed = installed_in(tmp_path / "made")
    assert {name: installed[name] for name in installed.keys() - brought_along} == pins_of(lock)


def test_the_oldest_pip_stumbles_over_an_aged_index_when_it_may_resolve(
    aged: Path, tmp_path: Path, oldest_pip: Path
) -> None:
    """The premise: this is what `--no-deps` and kept extras are for (pypa/pip #9644)."""
    without_extras = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    assert "coverage[toml]==" in without_extras
    lock = tmp_path / "without-extras.lock"
    lock.write_text(without_extras.replace("coverage[toml]==", "coverage=="), encoding="utf-8")
    resolve = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    done = subprocess.run(
        [*resolve, "--quiet", "--require-hashes", "-r", str(lock)],
        env=environment(oldest_pip, aged), check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode
    assert "coverage[toml]" in done.stderr
    assert NEWER in done.stderr


def test_an_environment_that_is_there_is_left_alone_and_a_broken_one_made_anew(
    tmp_path: Path,
) -> None:
    lock, folder = tmp_path / "small.lock", tmp_path / "made"
    lock.write_text("", encoding="utf-8")
    make = [sys.executable, str(ROOT / "tools" / "make_venv.py"), str(folder), str(lock)]

    def made() -> str:
        return subprocess.run(make, check=True, capture_output=True, text=True).stdout

    assert "Making" in made()
    assert made() == ""
    (folder / ".ready").unlink()  # what an installation leaves that broke off
    assert "Making" in made()
    lock.write_text("# another lock\n", encoding="utf-8")
    assert "Making" in made()
