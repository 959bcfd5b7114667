"""The listening socket: what it hands down, and what it does when no descriptor is left."""

import asyncio
import errno
import os
import resource
import socket
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from ephemera.server.accepting import ListeningConfig, ListeningSocket
from ephemera.server.listening import ListenError, listen, listening, url_of
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


def test_what_stops_a_listener_at_a_path_is_told(tmp_path: Path) -> None:
    told = {
        tmp_path / "absent" / "socket": "there is no such folder",
        tmp_path / ("x" * 108): "its path is too long for a socket",
        tmp_path: "a file is there that is no socket",
    }
    for path, reason in told.items():
        with pytest.raises(ListenError) as refused:
            listen(f"unix:{path}", backlog=5, user_timeout=4_000)
        assert str(refused.value) == f"cannot listen on unix:{path}: {reason}."


def test_a_server_that_has_no_place_left_in_its_backlog_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with (
        listen(f"unix:{path}", backlog=0, user_timeout=4_000),
        socket.socket(socket.AF_UNIX) as waiting,
        socket.socket(socket.AF_UNIX) as late,
    ):
        waiting.connect(str(path))
        late.settimeout(0)
        assert late.connect_ex(str(path)) == errno.EAGAIN, "the premise"
        with pytest.raises(ListenError, match="something else listens there"):
            listen(f"unix:{path}", backlog=5, user_timeout=4_000)
        assert path.exists()


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_a_socket_at_a_path_has_its_mode_whatever_the_umask(
    tmp_path: Path, mask: int, mode: int
) -> None:
    path = tmp_path / "socket"
    with umask(mask), listen(f"unix:{path}", backlog=5, user_timeout=4_000, mode=mode):
        assert stat.S_IMODE(path.stat().st_mode) == mode


# Several


def listening_on(*binds: str) -> AbstractContextManager[list[socket.socket]]:
    return listening(binds, backlog=5, user_timeout=4_000, mode=0o666)


def test_one_listens_at_several_places(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with listening_on("127.0.0.1:0", "[::1]:0", f"unix:{path}") as listeners, ExitStack() as end:
        for listener in listeners:
            end.enter_context(listener)
            with socket.socket(listener.family) as client:
                client.connect(listener.getsockname())
                listener.accept()[0].close()
        assert [each.family for each in listeners] == [
            socket.AF_INET, socket.AF_INET6, socket.AF_UNIX,
        ]  # fmt: skip


def test_ipv6_takes_ipv4_too_unless_that_is_named_as_well() -> None:
    with listening_on("[::]:0") as [both], both:
        port = both.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
    with listening_on(f"0.0.0.0:{port}", f"[::]:{port}") as listeners, ExitStack() as end:
        for listener, host in zip(listeners, ("127.0.0.1", "::1"), strict=True):
            end.enter_context(listener)
            socket.create_connection((host, port)).close()
            listener.settimeout(4)
            listener.accept()[0].close()


def test_one_place_that_is_taken_stops_all_and_leaves_no_path(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        told = f"cannot listen on {taken}: something else listens there."
        with pytest.raises(ListenError) as refused, listening_on(f"unix:{path}", taken):
            pass
    assert str(refused.value) == told
    assert not path.exists()


def test_a_start_that_fails_later_leaves_no_path(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with suppress(KeyError), listening_on(f"unix:{path}"):
        assert path.exists()
        raise KeyError
    assert not path.exists()


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
