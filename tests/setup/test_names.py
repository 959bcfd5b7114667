"""What installs something says exactly what, wherever it is written down."""

import json
import re
import subprocess
import tomllib
from typing import Any, Final

from tests.support.aging import pins_of
from tests.support.server import ROOT

PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BARE: Final = re.compile(
    r"\b(pip3?|pipx|uvx?|uv tool|poetry|pdm)\s+(install|add|run|inject|download)?"
    r"[^\n|&;]*?[\s'\"`]ephemera(-chatroom)?(\[[\w,]+\])?([=<>~!]=?[\w.]+)?['\"`\s)]"
)
"""Ours by name from an index, where the name is a stranger's or nobody's."""


def texts() -> dict[str, str]:
    """Return every text file of the project."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True)
    texts = {}
    for name in listed.stdout.decode().splitlines():
        path = ROOT / name
        if path.suffix not in {".png", ".lock"} and path.is_file():
            texts[name] = path.read_text(encoding="utf-8", errors="replace")
    return texts


def test_nobody_is_told_to_install_ours_by_its_bare_name() -> None:
    for told in ("pip install 'ephemera[redis]' ", "pip install ephemera\n", "pipx run ephemera "):
        assert BARE.search(told)
    assert not BARE.search("pip install dist/ephemera_chatroom-0.1.0-py3-none-any.whl\n")
    own = "tests/setup/test_names.py"
    tellers = {name for name, text in texts().items() if name != own and BARE.search(text)}
    assert tellers == set()


def test_what_the_documents_install_by_a_lock_is_neither_resolved_nor_unchecked() -> None:
    lines = [
        line
        for name, text in texts().items()
        if not name.startswith("tests/")
        for line in text.splitlines()
        if re.search(r"pip\S* install\b", line) and ".lock" in line
    ]
    assert lines
    for line in lines:
        assert "--no-deps --require-hashes" in line, line


def test_only_one_place_installs_from_locks() -> None:
    places = {
        name
        for name, text in texts().items()
        if name.endswith((".py", "Makefile", ".sh", "run")) and "--require-hashes" in text
    }
    assert {place for place in places if not place.startswith("tests/")} == {"tools/make_venv.py"}


def test_npm_installs_what_its_locks_name_and_nothing_else() -> None:
    for name, text in texts().items():
        if name.endswith((".py", "Makefile", ".ci/run")) and not name.startswith("tests/"):
            installs = re.findall(r"npm\S* install\b.*", text)
            assert all("--package-lock-only" in each for each in installs), name
    for folder in (ROOT, ROOT / "bench"):
        lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
        wanted = json.loads((folder / "package.json").read_text("utf-8"))
        locked = {place: each for place, each in lock["packages"].items() if place}
        assert all(each["integrity"].startswith("sha512-") for each in locked.values())
        assert not any("resolved" in each for each in locked.values())
        for each in {**wanted.get("dependencies", {}), **wanted.get("devDependencies", {})}.items():
            assert locked[f"node_modules/{each[0]}"]["version"] == each[1]


def test_the_wheel_is_built_with_the_hatchling_of_the_lock() -> None:
    pinned = pins_of(ROOT / "requirements-dev.lock")["hatchling"]
    assert PROJECT["build-system"]["requires"] == [f"hatchling=={pinned}"]


def test_each_extra_has_a_lock_that_goes_beyond_the_servers() -> None:
    serving = pins_of(ROOT / "requirements.lock")
    workshop = pins_of(ROOT / "requirements-dev.lock")
    for extra, wanted in PROJECT["project"]["optional-dependencies"].items():
        lock = pins_of(ROOT / f"requirements-{extra}.lock")
        names = {re.split(r"[\[<>=]", each)[0].replace("_", "-") for each in wanted}
        assert serving.items() <= lock.items()
        assert names <= lock.keys() - serving.keys()
        assert lock.items() <= workshop.items(), "other versions than those that are tested"
