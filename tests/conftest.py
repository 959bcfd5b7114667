"""Shared by all tests."""

import os
import signal
import sys
from pathlib import Path
from typing import Final

import pytest

# Loops look at this when they are made, so it holds however pytest was started; empty, it is off.
os.environ.setdefault("PYTHONASYNCIODEBUG", "1")
# A loop that is debugged notes the whole stack for each future: a quarter of the time of all tests.
sys.tracebacklimit = 30

# A shell lets what it starts in the background ignore interrupts, and so would every child of ours.
signal.signal(signal.SIGINT, signal.default_int_handler)

HERE: Final = Path(__file__).parent
# Files that take a minute or more, the longest first: begun last, one would be waited for alone.
LONGEST: Final = (
    "networks/test_proxies.py",
    "e2e/test_knocks.py",
    "networks/test_browsers.py",
    "networks/test_hostile.py",
    "e2e/test_without_javascript.py",
    "e2e/test_accessibility.py",
    "e2e/test_interruptions.py",
    "server/test_send.py",
    "e2e/test_phones.py",
    "e2e/test_tabs.py",
    "e2e/test_messages.py",
    "server/test_terminal.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files begin."""
    ranks = {HERE / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(LONGEST)))
