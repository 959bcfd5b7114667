import logging
import re
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from ephemera.given import SettingsError, configured, given_in, told_of
from ephemera.settings import SETTINGS, Settings
from tools.settings_page import PAGE, page

LONG_ENOUGH = "correct horse battery"


def settings_in(environ: Mapping[str, str]) -> Settings:
    return configured(given_in(environ))


def a_file(folder: Path, text: str) -> Path:
    file = folder / "ephemera.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings_in(environ)
    return str(refused.value)


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = settings_in({"PATH": "/bin"})
    assert settings.bind == ("127.0.0.1:8000",)
    assert settings.socket_mode == 0o666
    assert settings.engine == "memory"
    assert settings.rate_limits
    assert settings.lifetime == 86_400
    assert settings.trusted_hops == 0
    assert settings.heartbeat == 15


def test_the_page_of_settings_is_what_make_settings_would_write() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().bind = ("elsewhere:80",)  # type: ignore[misc] # that is what is tested


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("EPHEMERA_BIND", "0.0.0.0:80", "bind", ("0.0.0.0:80",)),
        ("EPHEMERA_BIND", "[::1]:0", "bind", ("[::1]:0",)),
        ("EPHEMERA_BIND", "[fe80::1%lo]:80", "bind", ("[fe80::1%lo]:80",)),
        ("EPHEMERA_BIND", "[fe80::1%eth0.7]:80", "bind", ("[fe80::1%eth0.7]:80",)),
        ("EPHEMERA_BIND", "unix:/run/ephemera.sock", "bind", ("unix:/run/ephemera.sock",)),
        ("EPHEMERA_BIND", "a:1,b:2", "bind", ("a:1", "b:2")),
        ("EPHEMERA_BIND", "a:1 [::]:2 \t, unix:/x", "bind", ("a:1", "[::]:2", "unix:/x")),
        ("EPHEMERA_SOCKET_MODE", "0660", "socket_mode", 0o660),
        ("EPHEMERA_SOCKET_MODE", "777", "socket_mode", 0o777),
        ("EPHEMERA_ENGINE", "memory", "engine", "memory"),
        ("EPHEMERA_SECRET", LONG_ENOUGH, "secret", LONG_ENOUGH.encode()),
        ("EPHEMERA_RATE_LIMITS", "off", "rate_limits", False),
        ("EPHEMERA_LIFETIME", "60", "lifetime", 60),
        ("EPHEMERA_LIFETIME", "604800", "lifetime", 604_800),
        ("EPHEMERA_TRUSTED_HOPS", "1", "trusted_hops", 1),
        ("EPHEMERA_MAX_ROOMS", "3", "max_rooms", 3),
        ("EPHEMERA_MAX_STREAMS", "4", "max_streams", 4),
        ("EPHEMERA_HEARTBEAT", "0.2", "heartbeat", 0.2),
        ("EPHEMERA_STREAM_LIFETIME", "1", "stream_lifetime", 1),
        ("EPHEMERA_TCP_USER_TIMEOUT_MS", "4000", "tcp_user_timeout_ms", 4000),
        ("EPHEMERA_CONNECTIONS_PER_ADDRESS", "0", "connections_per_address", 0),
        ("EPHEMERA_HTTP2_ON_PLAIN_PORTS", "on", "http2_on_plain_ports", True),
    ],
)
def test_a_variable_sets_its_field(name: str, text: str, field: str, value: object) -> None:
    assert getattr(settings_in({name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EPHEMERA_BIND", "8000"),
        ("EPHEMERA_BIND", "localhost"),
        ("EPHEMERA_BIND", "localhost:65536"),
        ("EPHEMERA_BIND", "http://localhost:80"),
        ("EPHEMERA_BIND", "fd://3"),
        ("EPHEMERA_BIND", "::1:80"),
        ("EPHEMERA_BIND", "a:1,"),
        ("EPHEMERA_BIND", " a:1"),
        ("EPHEMERA_BIND", "a:1\nb:2"),
        ("EPHEMERA_BIND", "127.0.0.1:8000,127.0.0.1:8000"),
        ("EPHEMERA_BIND", "unix:/run/a b"),
        ("EPHEMERA_SOCKET_MODE", "0o660"),
        ("EPHEMERA_SOCKET_MODE", "1777"),
        ("EPHEMERA_SOCKET_MODE", "0444"),
        ("EPHEMERA_SOCKET_MODE", "66"),
        ("EPHEMERA_SOCKET_MODE", "rw-rw-rw-"),
        ("EPHEMERA_SOCKET_MODE", "٦٦٠"),
        ("EPHEMERA_ENGINE", "sqlite"),
        ("EPHEMERA_ENGINE", "redis//:hunter2hunter2@localhost"),
        ("EPHEMERA_ENGINE", "redis:///0"),
        ("EPHEMERA_STRICT", "yes"),
        ("EPHEMERA_SECRET", "15 characters .."[:15]),
        ("EPHEMERA_RATE_LIMITS", "no"),
        ("EPHEMERA_LIFETIME", "59"),
        ("EPHEMERA_LIFETIME", "604801"),
        ("EPHEMERA_LIFETIME", "1_000"),
        ("EPHEMERA_LIFETIME", "٦٠٠"),
        ("EPHEMERA_LIFETIME", "1e3"),
        ("EPHEMERA_TRUSTED_HOPS", "-1"),
        ("EPHEMERA_TRUSTED_HOPS", "11"),
        ("EPHEMERA_MAX_ROOMS", "0"),
        ("EPHEMERA_MAX_STREAMS", "many"),
        ("EPHEMERA_HEARTBEAT", "0.1"),
        ("EPHEMERA_HEARTBEAT", "61"),
        ("EPHEMERA_HEARTBEAT", "nan"),
        ("EPHEMERA_STREAM_LIFETIME", "0"),
        ("EPHEMERA_TCP_USER_TIMEOUT_MS", "99"),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence_that_does_not_repeat_it(name: str, text: str) -> None:
    sentence = refusal(**{name: text})
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    if len(text) > 5:  # a shorter one may be part of the sentence by chance
        assert text not in sentence


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "rediss://ephemera:hunter2@example.org:6380/1",
        "valkey://[::1]:6379",
        "redis+sentinel://one,two:26380,three/rooms",
        "redis+cluster://:hunter2@one:7000,two:7000",
    ],
)
def test_an_engine_is_a_url_and_needs_a_secret(url: str) -> None:
    settings = settings_in({"EPHEMERA_ENGINE": url, "EPHEMERA_SECRET": "x" * 16})
    assert settings.engine == url
    assert "hunter2" not in repr(settings)
    assert refusal(EPHEMERA_ENGINE=url).startswith("EPHEMERA_SECRET must be set")


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_an_empty_value_is_refused(name: str) -> None:
    assert refusal(**{name: ""}).startswith(f"{name} ")


def test_an_unknown_variable_is_refused_with_the_likely_name() -> None:
    assert refusal(EPHEMERA_LIFETME="60") == (
        "EPHEMERA_LIFETME is not a setting of Ephemera; did you mean EPHEMERA_LIFETIME?"
    )


def test_an_unknown_variable_like_no_other_is_refused_too() -> None:
    assert (
        refusal(EPHEMERA_QQQQQQQQQQQQ="x") == "EPHEMERA_QQQQQQQQQQQQ is not a setting of Ephemera."
    )


NO_PATH = "it takes a host name to itself, and cannot live under a path of another site."


@pytest.mark.parametrize("name", ["BASE_PATH", "ROOT_PATH", "URL_PREFIX", "BASE_URL"])
def test_who_wants_a_base_path_is_told_that_there_is_none(name: str, tmp_path: Path) -> None:
    sentence = f"EPHEMERA_{name} is not a setting of Ephemera: {NO_PATH}"
    assert refusal(**{f"EPHEMERA_{name}": "/chat/"}) == sentence
    file = a_file(tmp_path, f'{name.lower()} = "/chat/"')
    sentence = f"EPHEMERA_CONFIG: {name.lower()} is not a setting of Ephemera: {NO_PATH}"
    assert refusal(EPHEMERA_CONFIG=str(file)) == sentence


def test_only_secrets_may_come_from_a_file() -> None:
    assert "EPHEMERA_LIFETIME_FILE is not a setting" in refusal(EPHEMERA_LIFETIME_FILE="/x")


def test_a_secret_comes_from_a_file_without_its_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{LONG_ENOUGH}\n", encoding="utf-8")
    settings = settings_in({"EPHEMERA_SECRET_FILE": str(file)})
    assert settings.secret == LONG_ENOUGH.encode()


def test_a_secret_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    sentence = refusal(EPHEMERA_SECRET_FILE=str(tmp_path / "absent"))
    assert sentence == "EPHEMERA_SECRET_FILE names a file that cannot be read as text."


def test_a_secret_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff" * 32)
    assert "cannot be read as text" in refusal(EPHEMERA_SECRET_FILE=str(file))


def test_a_secret_given_twice_is_refused() -> None:
    sentence = refusal(EPHEMERA_SECRET=LONG_ENOUGH, EPHEMERA_SECRET_FILE="/x")
    assert sentence == "EPHEMERA_SECRET and EPHEMERA_SECRET_FILE are both set; keep one."


def test_without_a_secret_each_start_has_its_own() -> None:
    assert settings_in({}).secret != settings_in({}).secret


def test_no_secret_shows_when_settings_are_printed() -> None:
    assert LONG_ENOUGH not in repr(Settings(secret=LONG_ENOUGH.encode()))


def test_settings_come_from_a_file_too_and_variables_win(tmp_path: Path) -> None:
    file = a_file(
        tmp_path,
        'bind = "127.0.0.1:7000"\nrate_limits = false\nstrict = true\nheartbeat = 7.5\n'
        f'lifetime = 3600\nsecret = "{LONG_ENOUGH}"\nengine = "redis://localhost"\n',
    )
    settings = settings_in({"EPHEMERA_CONFIG": str(file), "EPHEMERA_LIFETIME": "7200"})
    assert settings.bind == ("127.0.0.1:7000",)
    assert (settings.rate_limits, settings.strict) == (False, True)
    assert (settings.heartbeat, settings.lifetime) == (7.5, 7200)
    assert (settings.secret, settings.engine) == (LONG_ENOUGH.encode(), "redis://localhost")


def test_a_setting_that_takes_several_may_be_a_list_in_a_file(tmp_path: Path) -> None:
    file = a_file(tmp_path, 'bind = ["127.0.0.1:7000", "[::1]:7000"]\n')
    given = given_in({"EPHEMERA_CONFIG": str(file)})
    assert configured(given).bind == ("127.0.0.1:7000", "[::1]:7000")
    assert f"EPHEMERA_BIND = 127.0.0.1:7000, [::1]:7000 ({file})" in list(told_of(given))


NO_BIND = (
    "EPHEMERA_BIND must be HOST:PORT, [IPV6]:PORT or unix:/PATH, "
    "or several with commas or blanks between them, each once."
)
NO_MODE = "EPHEMERA_SOCKET_MODE must be three octal digits, the first 6 or 7, such as 0660."
NO_LIFETIME = "EPHEMERA_LIFETIME must be a whole number of seconds from 60 to 604800."
OF_THE_FILE = {
    "lifetme = 60": ": lifetme is not a setting of Ephemera; did you mean lifetime?",
    "EPHEMERA_BIND = 'a:1'": ": EPHEMERA_BIND is not a setting of Ephemera.",
    "[limits]\nlifetime = 60": ": limits is no setting; each is one line, bind = …",
    "lifetime = [60]": ": lifetime is no setting; each is one line, bind = …",
    "secret_file = ['/x']": ": secret_file is no setting; each is one line, bind = …",
    "socket_mode = 0660": " names a file that is no TOML (line 1).",
    "bind = 'a:1'\nsecret = hunter2": " names a file that is no TOML (line 2).",
}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *((text, f"EPHEMERA_CONFIG{rest}") for text, rest in OF_THE_FILE.items()),
        *((f"bind = {text}", NO_BIND) for text in ("[]", "[8000]", "[['a:1']]", "['a:1', 'b']")),
        *((f"socket_mode = {text}", NO_MODE) for text in ("0o660", "0o666", "true")),
        ("lifetime = true", NO_LIFETIME),
        ("lifetime = 2026-11-30", NO_LIFETIME),
        ("secret = 'hunter2'", "EPHEMERA_SECRET must be at least 16 characters."),
    ],
)
def test_a_misfit_in_the_file_is_refused_like_one_in_a_variable(
    tmp_path: Path, text: str, sentence: str
) -> None:
    assert refusal(EPHEMERA_CONFIG=str(a_file(tmp_path, text))) == sentence


