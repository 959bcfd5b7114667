"""Why an engine cannot be used is told in a sentence: at the start, and while rooms are there."""

import asyncio
import logging
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
from redis import exceptions

from ephemera.domain.errors import Unavailable
from ephemera.engine.base import EngineUnfit
from ephemera.engine.choosing import engine_at
from ephemera.engine.redis import RedisEngine, connect, reaching
from ephemera.engine.redis.causes import cause_of
from ephemera.engine.redis.keys import keys_of
from tests.contracts.test_engine import ROOM, opening, say
from tests.support.processes import comes
from tests.support.redis import FORGETFUL, RunningRedis, free_port, running_redis

SECRET: Final = "hunter2"
_OPENSSL: Final = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=nobody"

Address = Callable[[RunningRedis], str]


def plainly(redis: RunningRedis) -> str:
    return f"redis://127.0.0.1:{redis.port}"


def by(before: str = "", after: str = "", scheme: str = "redis") -> Address:
    return lambda redis: f"{scheme}://{before}127.0.0.1:{redis.port}{after}"


def denied(*rules: str) -> tuple[str, ...]:
    return tuple(chain(("--user",), ("default on nopass ~* &* +@all " + " ".join(rules)).split()))


STARTS: Final[dict[str, tuple[tuple[str, ...], Address, str]]] = {
    "a password that is missing": (("--requirepass", "geheim"), plainly, "wants a password"),
    "a wrong password": (
        ("--requirepass", "geheim"),
        by(f":{SECRET}@"),
        "refuses the user or the password",
    ),
    "a password that nobody wants": ((), by(f":{SECRET}@"), "refuses the user or the password"),
    "a user that nobody knows": ((), by(f"joe:{SECRET}@"), "refuses the user or the password"),
    "a command that is forbidden": (denied("-info"), plainly, "use INFO: docs/deploy/redis.conf"),
    "scripts that are forbidden": (denied("-evalsha"), plainly, "use EVALSHA"),
    "what scripts do is forbidden": (denied("-set"), plainly, "do what is needed"),
    "keys that are forbidden": (denied("resetkeys", "~x*"), plainly, "from our keys"),
    "news that are forbidden": (denied("resetchannels"), plainly, "from our keys and channels"),
    "a command that was renamed": (
        ("--rename-command", "EVALSHA", ""),
        plainly,
        "lacks a command that is needed, EVALSHA",
    ),
    "scripts that were renamed": (
        ("--rename-command", "SCRIPT", ""),
        plainly,
        "lacks a command that is needed, SCRIPT",
    ),
    "news that were renamed": (
        ("--rename-command", "SPUBLISH", ""),
        plainly,
        "lacks a command that is needed, SPUBLISH",
    ),
    "a number too high": ((), by(after="/99"), "no database of the number"),
    "a number in a cluster": (("--cluster-enabled", "yes"), by(after="/1"), "database"),
    "a replica": (("--replicaof", "127.0.0.1 1"), plainly, "a replica, and can only be read"),
    "a replica alone": (
        ("--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "no"),
        plainly,
        "lost its master",
    ),
    "a node of a cluster that is none yet": (("--cluster-enabled", "yes"), plainly, "not whole"),
    "a cluster that is none yet": (
        ("--cluster-enabled", "yes"),
        by(scheme="redis+cluster"),
        "not whole",
    ),
    "no cluster": ((), by(scheme="redis+cluster"), "is no cluster: write redis://"),
    "no Sentinel": ((), by(after="/rooms", scheme="redis+sentinel"), "no Sentinel"),
    "TLS to plain": ((), by(before=f":{SECRET}@", scheme="rediss"), "no TLS: write redis://"),
}


async def refusal(url: str) -> str:
    """Return what the operator is told at the start."""
    engine = RedisEngine(connect(url))
    try:
        with pytest.raises(EngineUnfit) as told:
            await engine.open()
    finally:
        await engine.close()
    sentence = str(told.value)
    assert sentence.count("\n") == 0
    assert sentence.endswith(".")
    assert SECRET not in sentence
    assert "127.0.0.1" not in sentence
    return sentence


@pytest.mark.parametrize("name", STARTS)
async def test_why_an_engine_is_refused_at_the_start_is_told_in_a_sentence(name: str) -> None:
    settings, address, sentence = STARTS[name]
    with running_redis([*FORGETFUL, *settings]) as redis:
        assert sentence in await refusal(address(redis))


async def test_an_engine_whose_scripts_are_kept_from_others_will_do() -> None:
    """We run scripts by their hash only."""
    with running_redis([*FORGETFUL, "--rename-command", "EVAL", ""]) as redis:
        engine = RedisEngine(connect(redis.url))
        await engine.open()
        await engine.commit(opening())
        await engine.close()


async def test_an_engine_that_takes_no_more_connections_says_so() -> None:
    with running_redis([*FORGETFUL, "--maxclients", "1"]) as redis:
        keeps = redis.client()
        keeps.ping()
        assert "raise its maxclients" in await refusal(redis.url)
        keeps.close()


@contextmanager
def with_tls(folder: Path) -> Iterator[int]:
    """Run a Redis that speaks nothing but TLS, with a certificate that nobody trusts."""
    key, certificate, port = folder / "key.pem", folder / "certificate.pem", free_port()
    subprocess.run(
        [*_OPENSSL.split(), "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    settings = {"--port": "0", "--tls-port": str(port), "--tls-cert-file": str(certificate)}
    settings |= {"--tls-key-file": str(key), "--tls-auth-clients": "no", "--bind": "127.0.0.1"}
    command = ["redis-server", *chain.from_iterable(settings.items()), *FORGETFUL]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.kill()
        process.wait()


async def test_plain_to_tls_and_a_certificate_that_nobody_trusts_are_told_apart(
    tmp_path: Path,
) -> None:
    with with_tls(tmp_path) as port:
        await comes(lambda: _listens(port))
        assert "speaks TLS: write rediss://" in await refusal(f"redis://:{SECRET}@127.0.0.1:{port}")
        assert "is not trusted" in await refusal(f"rediss://:{SECRET}@127.0.0.1:{port}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


@asynccontextmanager
async def saying(answer: bytes) -> AsyncIterator[int]:
    """Run a server that says this to everybody, and nothing else."""

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(tell, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        yield port


ANSWERS: Final = {
    b"HTTP/1.1 400 Bad Request\r\n\r\n": "is no Redis",
    b"SSH-2.0-OpenSSH_9.2\r\n": "is no Redis",
    b"-LOADING Redis is loading the dataset in memory\r\n": "still loading",
    b"-DENIED Redis is running in protected mode because\r\n": "in protected mode",
    b"-MISCONF Redis is configured to save RDB snapshots\r\n": "cannot save to its disk",
    b"-NOREPLICAS Not enough good replicas to write.\r\n": "too few replicas",
    b"-OOM command not allowed when used memory > 'maxmemory'.\r\n": "memory of the engine is full",
    b"-ERR ACL failure in script: User joe has no permissions to run the 'set' command\r\n": (
        "do what is needed"
    ),
    b"-MOVED 866 127.0.0.1:7001\r\n": "one node of a cluster: write redis+cluster://",
    b"-CLUSTERDOWN Hash slot not served\r\n": "not whole",
    b"": "does not answer",
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_answers_in_the_place_of_an_engine_is_told(answer: bytes) -> None:
    async with saying(answer) as port:
        assert ANSWERS[answer] in await refusal(f"redis://127.0.0.1:{port}")


async def test_tls_to_what_speaks_something_else_is_told() -> None:
    async with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert "no TLS that we understand" in await refusal(f"rediss://127.0.0.1:{port}")


async def test_a_host_that_is_not_there_and_one_that_is_not_known_are_told_apart() -> None:
    port = free_port()
    assert "does not answer" in await refusal(f"redis://:{SECRET}@127.0.0.1:{port}")
    assert "does not answer" in await refusal(f"rediss://127.0.0.1:{port}")
    assert "does not answer" in await refusal(f"redis+cluster://127.0.0.1:{port}")
    assert "Sentinels do not answer" in await refusal(f"redis+sentinel://127.0.0.1:{port}/rooms")
    assert "no address that can be found" in await refusal("redis://nobody.invalid")


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{SECRET}@127.0.0.1:99999",
        f"redis://:{SECRET}@127.0.0.1:x",
        f"redis://:{SECRET}@127.0.0.1/x",
        f"redis://:{SECRET}@[::1",
        f"redis://:{SECRET}@127.0.0.1/0?nonsense={SECRET}",
        f"redis://:{SECRET}@127.0.0.1/0?db={SECRET}",
        f"redis+sentinel://:{SECRET}@127.0.0.1",
        f"redis+sentinel://:{SECRET}@127.0.0.1/rooms/{SECRET}",
        f"redis+cluster://:{SECRET}@127.0.0.1:99999",
        f"rediss+cluster://:{SECRET}@127.0.0.1?ssl_ca_cert=/missing.pem",
        f"redis+cluster://127.0.0.1?sentinel_password={SECRET}",
        f"redis+sentinel://127.0.0.1/rooms?sentinel_pass={SECRET}",
        f"redis+sentinel://127.0.0.1/rooms?{SECRET}",
    ],
)
def test_an_address_that_is_none_is_told_without_repeating_it(url: str) -> None:
    with pytest.raises(EngineUnfit, match="EPHEMERA_ENGINE is no address") as told:
        engine_at(url, strict=False)
    assert SECRET not in str(told.value)


# While rooms are there


CHANGES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], str]]] = {
    "a password": (
        ("CONFIG", "SET", "requirepass", "geheim"),
        ("CONFIG", "SET", "requirepass", ""),
        "wants a password",
    ),
    "a role": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"), "is a replica"),
    "what is allowed": (
        ("ACL", "SETUSER", "default", "-evalsha"),
        ("ACL", "SETUSER", "default", "+evalsha"),
        "use EVALSHA",
    ),
    "too few replicas": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
        "too few replicas",
    ),
    "its memory": (
        ("CONFIG", "SET", "maxmemory", "1"),
        ("CONFIG", "SET", "maxmemory", "0"),
        "memory of the engine is full",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_why_an_engine_fails_is_logged_once_and_that_it_is_over(
    name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "QUIET_SECONDS", 0)
    caplog.set_level(logging.WARNING, "ephemera")
    fails, mends, sentence = CHANGES[name]
    with running_redis() as redis:
        operator: Any = redis.client()
        operator.ping()
        engine = RedisEngine(connect(redis.url))
        await engine.open()
        await engine.commit(opening())
        operator.execute_command(*fails)
        operator.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        for _ in range(2):
            with pytest.raises(Unavailable):
                await say(engine, ROOM, "hello")
        operator.execute_command(*mends)
        room = ROOM
        await comes(lambda: _goes(operator))
        while room is ROOM:
            try:
                room = await say(engine, ROOM, "hello")
            except Unavailable as away:
                await asyncio.sleep(min(away.retry_after, 0.1))
        await engine.close()
    told = [each for each in caplog.messages if sentence in each]
    assert len(told) == 1
    assert caplog.messages[-1] == "The engine does what it is asked again."


async def test_what_only_some_ask_for_in_vain_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A full memory takes no words, and everything else goes on."""
    with running_redis() as redis:
        engine = RedisEngine(connect(redis.url))
        await engine.open()
        await engine.commit(opening())
        redis.client().config_set("maxmemory", "1")
        for _ in range(3):
            with pytest.raises(Unavailable):
                await say(engine, ROOM, "hello")
            assert await engine.load(ROOM.id)
        await engine.close()
    assert caplog.messages == ["The memory of the engine is full."]


async def test_what_an_engine_says_to_a_mistake_of_ours_is_not_blamed_on_it() -> None:
    with running_redis() as redis:
        engine = RedisEngine(connect(redis.url))
        await engine.open()
        redis.client().set(keys_of(ROOM.id).room, "no hash")
        with pytest.raises(exceptions.ResponseError):
            await engine.load(ROOM.id)
        await engine.close()
    async with saying(b"-ERR nobody knows what\r\n") as port:
        engine = RedisEngine(connect(f"redis://127.0.0.1:{port}"))
        with pytest.raises(exceptions.ResponseError):
            await engine.open()
        await engine.close()


async def test_news_that_cannot_be_understood_are_logged_and_others_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running_redis() as redis:
        engine = RedisEngine(connect(redis.url))
        await engine.open()
        await engine.commit(opening())
        await engine.watch(ROOM.id)
        redis.client().spublish(keys_of(ROOM.id).room, "{nonsense")
        await comes(lambda: "could not be understood" in caplog.text)
        await engine.close()


def _goes(operator: Any) -> bool:  # noqa: ANN401 - redis-py's
    return bool(operator.ping())


@pytest.mark.parametrize(
    "fault",
    [
        exceptions.ResponseError("wrong number of arguments for 'get' command"),
        exceptions.DataError("Invalid input of type: 'NoneType'."),
        ValueError("ours"),
    ],
)
def test_a_fault_of_ours_is_no_fault_of_the_engine(fault: Exception) -> None:
    assert cause_of(fault) is None


def test_what_is_below_an_error_is_what_is_told() -> None:
    below = ssl.SSLCertVerificationError("certificate verify failed")
    above = exceptions.ConnectionError("Error 1 connecting")
    above.__cause__ = below
    assert "not trusted" in (cause_of(above) or "")
