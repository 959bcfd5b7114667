"""Gets what the peers need into bench/, by hash, outside of git; a second time it does nothing."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.entrants import HERE, NCHAN, ROOT

PACKAGE: Final = "libnginx-mod-nchan"
AS_IS: Final = ["--option", "APT::Sandbox::User=root"]
"""root downloads as root: apt's own user could not write into our folder."""


def prepare(say: Callable[[str], None]) -> None:
    """Make the environment of Python, node's modules, and nginx's module."""
    _unless_ready(HERE / ".venv", HERE / "requirements.lock", _make_venv, say)
    if shutil.which("npm"):
        _unless_ready(HERE / "node_modules", HERE / "package-lock.json", _install_node, say)
    if shutil.which("apt-get") and not NCHAN.is_file():
        say(f"fetching {PACKAGE}")
        _unpack_nchan()


def _unless_ready(
    folder: Path, lock: Path, make: Callable[[], None], say: Callable[[str], None]
) -> None:
    stamp, wanted = folder / ".ready", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text("ascii") == wanted:
        return
    say(f"installing what {lock.name} names")
    make()
    stamp.write_text(wanted, "ascii")


def _make_venv() -> None:
    make = [sys.executable, str(ROOT / "tools" / "make_venv.py"), str(HERE / ".venv")]
    subprocess.run([*make, str(HERE / "requirements.lock")], check=True)


def _install_node() -> None:
    npm = ["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--silent"]
    subprocess.run(npm, cwd=HERE, check=True)


def _unpack_nchan() -> None:
    """Unpack Debian's package without installing it: the nginx of this machine stays as it is."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        if _download(name) or (_update() == 0 and _download(name)):
            package = next(Path(name).glob("*.deb"))
            subprocess.run(["dpkg", "-x", str(package), str(HERE / ".modules")], check=True)
            version = package.name.split("_")[1].replace("%3a", ":")
            (HERE / ".modules" / "version").write_text(version, "ascii")


def _download(folder: str) -> bool:
    get = ["apt-get", "-qq", *AS_IS, "download", PACKAGE]
    return subprocess.run(get, cwd=folder, check=False).returncode == 0


def _update() -> int:
    return (
        subprocess.run(["apt-get", "-qq", "update"], check=False).returncode
        if not os.geteuid()
        else 1
    )