@pytest.mark.parametrize("file", ["", "/nonexistent.toml", "/"])
def test_a_file_of_settings_that_cannot_be_read_is_refused(file: str) -> None:
    sentence = "EPHEMERA_CONFIG names a file that cannot be read as text."
    assert refusal(EPHEMERA_CONFIG=file) == sentence


def test_it_is_told_of_each_setting_where_it_stands_and_of_no_secret_what_it_is(
    tmp_path: Path,
) -> None:
    holder = a_file(tmp_path, LONG_ENOUGH)
    file = tmp_path / "more.toml"
    file.write_text(f'secret_file = "{holder}"\nlifetime = 60\n', encoding="utf-8")
    lines = list(told_of(given_in({"EPHEMERA_CONFIG": str(file), "EPHEMERA_MAX_ROOMS": "5"})))
    assert len(lines) == len(SETTINGS)
    assert f"EPHEMERA_LIFETIME = 60 ({file})" in lines
    assert "EPHEMERA_MAX_ROOMS = 5 (environment)" in lines
    assert "EPHEMERA_SECRET is set (the file that EPHEMERA_SECRET_FILE names)" in lines
    assert "EPHEMERA_ENGINE = memory (default)" in lines
    assert not any(LONG_ENOUGH in line for line in lines)


def test_a_secret_that_everybody_can_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, settings = a_file(tmp_path, LONG_ENOUGH), tmp_path / "all.toml"
    settings.write_text(f'secret = "{LONG_ENOUGH}"', encoding="utf-8")
    settings.chmod(0o600)
    environs = ({"EPHEMERA_SECRET_FILE": str(file)}, {"EPHEMERA_CONFIG": str(settings)})
    for environ in environs:
        given_in(environ)
    assert not caplog.records
    for each in (file, settings):
        each.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        for environ in environs:
            given_in(environ)
    told = [record.getMessage().rsplit(" ", 1)[1] for record in caplog.records]
    assert told == ["EPHEMERA_SECRET_FILE.", "EPHEMERA_CONFIG."]


