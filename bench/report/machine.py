"""Where and with what a run was made."""

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from bench.entrants import HERE, Entrant
from bench.server import LOAD_CORE, SERVER_CORE

OWN: Final = ("quart", "hypercorn", "h11", "jinja2")


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts and versions, as sentences for a list."""

    day: str
    facts: list[str]
    versions: list[str]


def describe(entrants: Sequence[Entrant]) -> Machine:
    """Describe this machine as it is before the run."""
    return Machine(datetime.now(UTC).date().isoformat(), list(_facts()), list(_versions(entrants)))


def _facts() -> Iterator[str]:
    yield f"{_field('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores"
    yield f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) // 1024:,} MiB of memory"
    yield f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}"
    yield f"Servers on core {SERVER_CORE}, the load on core {LOAD_CORE}"
    yield f"Load average before the run: {', '.join(f'{load:.1f}' for load in os.getloadavg())}"


def _field(path: str, name: str) -> str:
    text = Path(path).read_text("utf-8")
    found = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else "unknown"


def _versions(entrants: Sequence[Entrant]) -> Iterator[str]:
    theirs = list(_of_python((HERE / ".venv").glob("lib/python*/site-packages")))
    yield f"Python {platform.python_version()} for all servers in Python"
    for entrant in entrants:
        if entrant.ours:
            yield f"{entrant.name}: {_commit(entrant.folder)}, {_named(distributions(), OWN)}"
        elif entrant.packages and "node" in entrant.needs:
            yield f"{entrant.name}: node {_said('node', '--version')}, {_of_node(entrant.packages)}"
        elif entrant.packages:
            yield f"{entrant.name}: {_named(theirs, entrant.packages)}"
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
        yield f"nginx nchan: {_said('/usr/sbin/nginx', '-v')}, nchan {_nchan()}"


def _of_python(folders: Iterable[Path]) -> Iterable[Distribution]:
    return distributions(path=[str(folder) for folder in folders])


def _named(known: Iterable[Distribution], names: Sequence[str]) -> str:
    versions = {found.metadata["Name"].lower().replace("_", "-"): found.version for found in known}
    return ", ".join(f"{name} {versions.get(name, 'unknown')}" for name in names)


def _of_node(names: Sequence[str]) -> str:
    files = {name: HERE / "node_modules" / name / "package.json" for name in names}
    return ", ".join(
        f"{name} {json.loads(file.read_text('utf-8'))['version']}" for name, file in files.items()
    )


def _commit(folder: Path) -> str:
    return _said("git", "-C", str(folder), "describe", "--always", "--dirty") or "no commit"


def _nchan() -> str:
    file = HERE / ".modules" / "version"
    return file.read_text("ascii") if file.is_file() else "unknown"


def _said(*command: str) -> str:
    """Return what a program says of itself, on whichever of its outputs."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode == 0 else ""
