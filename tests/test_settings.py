from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from ephemera.settings import SETTINGS, Settings, SettingsError
from tools.settings_page import PAGE, page

LONG_ENOUGH = "correct horse battery"


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ(environ)
    return str(refused.value)


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = Settings.from_environ({"PATH": "/bin"})
    assert settings.bind == "127.0.0.1:8000"
    assert settings.engine == "memory"
    assert settings.rate_limits
    assert settings.lifetime == 86_400
    assert settings.trusted_hops == 0
    assert settings.heartbeat == 15


def test_the_page_of_settings_is_what_make_settings_would_write() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().bind = "elsewhere:80"  # type: ignore[misc] # that is what is tested


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("EPHEMERA_BIND", "0.0.0.0:80", "bind", "0.0.0.0:80"),
        ("EPHEMERA_BIND", "[::1]:0", "bind", "[::1]:0"),
        ("EPHEMERA_BIND", "[fe80::1%lo]:80", "bind", "[fe80::1%lo]:80"),
        ("EPHEMERA_BIND", "[fe80::1%eth0.7]:80", "bind", "[fe80::1%eth0.7]:80"),
        ("EPHEMERA_BIND", "unix:/run/ephemera.sock", "bind", "unix:/run/ephemera.sock"),
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
    assert getattr(Settings.from_environ({name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EPHEMERA_BIND", "8000"),
        ("EPHEMERA_BIND", "localhost"),
        ("EPHEMERA_BIND", "localhost:65536"),
        ("EPHEMERA_BIND", "http://localhost:80"),
        ("EPHEMERA_BIND", "fd://3"),
        ("EPHEMERA_BIND", "::1:80"),
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
    settings = Settings.from_environ({"EPHEMERA_ENGINE": url, "EPHEMERA_SECRET": "x" * 16})
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


def test_only_secrets_may_come_from_a_file() -> None:
    assert "EPHEMERA_LIFETIME_FILE is not a setting" in refusal(EPHEMERA_LIFETIME_FILE="/x")


def test_a_secret_comes_from_a_file_without_its_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{LONG_ENOUGH}\n", encoding="utf-8")
    settings = Settings.from_environ({"EPHEMERA_SECRET_FILE": str(file)})
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
    assert Settings.from_environ({}).secret != Settings.from_environ({}).secret


def test_no_secret_shows_when_settings_are_printed() -> None:
    assert LONG_ENOUGH not in repr(Settings(secret=LONG_ENOUGH.encode()))
