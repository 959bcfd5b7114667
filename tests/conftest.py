"""Shared by all tests."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

# Loops look at this when they are made, so it holds however pytest was started; empty, it is off.
os.environ.setdefault("PYTHONASYNCIODEBUG", "1")
# A loop that is debugged notes the whole stack for each future: a quarter of the time of all tests.
sys.tracebacklimit = 30
# It also warns of each step that takes long, as all do on a busy machine; tests count warnings.
logging.getLogger("asyncio").addFilter(lambda record: not str(record.msg).startswith("Executing "))

# A shell lets what it starts in the background ignore interrupts, and so would every child of ours.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes tells how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Collect nothing while a failure is written down.

    A report parses the source of what failed. Python 3.11 parses it wrongly, and the whole run ends
    with "AST constructor recursion depth mismatch", when a collection in between destroys what has
    a traceback to tell: that is parsed, too, and there is one count for both.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        if was_collecting:
            gc.enable()
