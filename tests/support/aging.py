"""An index in which every locked package has a newer release: what a lock meets a week later."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NEWER: Final = "9999.0"

_METADATA: Final = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def pins_of(lock: Path) -> dict[str, str]:
    """Return the version of each package that the lock has for this Python on this machine."""
    requirements = map(Requirement, _lines_of(lock))
    return {
        canonicalize_name(each.name): str(each.specifier).removeprefix("==")
        for each in requirements
        if each.marker is None or each.marker.evaluate()
    }


def publish_newer(names: Iterable[str], folder: Path) -> None:
    """Put an empty wheel with a higher version of each package into the folder."""
    for name in names:
        stem = f"{name.replace('-', '_')}-{NEWER}"
        info = f"{stem}.dist-info"
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{info}/METADATA", _METADATA.format(name=name, version=NEWER))
            wheel.writestr(f"{info}/WHEEL", _WHEEL)
            wheel.writestr(f"{info}/RECORD", "")


def _lines_of(lock: Path) -> Iterator[str]:
    """Return the requirements without their hashes, which stand behind a backslash."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            yield line.removesuffix("\\").strip()
