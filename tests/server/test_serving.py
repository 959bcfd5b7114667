"""`ephemera serve`: how it begins, what it refuses, how it ends."""

import asyncio
import re
import resource
import signal
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest

from ephemera import __version__
from ephemera.serve import (
    REFUSED,
    ServingError,
    config_file,
    known_keys,
    load_config,
    raise_descriptor_limit,
)
from ephemera.settings import SETTINGS, Settings
from tests.support.patience import PATIENCE
from tests.support.server import outcome, running, running_server
from tests.support.stopwatch import seconds_of
from tests.support.visitors import open_room

# An application whose drain never ends, served as ours is.
NEVER_DRAINED = """
import asyncio
from ephemera.serve import serve
from ephemera.settings import Settings

class Application:
    hot = ()

    async def __call__(self, scope, receive, send):
        while (message := await receive())["type"].startswith("lifespan"):
            await send({"type": message["type"] + ".complete"})

    async def prepare(self):
        pass

    async def drain(self):
        print("draining", flush=True)
        await asyncio.Event().wait()

serve(Application(), Settings(bind=("127.0.0.1:0",)))
"""


def refusal(tmp_path: Path, text: str) -> str:
    file = tmp_path / "hypercorn.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ServingError) as refused:
        load_config(file, Settings())
    return str(refused.value)


# The configuration of Hypercorn


def test_the_shipped_configuration_is_accepted() -> None:
    config = load_config(config_file(), Settings())
    assert config.workers == 1
    assert config.graceful_timeout == 2
    assert not config.include_server_header
    assert config.accesslog is None


def test_a_misspelt_key_is_refused_by_name(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, "gracefull_timeout = 2")
    assert sentence == "hypercorn.toml: Hypercorn has no setting called gracefull_timeout."


@pytest.mark.parametrize("key", ["log", "ssl_enabled", "from_toml", "_bind", "__class__"])
def test_what_is_no_setting_is_refused(tmp_path: Path, key: str) -> None:
    assert key in refusal(tmp_path, f"{key} = 1")


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_keys_that_would_break_a_promise_are_refused_with_the_reason(
    tmp_path: Path, key: str
) -> None:
    assert key in known_keys()
    assert REFUSED[key] in refusal(tmp_path, f'{key} = "-"')


@pytest.mark.parametrize("workers", ["0", "2", '"1"'])
def test_any_number_of_workers_but_one_is_refused_on_the_memory_engine(
    tmp_path: Path, workers: str
) -> None:
    assert "workers must be 1" in refusal(tmp_path, f"workers = {workers}")


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "workers =") == "hypercorn.toml cannot be read as TOML."


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "some.pem"
    file.write_text("none\n", encoding="utf-8")
    sentence = refusal(tmp_path, f'certfile = "{file}"\nkeyfile = "{file}"')
    assert sentence == "hypercorn.toml: certfile and keyfile are no certificate and its key."


def test_a_certificate_that_is_missing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "some.pem"
    file.write_text("none\n", encoding="utf-8")
    sentence = refusal(tmp_path, f'certfile = "{file}"\nkeyfile = "/absent.pem"')
    assert sentence == "hypercorn.toml: keyfile names a file that cannot be read: /absent.pem"


def test_a_setting_that_was_appended_and_fell_into_the_table_of_logs_is_refused(
    tmp_path: Path,
) -> None:
    shipped = config_file().read_text("utf-8")
    sentence = refusal(tmp_path, f'{shipped}\ncertfile = "cert.pem"\n')
    assert sentence == "hypercorn.toml: certfile belongs above the first [table]."


# The start


async def test_serving_prints_the_url_and_answers_there() -> None:
    async with running_server() as server:
        assert server.stdout == f"Ephemera is open at {server.url}\n"
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]*", server.url)
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
            assert (await client.get("/health/ready")).status_code == httpx.codes.OK


async def test_serving_on_ipv6_prints_a_url_that_works() -> None:
    async with running_server(bind="[::1]:0") as server:
        assert server.url.startswith("http://[::1]:")


async def test_serving_on_a_path_replaces_what_a_dead_server_left(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    async with running_server(bind=f"unix:{path}") as server:
        assert server.url == f"unix:{path}"
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", timeout=PATIENCE
        ) as client:
            assert (await client.get("/health/ready")).status_code == httpx.codes.OK


async def test_the_server_does_not_say_what_it_is() -> None:
    async with (
        running_server() as server,
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client,
    ):
        assert "server" not in (await client.get("/health/ready")).headers


async def test_a_start_without_rate_limits_says_so() -> None:
    async with running_server(EPHEMERA_RATE_LIMITS="off") as server:
        assert "Rate limits are off" in server.stderr


async def test_a_port_in_use_ends_the_start_with_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        code, written = await outcome("serve", "--bind", bind)
    assert code == 1
    assert written == f"ephemera: Ephemera cannot listen on {bind}: something else listens there.\n"


async def test_an_unknown_variable_ends_the_start_with_one_sentence() -> None:
    code, written = await outcome("serve", EPHEMERA_BINDD="127.0.0.1:0")
    assert code == 1
    assert written == (
        "ephemera: EPHEMERA_BINDD is not a setting of Ephemera; did you mean EPHEMERA_BIND?\n"
    )


