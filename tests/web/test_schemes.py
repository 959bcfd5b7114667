"""The scheme of a request is what a proxy, or whoever plays one, calls it."""

import pytest

from ephemera.web.road.asked import asked_by
from ephemera.web.road.headers import page_headers, stream_headers

HSTS = (b"strict-transport-security", b"max-age=63072000")


@pytest.mark.parametrize("scheme", ["", "HTTPS", "wss", "gopher", "x" * 5_000])
def test_there_are_two_schemes_however_many_they_make_up(scheme: str) -> None:
    headers: dict[str, str] = {}
    assert asked_by(scheme, headers) == asked_by("http", headers) != asked_by("https", headers)


def test_only_who_came_by_https_is_told_to_stay_there() -> None:
    for headers in (page_headers, lambda *, secure: stream_headers("text/plain", 5, secure=secure)):
        assert HSTS in headers(secure=True)
        assert HSTS not in headers(secure=False)
