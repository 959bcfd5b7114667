"""Opening connections, blocking, while a room is set up; the loop takes them over then."""

import re
import socket
import struct
from typing import Final

from bench.errors import BenchError

PATIENCE: Final = 30.0
"""Seconds that any one answer may take while rooms are set up."""
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: no TIME_WAIT for ten thousands of connections, whose server is about to end."""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")


def connect(port: int) -> socket.socket:
    """Return a connection to the server on this machine."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    return sock


def ask(sock: socket.socket, request: bytes, status: int) -> bytes:
    """Send a request; return what has come behind the head of its answer."""
    sock.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += more(sock)
    head, _, rest = answer.partition(b"\r\n\r\n")
    if status_of(head) != status:
        raise BenchError(f"the server answered {status_of(head)} instead of {status}")
    return rest


def more(sock: socket.socket) -> bytes:
    """Return the next bytes; fail at the end of the connection."""
    data = sock.recv(65_536)
    if not data:
        raise BenchError("the server closed a connection while rooms were set up")
    return data


def status_of(head: bytes) -> int:
    """Return the status of an answer."""
    found = _STATUS.match(head)
    if not found:
        raise BenchError("the server answered something that is not HTTP/1")
    return int(found[1])
