"""What is used of others though they do not offer it: as it was when it was last read."""

import ast
import asyncio.sslproto
import inspect
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name
from types import FunctionType
from typing import Final

import pytest

import ephemera.server
from ephemera.server import borrowed

HERE: Final = Path(ephemera.server.__file__).parent
OTHERS: Final = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "borrowed")

_H11: Final = "hypercorn.protocol.h11:H11Protocol"
_H2: Final = "hypercorn.protocol.h2:H2Protocol"
AS_IT_WAS: Final = {
    "hypercorn.asyncio.task_group:_handle": "e37cfe3db06e",
    f"{_H11}.__init__": "c7c989fd6a35",
    f"{_H11}.handle": "3b56e0674474",
    f"{_H11}.stream_send": "56a36254a368",
    f"{_H11}._handle_events": "bd4a76b2837e",
    f"{_H11}._check_protocol": "f95f6b38f43c",
    f"{_H11}._create_stream": "a2338a57ab34",
    f"{_H11}._maybe_recycle": "3ac53f52bc4e",
    f"{_H11}._close_stream": "378930655d7b",
    f"{_H11}._send_error_response": "58c2b47ae295",
    f"{_H2}.__init__": "d577a96e2eb6",
    f"{_H2}.initiate": "fc365390735c",
    f"{_H2}.handle": "c67e89eb79af",
    f"{_H2}.stream_send": "d8fc824e2770",
    f"{_H2}.send_task": "3f55a5376640",
    f"{_H2}._handle_events": "3378aef0a234",
    f"{_H2}._flush": "1a771e85178d",
    f"{_H2}._create_stream": "91eb123ddf24",
    f"{_H2}._close_stream": "a29254979164",
    f"{_H2}._window_updated": "80fdf9db83dd",
    f"{_H2}._priority_updated": "a02ffc3670a3",
    "h2.connection:H2Connection.receive_data": "4470c8fafce8",
    "h11:Connection.next_event": "7d3288bcc261",
    "h11._receivebuffer:ReceiveBuffer": "108c4355eb3b",
    "h2.connection:H2Connection._receive_frame": "39b2e16b4fd7",
}
"""The beginning of the digest of each text, with Hypercorn 0.18.0, h11 0.16.0 and h2 4.4.1."""


@pytest.mark.parametrize("name", AS_IT_WAS)
def test_what_is_borrowed_is_as_it_was(name: str) -> None:
    package = name.partition(".")[0]
    digest = sha256(inspect.getsource(resolve_name(name)).encode()).hexdigest()[:12]
    assert digest == AS_IT_WAS[name], (
        f"{package} {version(package)} has another {name} than the one that borrowed.py was "
        f"written for: read what it does now, then write {digest} here"
    )


@pytest.mark.parametrize(
    ("method", "attribute"),
    [
        (asyncio.sslproto._SSLProtocolTransport.__init__, "_ssl_protocol"),
        (asyncio.sslproto.SSLProtocol.connection_made, "_transport"),
    ],
)
def test_asyncio_keeps_the_lower_transport_where_it_is_looked_for(
    method: FunctionType, attribute: str
) -> None:
    assert attribute in method.__code__.co_names, (
        f"asyncio has no {attribute} any more: borrowed.layers_of must find it elsewhere"
    )


def private(names: object) -> set[str]:
    return {name for name in dir(names) if name.startswith("_") and not name.endswith("__")}


def private_imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("ephemera."):
            yield from (alias.name for alias in node.names if alias.name.startswith("_"))


def borrowed_by(tree: ast.AST, inherited: set[str]) -> Iterator[str]:
    """Yield what a class names of the private parts that it inherits from others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in inherited:
            yield node.name
        if isinstance(node, ast.Attribute) and node.attr in inherited:
            yield node.attr


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_is_borrowed_elsewhere(name: str) -> None:
    tree = ast.parse((HERE / f"{name}.py").read_text("utf-8"))
    module = import_module(f"ephemera.server.{name}")
    found = list(private_imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            above = getattr(module, node.name).__mro__
            foreign = [kind for kind in above if not kind.__module__.startswith("ephemera.")]
            found += borrowed_by(node, set().union(*map(private, foreign)))
    assert found == []


def test_what_is_borrowed_elsewhere_would_be_found() -> None:
    tree = ast.parse(Path(borrowed.__file__).read_text("utf-8"))
    assert list(private_imports(tree)) == ["_handle"]
    assert "_flush" in set(borrowed_by(tree, private(borrowed.OpenH2.__base__)))