async def test_a_bad_secret_is_not_repeated() -> None:
    code, written = await outcome("serve", EPHEMERA_SECRET="hunter2")
    assert code == 1
    assert written.count("\n") == 1
    assert "hunter2" not in written


async def test_a_check_says_that_every_setting_fits_and_listens_nowhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        checked = await outcome("serve", "--check", EPHEMERA_BIND=bind)
    code, written = checked
    *settings, last = written.splitlines()
    assert code == 0
    assert f"EPHEMERA_BIND = {bind} (environment)" in settings
    assert [line.split()[0] for line in settings] == list(SETTINGS)
    assert last == f"Every setting fits: Ephemera would listen on {bind}."


async def test_a_check_names_every_place() -> None:
    code, written = await outcome(
        "serve", "--check", "--bind", "127.0.0.1:0", "--bind", "[::1]:0", "--bind", "unix:/run/x"
    )
    assert code == 0
    assert written.endswith("would listen on 127.0.0.1:0, [::1]:0 and unix:/run/x.\n")


async def test_a_bind_that_is_empty_is_refused() -> None:
    code, written = await outcome("serve", "--bind", "127.0.0.1:0", "--bind", "")
    assert (code, written.count("\n")) == (1, 1)
    assert written.startswith("ephemera: EPHEMERA_BIND must be ")


async def test_a_file_of_settings_is_named_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "ephemera.toml"
    file.write_text('bind = "127.0.0.1:7001"\n', encoding="utf-8")
    code, written = await outcome(
        "serve", "--check", "--config", str(file), EPHEMERA_CONFIG="/nonexistent"
    )
    assert (code, written.splitlines()[0]) == (0, f"EPHEMERA_BIND = 127.0.0.1:7001 ({file})")
    assert written.endswith("would listen on 127.0.0.1:7001.\n")


@pytest.mark.parametrize(
    ("name", "value"), [("EPHEMERA_LIFETIME", "hunter2"), ("EPHEMERA_ENGINE", "redis://hunter2")]
)
async def test_a_check_ends_like_a_start_that_is_refused(name: str, value: str) -> None:
    checked = await outcome("serve", "--check", **{name: value})
    assert checked == await outcome("serve", **{name: value})
    assert checked[0] == 1
    assert "hunter2" not in checked[1]


async def test_a_check_shows_no_secret() -> None:
    engine, secret = "redis://:hunter2@localhost", "hunter2hunter2hunter2"
    code, written = await outcome(
        "serve", "--check", EPHEMERA_ENGINE=engine, EPHEMERA_SECRET=secret
    )
    assert code == 0
    assert "hunter2" not in written


async def test_help_names_every_setting() -> None:
    code, written = await outcome("serve", "--help")
    assert code == 0
    for name, setting in SETTINGS.items():
        assert re.search(rf"{name}\b.* \({re.escape(setting.default)}\)", written)


async def test_the_command_line_wins_over_the_environment() -> None:
    async with running_server(EPHEMERA_BIND="not an address") as server:
        assert server.url


async def test_version_is_told() -> None:
    assert await outcome("--version") == (0, f"ephemera {__version__}\n")


def test_the_limit_of_descriptors_is_raised_as_far_as_it_goes() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[1]), before[1]))
        raise_descriptor_limit()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_an_idle_server_at_once_with_code_0(number: signal.Signals) -> None:
    async with running_server() as server:
        server.send(number)
        assert await seconds_of(server.ended(), server.pid) < 3
        assert server.process.returncode == 0
        assert not server.stderr


def serving_with(hangup: str) -> list[str]:
    """Return the command that serves with a hangup set like this, however it is set here."""
    start = f"import signal; signal.signal(signal.SIGHUP, signal.{hangup})"
    serve = "from ephemera.cli import main; main(['serve', '--bind', '127.0.0.1:0'])"
    return [sys.executable, "-c", f"{start}; {serve}"]


async def test_a_terminal_that_is_closed_ends_the_server_as_well_as_any_stop() -> None:
    async with running(serving_with("SIG_DFL")) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
            seat = await open_room(client)
            async with client.stream("GET", f"{seat.path}/json", headers=seat.headers) as stream:
                lines = stream.aiter_lines()
                assert await anext(lines), "it is open"
                server.send(signal.SIGHUP)
                assert '"reconnect"' in "".join([line async for line in lines])
        assert await seconds_of(server.ended(), server.pid) < 3
        assert server.process.returncode == 0


async def test_a_server_that_outlives_its_terminal_does_not_hear_of_it() -> None:
    async with running(serving_with("SIG_IGN")) as server:
        server.send(signal.SIGHUP)
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
            assert (await client.get("/health/live")).status_code == 200


async def test_a_drain_that_never_ends_does_not_keep_the_process() -> None:
    async with running([sys.executable, "-c", NEVER_DRAINED]) as server:
        asked = time.monotonic()
        assert await seconds_of(server.terminate(), server.pid) < 10
        assert server.process.returncode == 0
        assert time.monotonic() - asked > 3, "the premise: it was given its time"


async def test_a_second_interrupt_ends_the_process_at_once() -> None:
    async with running([sys.executable, "-c", NEVER_DRAINED]) as server:
        server.send(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            await server.written(re.compile("draining"))
        server.send(signal.SIGINT)
        assert await seconds_of(server.ended(), server.pid) < 2
        assert server.process.returncode == 130