@pytest.mark.parametrize("text", ["192.0.2.1/24", "everybody", "192.0.2.0/33", "192.0.2.0/24;::/0"])
def test_what_is_no_network_is_not_exempt(text: str) -> None:
    assert refusal(EPHEMERA_EXEMPT_NETWORKS=text).startswith("EPHEMERA_EXEMPT_NETWORKS must be ")


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_default_that_is_written_out_is_the_default(name: str) -> None:
    """People copy what `--check` and the page show: nobody's secret is then a sentence of ours."""
    field = name.removeprefix("EPHEMERA_").lower()
    written = settings_in({name: SETTINGS[name].default})
    if field == "secret":
        assert written.secret != SETTINGS[name].default.encode()
    else:
        assert getattr(written, field) == getattr(Settings(), field)


def test_the_settings_of_the_document_are_settings(tmp_path: Path) -> None:
    """What an operator copies out of docs/install.md is read, with its files in a place of ours."""
    page = (PAGE.parent / "install.md").read_text("utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    for name, holds in {"operator.txt": "# Imprint\nAda", "keys": f"board {'0' * 32}"}.items():
        (tmp_path / name).write_text(holds, encoding="utf-8")
        text = text.replace(f"/etc/ephemera/{name}", str(tmp_path / name))
    chosen = settings_in({"EPHEMERA_CONFIG": str(a_file(tmp_path, text))})
    assert chosen.site == "Chess club Rook & Pawn"
    assert chosen.operator == "# Imprint\nAda"
    assert chosen.opening == (None, tmp_path / "keys")
    assert chosen.exempt_networks == ("192.0.2.0/24",)
