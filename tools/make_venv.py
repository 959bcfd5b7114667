"""Make a virtual environment with the application and its tools, from the lock file by hash.

Written for any Python 3.6 and later, so that one that is too old is told so in a sentence.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)


def main(folder: Path) -> None:
    """Make the environment in `folder` and install into it."""
    if sys.version_info < OLDEST:
        sys.exit("Ephemera needs Python 3.11 or newer: say `make PYTHON=python3.11`, for example.")
    ensure_pip_can_be_had()
    venv.create(str(folder), clear=True, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet"]
    subprocess.run([*install, "--require-hashes", "-r", "requirements-dev.lock"], check=True)
    if not shutil.which("npm"):
        subprocess.run([*install, "--require-hashes", "-r", "requirements-node.lock"], check=True)
    subprocess.run([*install, "--no-deps", "--no-build-isolation", "--editable", "."], check=True)


def ensure_pip_can_be_had() -> None:
    """Install what Debian splits off Python, or say so."""
    if importlib.util.find_spec("ensurepip"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-qq", "-y", "python3-venv"], check=True)
        return
    sys.exit("This Python has no ensurepip: run `apt-get install python3-venv` as root.")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except subprocess.CalledProcessError as error:
        sys.exit("This failed, see above: " + " ".join(error.cmd))
