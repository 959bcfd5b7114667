"""The listening socket: what it hands down, and what it does when no descriptor is left."""

import asyncio
import errno
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from ephemera.server.accepting import ListeningConfig, ListeningSocket
from ephemera.server.listening import ListenError, listen, url_of
from tests.support.patience import PATIENCE

ALLOWED: Final = 128


@contextmanager
def somebody_at_the_door() -> Iterator[ListeningSocket]:
    """Listen as under Hypercorn, and let somebody wait to be accepted."""
    config = ListeningConfig()
    config.bind = [f"fd://{socket.create_server(('127.0.0.1', 0)).detach()}"]
    [listener] = config.create_sockets().insecure_sockets
    assert isinstance(listener, ListeningSocket)
    with listener, socket.create_connection(listener.getsockname()):
        yield listener


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    """Take every descriptor that this process may have, until the block ends."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = os.dup(0)
    taken = [highest]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(highest + ALLOWED, before[1]), before[1]))
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        for each in taken:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_accepted_connections_inherit_the_limits_of_the_listener() -> None:
    tcp = socket.IPPROTO_TCP
    with (
        listen("127.0.0.1:0", backlog=5, user_timeout=4_000) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == 4_000
        assert accepted.getsockopt(tcp, socket.TCP_NODELAY)
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_a_url_is_secure_only_with_a_certificate() -> None:
    with listen("localhost:0", backlog=5, user_timeout=4_000) as listener:
        assert url_of(listener, secure=False).startswith("http://")
        assert url_of(listener, secure=True).startswith("https://")


def test_a_path_that_is_still_served_is_left_alone(tmp_path: Path) -> None:
    bind = f"unix:{tmp_path / 'socket'}"
    with (
        listen(bind, backlog=5, user_timeout=4_000),
        pytest.raises(ListenError, match="something else listens there"),
    ):
        listen(bind, backlog=5, user_timeout=4_000)


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("kept", encoding="utf-8")
    with pytest.raises(ListenError):
        listen(f"unix:{file}", backlog=5, user_timeout=4_000)
    assert file.read_text(encoding="utf-8") == "kept"


def test_a_host_that_does_not_exist_is_refused_in_a_sentence() -> None:
    with pytest.raises(ListenError, match=r"cannot listen on nowhere\.invalid:0"):
        listen("nowhere.invalid:0", backlog=5, user_timeout=4_000)


@pytest.mark.parametrize("host", ["a..b", "\udcfc", "x" * 64 + ".example"])
def test_what_can_be_no_host_is_refused_in_a_sentence(host: str) -> None:
    with pytest.raises(ListenError, match=r"cannot listen on .*:0: that can be no host"):
        listen(f"{host}:0", backlog=5, user_timeout=4_000)


# Few descriptors


async def test_a_listener_without_descriptors_fails_once_however_long_its_backlog_is() -> None:
    """Each failure that asyncio sees is a timer that tries again."""
    failures: list[object] = []
    failed = asyncio.Event()

    def fail(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        failures.append(context.get("exception"))
        failed.set()

    asyncio.get_running_loop().set_exception_handler(fail)
    with somebody_at_the_door() as listener, no_descriptors_left():
        server = await asyncio.start_server(lambda *_: None, sock=listener, backlog=1_024)
        async with asyncio.timeout(PATIENCE):
            await failed.wait()
        server.close()
    assert [getattr(failure, "errno", None) for failure in failures] == [errno.EMFILE]


def test_a_listener_accepts_again_when_a_descriptor_is_free() -> None:
    with somebody_at_the_door() as listener:
        with no_descriptors_left():
            for expected in (OSError, BlockingIOError, OSError, BlockingIOError):
                with pytest.raises(OSError) as raised:  # noqa: PT011 # its kind is asked below
                    listener.accept()
                assert type(raised.value) is expected
        listener.accept()[0].close()
        with pytest.raises(BlockingIOError):
            listener.accept()
