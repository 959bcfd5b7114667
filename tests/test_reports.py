"""A failing test is told, and does not end the run, whatever lies about to be collected."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT

FAILING = '''
import gc, traceback

class Telling:
    """Garbage in a cycle, which has a traceback to tell when it is collected."""
    def __init__(self):
        self.me = self
    def __del__(self):
        Telling()
        try:
            1 + int("x") + 2
        except ValueError:
            traceback.format_exc()

def test_fails():
    for _ in range(50):
        Telling()
    gc.set_threshold(50, 1, 1)
    assert False, "as it should"
''' + "".join(f"    assert [a + {number} for a in range({number})]\n" for number in range(100))
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
BROKEN = "AST constructor recursion depth mismatch"


def told(file: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, *options, file],
        cwd=ROOT, env=ALONE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.stdout + run.stderr


def test_a_failure_is_told_while_garbage_waits_to_be_collected(tmp_path: Path) -> None:
    file = tmp_path / "test_failing.py"
    file.write_text(FAILING, encoding="ascii")
    if sys.version_info < (3, 12):
        assert BROKEN in told(file), "the premise"
    run = told(file, "-p", "tests.conftest")
    assert BROKEN not in run
    assert "as it should" in run
    assert "1 failed" in run


async def test_a_step_that_takes_long_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    assert loop.get_debug(), "the premise: asyncio looks at each step"
    loop.slow_callback_duration = 0.0
    for _ in range(3):
        await asyncio.sleep(0)
    logging.getLogger("asyncio").warning("anything else")
    assert [record.getMessage() for record in caplog.records] == ["anything else"]
