"""Who is believed about who asked: only as many proxies as the operator has put in front."""

from typing import Any

import pytest
from hypercorn.middleware import ProxyFixMiddleware
from hypothesis import given
from hypothesis import strategies as st

from ephemera.server.forwarded import behind_proxies

Headers = list[tuple[bytes, bytes]]

NAMES = (b"x-forwarded-for", b"X-Forwarded-Proto", b"x-forwarded-host", b"Host", b"host", b"accept")
VALUES = (b"6.6.6.6", b"6.6.6.6, 192.0.2.7", b"https", b" http ,https", b"a.example", b",", b"")


def a_scope(headers: Headers) -> dict[str, Any]:
    return {"type": "http", "scheme": "http", "client": ("10.0.0.1", 1), "headers": headers}


async def seen(trusted_hops: int, headers: Headers) -> dict[str, Any]:
    """Return the scope as the application behind the proxies gets it."""
    scopes: list[dict[str, Any]] = []

    async def asgi(scope: Any, *_: object) -> None:  # noqa: ANN401 - ASGI
        scopes.append(scope)

    await behind_proxies(asgi, trusted_hops)(a_scope(headers), None, None)
    return scopes[0]


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("192.0.2.7:4711", "192.0.2.7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[fe80::1%lo]:4711", "fe80::1%lo"),
        ("fe80::1%lo", "fe80::1%lo"),
        ("2001:db8::7", "2001:db8::7"),
        ("::1", "::1"),
        ("1::", "1::"),
        ("192.0.2.7:", "192.0.2.7:"),
        ("unknown", "unknown"),
        ("[", ""),
        ("", ""),
    ],
)
async def test_a_port_and_brackets_are_no_part_of_the_address(said: str, client: str) -> None:
    scope = await seen(1, [(b"x-forwarded-for", said.encode())])
    assert scope["client"] == (client, 0)


@pytest.mark.parametrize(
    ("trusted_hops", "client"),
    [(0, "10.0.0.1"), (1, "192.0.2.7"), (2, "6.6.6.6"), (3, "10.0.0.1")],
)
async def test_what_counts_is_as_far_from_the_end_as_there_are_proxies(
    trusted_hops: int, client: str
) -> None:
    scope = await seen(trusted_hops, [(b"x-forwarded-for", b"6.6.6.6, 192.0.2.7")])
    assert scope["client"][0] == client


@given(
    headers=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=8),
    trusted_hops=st.integers(1, 3),
)
async def test_hypercorn_would_believe_the_same(headers: Headers, trusted_hops: int) -> None:
    scopes: list[Any] = []

    async def asgi(scope: Any, *_: object) -> None:  # noqa: ANN401 - ASGI
        scopes.append(scope)

    reference: Any = ProxyFixMiddleware(asgi, mode="legacy", trusted_hops=trusted_hops)
    await reference(a_scope(list(headers)), None, None)
    assert await seen(trusted_hops, list(headers)) == scopes[0]


async def test_a_lifespan_has_nobody_in_front() -> None:
    async def asgi(scope: Any, *_: object) -> None:  # noqa: ANN401 - ASGI
        assert scope == {"type": "lifespan"}

    await behind_proxies(asgi, 1)({"type": "lifespan"}, None, None)
