"""docs/networks.md: each cell of its table names a test, and each such test exists."""

import re
import subprocess
import sys

from tests.support.server import ROOT

PAGE = ROOT / "docs" / "networks.md"
ROWS = [
    *("nginx", "haproxy", "apache", "caddy", "varnish", "squid"),
    *("holding", "cutting-idle", "http-1.0", "cutting-at-random", "slow-and-lossy"),
    *("chromium", "chromium-plain", "firefox", "firefox-plain"),
]
COLUMNS = 5
NOT_YET = "not yet"


def cells() -> dict[str, list[str]]:
    """Return the table: what stands in each row, by the name of its network."""
    table = re.findall(r"^\| `([^`]+)` \|(.+)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: [cell.strip(" `") for cell in rest.split("|")] for name, rest in table}


def existing() -> set[str]:
    """Return all tests of this folder, as pytest finds them, without their files."""
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/networks"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return {line.partition("::")[2] for line in found.stdout.splitlines() if "::" in line}


def test_the_table_has_a_row_for_each_network_and_a_cell_for_each_promise() -> None:
    assert list(cells()) == ROWS
    assert {len(row) for row in cells().values()} == {COLUMNS}


def test_each_cell_names_a_test_that_exists_and_is_about_that_network() -> None:
    tests = existing()
    assert len(tests) > 50
    for name, row in cells().items():
        for cell in row:
            assert cell == NOT_YET or cell in tests, cell
            assert cell == NOT_YET or re.search(rf"\[{re.escape(name)}(-json)?\]$", cell), cell
