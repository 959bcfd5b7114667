"""Which proxy leads to a server, and who is trusted: as the environment says, or a sentence."""

import os
from pathlib import Path

import certifi
import pytest

from ephemera.terminal.mistakes import Mistake
from ephemera.terminal.reaching import passage_to

PROXY = "http://proxy.example:3128"


def variable_for(origin: str, **environ: str) -> str:
    return passage_to(origin, environ).proxied_by


@pytest.mark.parametrize(
    ("origin", "environ", "named"),
    [
        ("http://host", {}, ""),
        ("http://host", {"HTTP_PROXY": PROXY}, "HTTP_PROXY"),
        ("http://host", {"http_proxy": PROXY}, "http_proxy"),
        ("http://host", {"http_proxy": PROXY, "HTTP_PROXY": "other"}, "http_proxy"),
        ("http://host", {"http_proxy": "", "HTTP_PROXY": PROXY}, ""),
        ("http://host", {"HTTPS_PROXY": PROXY}, ""),
        ("https://host", {"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ("https://host", {"HTTP_PROXY": PROXY}, ""),
        ("https://host", {"ALL_PROXY": PROXY, "HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ("https://host", {"ALL_PROXY": PROXY, "HTTPS_PROXY": " "}, "ALL_PROXY"),
        ("https://host", {"all_proxy": PROXY}, "all_proxy"),
        ("https://host", {"FTP_PROXY": PROXY}, ""),
    ],
)
def test_the_variable_of_a_proxy_is_chosen_as_curl_does(
    origin: str, environ: dict[str, str], named: str
) -> None:
    assert variable_for(origin, **environ) == named


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("proxy.example:3128", "http://proxy.example:3128"),
        (" http://proxy.example ", "http://proxy.example"),
        ("https://proxy.example", "https://proxy.example"),
        ("http://[::1]:3128/", "http://[::1]:3128/"),
        ("socks5://127.0.0.1:9050", "socks5://127.0.0.1:9050"),
        ("socks5h://127.0.0.1:9050", "socks5h://127.0.0.1:9050"),
        ("socks://127.0.0.1:1080/", "socks5://127.0.0.1:1080/"),
        ("SOCKS5://127.0.0.1:9050", "socks5://127.0.0.1:9050"),
        ("http://ada:hunter2@proxy.example", "http://proxy.example"),
    ],
)
def test_a_proxy_is_understood_as_people_write_it(told: str, url: str) -> None:
    proxy = passage_to("http://host", {"ALL_PROXY": told}).proxy
    assert proxy
    assert str(proxy.url) == url


@pytest.mark.parametrize(
    "told",
    [
        "foo://x",
        "socks4://127.0.0.1:1080",
        "http://",
        "://x",
        "http://[::1",
        "[::1",
        "http://proxy.example:99999",
        "http://proxy.example:x",
        "proxy.example:x",
        "http://\udcfc",
        "http://ada:\udcfc@proxy.example",
        "http://ex\xadample.com",
        "http://a b\x00c",
    ],
)
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_what_is_no_proxy_ends_in_a_sentence_that_names_the_variable(name: str, told: str) -> None:
    with pytest.raises(Mistake, match=rf"^{name} must be the address of a proxy: .*\.$") as refused:
        passage_to("http://host", {name: told})
    assert "example" not in str(refused.value)


PAST = (
    ("*", "https://chat.example"),
    ("chat.example", "https://chat.example"),
    ("CHAT.example", "https://chat.EXAMPLE"),
    (".example", "https://chat.example"),
    ("*.example", "https://chat.example"),
    ("example", "https://chat.example"),
    ("chat.example.", "https://chat.example"),
    ("other, chat.example", "https://chat.example"),
    ("other chat.example", "https://chat.example"),
    ("chat.example:443", "https://chat.example"),
    ("https://chat.example", "https://chat.example"),
    ("ex\xe4mple.com", "https://ex\xe4mple.com"),
    ("xn--exmple-cua.com", "https://ex\xe4mple.com"),
    ("127.0.0.1", "http://127.0.0.1:8000"),
    ("127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("127.0.0.0/8", "http://127.0.0.1:8000"),
    ("::1", "http://[::1]:8000"),
    ("[::1]", "http://[::1]:8000"),
    ("[::1]:8000", "http://[::1]:8000"),
    ("0:0:0:0:0:0:0:1", "http://[::1]"),
    ("fd00::/8", "http://[fd12::1]"),
    ("[fd00::]/8", "http://[fd12::1]"),
    ("localhost", "http://localhost:8000"),
)


@pytest.mark.parametrize(("listed", "origin"), PAST)
@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_who_is_in_no_proxy_is_reached_without_one(name: str, listed: str, origin: str) -> None:
    assert variable_for(origin, ALL_PROXY=PROXY) == "ALL_PROXY", "the premise"
    assert variable_for(origin, ALL_PROXY=PROXY, **{name: listed}) == ""
    assert variable_for("http://elsewhere", ALL_PROXY=PROXY, **{name: f"{listed}"}) == (
        "" if listed == "*" else "ALL_PROXY"
    )


NOWHERE = (
    *("", ",", " , ", "[::1", "::1]", "[", "]:", ":", ":80", "http://[", "\udcfc", "[]", ".", "/8"),
    *("*x", "1.2.3.4/99", "a..b", "xchat.example", "chat.example:80", "[chat.example", "e\xadx"),
)


@pytest.mark.parametrize("listed", NOWHERE)
def test_what_is_no_host_in_no_proxy_stands_for_none(listed: str) -> None:
    for origin in ("https://chat.example", "https://127.0.0.1", "https://[::1]"):
        assert variable_for(origin, ALL_PROXY=PROXY, NO_PROXY=listed) == "ALL_PROXY"
        assert variable_for(origin, NO_PROXY=listed) == ""


@pytest.mark.parametrize("file", ["/nonexistent.pem", "/etc", "/etc/passwd", "/\udcfc"])
def test_certificates_that_cannot_be_read_are_told_by_their_variable(file: str) -> None:
    with pytest.raises(Mistake, match=r"^SSL_CERT_FILE names no file of certificates"):
        passage_to("https://host", {"SSL_CERT_FILE": file})
    assert passage_to("http://host", {"SSL_CERT_FILE": file}).trusted_by == "", "none is needed"


def test_certificates_are_those_that_the_environment_names(tmp_path: Path) -> None:
    ours = passage_to("https://host", {"SSL_CERT_FILE": certifi.where()})
    assert ours.trusted_by == "SSL_CERT_FILE"
    assert ours.trust.get_ca_certs() == passage_to("https://host", {}).trust.get_ca_certs()
    both = {"SSL_CERT_FILE": certifi.where(), "SSL_CERT_DIR": os.fspath(tmp_path)}
    assert passage_to("https://host", both).trusted_by == "SSL_CERT_FILE and SSL_CERT_DIR"
    none = passage_to("https://host", {"SSL_CERT_DIR": "/nonexistent"})
    assert (none.trusted_by, none.trust.get_ca_certs()) == ("SSL_CERT_DIR", [])


def test_a_proxy_that_is_spoken_to_by_tls_is_trusted_like_a_server() -> None:
    environ = {"HTTP_PROXY": "https://proxy.example", "SSL_CERT_FILE": certifi.where()}
    passage = passage_to("http://host", environ)
    assert passage.proxy
    assert passage.proxy.ssl_context is passage.trust
    assert passage.trust.get_ca_certs()
