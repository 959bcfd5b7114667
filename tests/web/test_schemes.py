"""The scheme of a request is what a proxy, or whoever plays one, calls it."""

import pytest

from ephemera.web.headers import page_headers, stream_headers

HSTS = (b"strict-transport-security", b"max-age=63072000")


@pytest.mark.parametrize("scheme", ["", "HTTPS", "wss", "gopher", "x" * 5_000])
def test_headers_are_kept_for_two_schemes_however_many_there_are(scheme: str) -> None:
    plain = stream_headers("http", "text/plain", None)
    assert stream_headers(scheme, "text/plain", None) is plain
    assert page_headers(scheme, {}) == page_headers("http", {})


def test_only_who_came_by_https_is_told_to_stay_there() -> None:
    for headers in (page_headers, lambda scheme, _: stream_headers(scheme, "text/plain", 5)):
        assert HSTS in headers("https", {})
        assert HSTS not in headers("http", {})
