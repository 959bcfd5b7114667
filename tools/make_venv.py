"""Make a virtual environment that holds exactly what lock files name, by hash.

A lock is complete, so pip resolves nothing (`--no-deps`): what is published after the lock was made
can neither come in nor stand in the way. `pip check` says at the end whether anything is missing.
An environment that was made from the same locks by the same Python is left as it is.

Written for any Python 3.6 and later, so that one that is too old is told so in a sentence.
"""

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==", re.MULTILINE)


def main() -> None:
    """Make the environment that the command line asks for, unless it is there."""
    if sys.version_info < OLDEST:
        sys.exit("Ephemera needs Python 3.11 or newer: say `make PYTHON=python3.11`, for example.")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("locks", type=Path, nargs="+")
    parser.add_argument(
        "--editable", action="store_true", help="install this checkout, too; needs hatchling"
    )
    wanted = parser.parse_args()
    make(wanted.folder, wanted.locks, editable=wanted.editable)


def make(folder: Path, locks: "list[Path]", *, editable: bool) -> None:
    """Make the environment in `folder` anew, unless it was made from the same things."""
    stamp = folder / ".ready"
    made_from = fingerprint(locks, editable=editable)
    if stamp.is_file() and stamp.read_text(encoding="ascii") == made_from:
        return
    count = sum(len(PINNED.findall(lock.read_text(encoding="utf-8"))) for lock in locks)
    names = ", ".join(lock.name for lock in locks)
    say("Making {} for Python {}.{}.".format(folder, *sys.version_info))
    ensure_pip_can_be_had()
    venv.create(str(folder), clear=True, with_pip=True)
    say(f"Installing the {count} packages of {names}, by hash. This takes a moment, once.")
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install = [*pip, "install", "--quiet", "--no-deps"]
    for lock in locks:
        subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True)
    if editable:
        subprocess.run([*install, "--no-build-isolation", "--editable", str(ROOT)], check=True)
    subprocess.run([*pip, "check"], check=True, stdout=subprocess.DEVNULL)
    # The stamp comes last, so an installation that broke off is begun anew.
    stamp.write_text(made_from, encoding="ascii")


def fingerprint(locks: "list[Path]", *, editable: bool) -> str:
    """Name all that an environment depends on: the locks, this script, and the Python."""
    made_from = hashlib.sha256(repr((sys.version_info[:3], sys.base_prefix, editable)).encode())
    for path in (Path(__file__), *locks):
        made_from.update(path.read_bytes())
    return made_from.hexdigest()


def ensure_pip_can_be_had() -> None:
    """Install what Debian splits off Python, or say so."""
    if importlib.util.find_spec("ensurepip"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Debian's python3-venv.")
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-qq", "-y", "python3-venv"], check=True)
        return
    sys.exit("This Python has no ensurepip: run `apt-get install python3-venv` as root.")


def say(sentence: str) -> None:
    """Tell what is being done while it is being done."""
    print(sentence, flush=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit("This failed, see above: " + " ".join(error.cmd))
