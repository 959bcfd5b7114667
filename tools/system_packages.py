"""Make sure that the programs which the tests use for real are there.

As root on a Debian-like system what is missing is installed, anywhere else it is named.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = {
    "apache2": "apache2",
    "caddy": "caddy",
    "chromium": "chromium",
    "curl": "curl",
    "fc-list": "fontconfig",
    "haproxy": "haproxy",
    "hitch": "hitch",
    "firefox-esr": "firefox-esr",
    "fish": "fish",
    "inotifywait": "inotify-tools",
    "lynx": "lynx",
    "man": "man-db",
    "mandoc": "mandoc",
    "nginx": "nginx",
    "openssl": "openssl",
    "redis-server": "redis-server",
    "squid": "squid",
    "strace": "strace",
    "systemd-analyze": "systemd",
    "tor": "tor",
    "varnishd": "varnish",
    "tmux": "tmux",
    "w3m": "w3m",
    "zsh": "zsh",
}
# What Debian would start with the next boot: the tests start their own.
SERVICES = {
    "apache2": ["apache2", "apache-htcacheclean"],
    "caddy": ["caddy"],
    "haproxy": ["haproxy"],
    "hitch": ["hitch"],
    "nginx": ["nginx"],
    "redis-server": ["redis-server"],
    "squid": ["squid"],
    "tor": ["tor"],
    "varnish": ["varnish", "varnishncsa"],
}
# Debian asks this program before it starts a service: invoke-rc.d(8).
POLICY = Path("/usr/sbin/policy-rc.d")
NOTHING_STARTS = "#!/bin/sh\n# Of Ephemera's tools/system_packages.py, for a moment.\nexit 101\n"
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
    with no_service_starts():
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-qq", *arguments], env=quiet, check=False)
    disable(service for package in packages for service in SERVICES.get(package, []))


@contextmanager
def no_service_starts() -> Iterator[None]:
    """Let no package start its service; a policy that is there already is left as it is."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text(NOTHING_STARTS, encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def disable(services: Iterable[str]) -> None:
    """Let the next boot start none of these."""
    if shutil.which("systemctl"):
        for service in services:
            subprocess.run(["systemctl", "--quiet", "disable", service], check=False)


if __name__ == "__main__":
    main()
