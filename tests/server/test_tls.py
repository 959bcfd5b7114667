"""HTTPS without a proxy: a certificate and its key, named by settings or in hypercorn.toml."""

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx
import pytest

from ephemera.given import SettingsError, configured, given_in
from ephemera.serve import ServingError, load_config
from ephemera.settings import Settings
from tests.support.edge import make_certificate
from tests.support.patience import PATIENCE
from tests.support.server import ROOT, outcome, running

BOTH: Final = "EPHEMERA_TLS_CERTIFICATE and EPHEMERA_TLS_KEY"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate, its key, the key with a password, and the key of nobody."""
    folder = tmp_path_factory.mktemp("certificates")
    asyncio.run(make_certificate(folder))
    for arguments in (
        ("ec", "-in", "privkey.pem", "-aes256", "-passout", "pass:hunter2", "-out", "locked.pem"),
        ("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.pem"),
        ("genrsa", "-out", "rsa.pem", "2048"),
    ):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    (folder / "text.pem").write_text("none\n", encoding="utf-8")
    for each in folder.iterdir():
        each.chmod(0o600)
    return folder


def named(folder: Path, certificate: str, key: str) -> dict[str, str]:
    return {
        "EPHEMERA_TLS_CERTIFICATE": str(folder / certificate),
        "EPHEMERA_TLS_KEY": str(folder / key),
    }


def refusal(environ: dict[str, str], folder: Path, text: str = "") -> str:
    """Return the sentence with which a start with this hypercorn.toml is refused."""
    file = folder / "hypercorn.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((ServingError, SettingsError)) as refused:
        load_config(file, configured(given_in(environ)))
    return str(refused.value)


async def test_https_is_spoken_with_what_two_settings_name(certificates: Path) -> None:
    trust = ssl.create_default_context(cafile=certificates / "fullchain.pem")
    environ = named(certificates, "fullchain.pem", "privkey.pem")
    command = [sys.executable, "-m", "ephemera", "serve", "--bind", "127.0.0.1:0"]
    async with running(command, environ=environ) as server:
        assert server.url.startswith("https://127.0.0.1:")
        url = server.url.replace("127.0.0.1", "localhost")
        async with httpx.AsyncClient(verify=trust, http2=True, timeout=PATIENCE) as client:
            answer = await client.get(f"{url}/")
        assert (answer.status_code, answer.http_version) == (200, "HTTP/2")
        assert "strict-transport-security" in answer.headers
        assert not server.stderr


async def test_one_file_may_hold_both(certificates: Path) -> None:
    environ = named(certificates, "both.pem", "both.pem")
    code, written = await outcome("serve", "--check", **environ)
    assert (code, written.count(f"= {certificates / 'both.pem'} (environment)")) == (0, 2)


@pytest.mark.parametrize(
    ("certificate", "key", "sentence"),
    [
        ("absent.pem", "privkey.pem", "EPHEMERA_TLS_CERTIFICATE names a file that cannot be read."),
        ("fullchain.pem", "absent.pem", "EPHEMERA_TLS_KEY names a file that cannot be read."),
        ("fullchain.pem", ".", "EPHEMERA_TLS_KEY names a file that cannot be read."),
        ("fullchain.pem", "text.pem", f"{BOTH} are no certificate and its key."),
        ("text.pem", "privkey.pem", f"{BOTH} are no certificate and its key."),
        ("privkey.pem", "fullchain.pem", f"{BOTH} are no certificate and its key."),
        ("fullchain.pem", "other.pem", f"{BOTH} do not belong to each other."),
        ("fullchain.pem", "rsa.pem", f"{BOTH} do not belong to each other."),
        (
            "fullchain.pem",
            "locked.pem",
            "EPHEMERA_TLS_KEY names a key with a password; it must have none.",
        ),
    ],
)
def test_what_is_no_certificate_and_its_key_is_refused_in_a_sentence(
    certificates: Path, tmp_path: Path, certificate: str, key: str, sentence: str
) -> None:
    assert refusal(named(certificates, certificate, key), tmp_path) == sentence


async def test_a_file_that_nobody_writes_does_not_hold_up_the_start(
    certificates: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    environ = named(certificates, "fullchain.pem", str(tmp_path / "fifo"))
    code, written = await outcome("serve", "--check", **environ)
    assert code == 1
    assert written == "ephemera: EPHEMERA_TLS_KEY names a file that cannot be read.\n"


def test_a_path_that_can_be_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ephemera.toml"
    file.write_text('tls_key = "a\\u0000b"\n', encoding="utf-8")
    sentence = "EPHEMERA_TLS_KEY must be the path of a file without a password, read at the start."
    assert refusal({"EPHEMERA_CONFIG": str(file)}, tmp_path) == sentence


@pytest.mark.parametrize("name", ["EPHEMERA_TLS_CERTIFICATE", "EPHEMERA_TLS_KEY"])
def test_one_without_the_other_is_refused(name: str, tmp_path: Path) -> None:
    assert refusal({name: "/x"}, tmp_path) == f"{BOTH} belong together."


@pytest.mark.parametrize("key", ["certfile", "keyfile"])
def test_one_without_the_other_in_the_file_is_refused_and_not_served_without_tls(
    key: str, tmp_path: Path
) -> None:
    sentence = "hypercorn.toml: certfile and keyfile belong together."
    assert refusal({}, tmp_path, f'{key} = "{__file__}"') == sentence


def test_a_certificate_that_is_named_twice_is_refused(certificates: Path, tmp_path: Path) -> None:
    environ = named(certificates, "fullchain.pem", "privkey.pem")
    text = f'certfile = "{certificates / "fullchain.pem"}"'
    sentence = "hypercorn.toml names a certificate, and EPHEMERA_TLS_CERTIFICATE is set; keep one."
    assert refusal(environ, tmp_path, text) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('ca_certs = "/absent.pem"', "ca_certs names a file that cannot be read: /absent.pem"),
        (f'ca_certs = "{ROOT / "README.md"}"', "what it says of TLS cannot be done."),
        ('ciphers = "none"', "what it says of TLS cannot be done."),
        ("alpn_protocols = 2", "what it says of TLS cannot be done."),
    ],
)
def test_what_else_the_file_says_of_tls_is_not_blamed_on_the_certificate(
    certificates: Path, tmp_path: Path, text: str, sentence: str
) -> None:
    environ = named(certificates, "fullchain.pem", "privkey.pem")
    assert refusal(environ, tmp_path, text) == f"hypercorn.toml: {sentence}"


def test_a_certificate_that_is_no_path_is_refused(certificates: Path, tmp_path: Path) -> None:
    text = f'certfile = 1\nkeyfile = "{certificates / "privkey.pem"}"'
    told = "hypercorn.toml: certfile names a file that cannot be read: 1"
    assert refusal({}, tmp_path, text) == told


def test_a_key_in_the_file_may_have_its_password_there(certificates: Path, tmp_path: Path) -> None:
    file = tmp_path / "hypercorn.toml"
    both = f'certfile = "{certificates / "fullchain.pem"}"\nkeyfile = "{certificates}/locked.pem"\n'
    file.write_text(f'{both}keyfile_password = "hunter2"\n', encoding="utf-8")
    assert load_config(file, Settings()).ssl_enabled
    wrong = f'{both}keyfile_password = "hunter3"\n'
    told = "hypercorn.toml: certfile and keyfile are no certificate and its key."
    assert refusal({}, tmp_path, wrong) == told


@pytest.mark.parametrize("by", ["settings", "file"])
def test_a_key_that_everybody_can_read_is_warned_of(
    by: str, certificates: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = tmp_path / "key.pem"
    shutil.copyfile(certificates / "privkey.pem", key)
    key.chmod(0o600)
    file = tmp_path / "hypercorn.toml"
    certificate = certificates / "fullchain.pem"
    settings, text, name = {
        "settings": (
            Settings(tls_certificate=str(certificate), tls_key=str(key)),
            "",
            "EPHEMERA_TLS_KEY",
        ),
        "file": (
            Settings(),
            f'certfile = "{certificate}"\nkeyfile = "{key}"',
            "hypercorn.toml: keyfile",
        ),
    }[by]
    file.write_text(text, encoding="utf-8")
    load_config(file, settings)
    assert not caplog.records, "the premise"
    key.chmod(0o604)
    load_config(file, settings)
    told = f"Everybody on this machine can read the secret in the file of {name}."
    assert [record.getMessage() for record in caplog.records] == [told]
