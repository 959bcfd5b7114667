"""What all tests of connections watch."""

import logging
from collections.abc import Iterator

import pytest

from ephemera.logs import Formatter


@pytest.fixture
def silence(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged, unless the test says so by clearing it."""
    yield
    told = [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert not told, [Formatter().format(record) for record in told]
