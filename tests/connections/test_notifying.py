"""Telling a service manager: a datagram to the socket that it named."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ephemera.server.notifying import notify


@contextmanager
def manager_at(place: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(5)
        manager.bind(place)
        yield manager


def test_a_manager_is_told_at_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", place)
    with manager_at(place) as manager:
        notify("READY=1", "STATUS=Open")
        assert manager.recv(100) == b"READY=1\nSTATUS=Open"


def test_a_manager_is_told_in_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", f"@ephemera-{os.getpid()}")
    with manager_at(f"\0ephemera-{os.getpid()}") as manager:
        notify("STOPPING=1")
        assert manager.recv(100) == b"STOPPING=1"


def test_without_a_manager_nobody_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    assert not caplog.records


@pytest.mark.parametrize("place", ["", "/", "/nonexistent/socket", "@", "vsock:2:9", "/" * 200])
def test_a_manager_that_takes_no_word_is_warned_of(
    place: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", place)
    with caplog.at_level(logging.WARNING):
        notify("READY=1")
    told = [record.getMessage() for record in caplog.records]
    assert told == ["What NOTIFY_SOCKET names takes no word from us."]
    caplog.clear()
