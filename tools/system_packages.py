"""Make sure that the programs which the tests use for real are there.

As root on a Debian-like system what is missing is installed, anywhere else it is named.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = {
    "chromium": "chromium",
    "curl": "curl",
    "fc-list": "fontconfig",
    "inotifywait": "inotify-tools",
    "nginx": "nginx",
    "openssl": "openssl",
    "strace": "strace",
    "tmux": "tmux",
}
# Pages are looked at in many scripts; without these the screenshots show boxes.
FONTS = {
    Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"): "fonts-noto-core",
    Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"): "fonts-noto-color-emoji",
}
# Debian keeps servers where only root's PATH looks.
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def main() -> None:
    """Install or name what is missing."""
    packages = missing()
    if not packages:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install(packages)
        packages = missing()
    if packages:
        sys.exit(f"The tests need Debian's {', '.join(packages)}: install them and try again.")


def missing() -> list[str]:
    """Return the packages whose program or font is not there."""
    programs = {pkg for name, pkg in PROGRAMS.items() if not shutil.which(name, path=PATH)}
    return sorted(programs | {package for font, package in FONTS.items() if not font.exists()})


def install(packages: list[str]) -> None:
    """Install Debian packages without asking anything and without starting a service."""
    print(f"Installing {', '.join(packages)} for the tests.", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *arguments], env=quiet, check=False)


if __name__ == "__main__":
    main()
