"""Redis in the open: users with the least rights, TLS by an authority of our own, Sentinels."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.exceptions import NoPermissionError

from ephemera.engine.base import EngineUnfit
from ephemera.engine.redis import RedisEngine, connect
from tests.support.deployment import PASSWORDS, SECRET
from tests.support.guarded import LOCAL, Guarded, certify, running_guarded, running_sentinels
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import RunningServer, outcome, running_server
from tests.support.sockets import Reader
from tests.support.visitors import join, open_room, say, texts, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[Guarded]:
    async with running_guarded() as running:
        yield running


def settings(url: str) -> dict[str, Any]:
    return {"EPHEMERA_ENGINE": url, "EPHEMERA_SECRET": SECRET, "EPHEMERA_STRICT": "1"}


def watched(ports: list[int], engine: Guarded, asking: str = PASSWORDS["asking"]) -> str:
    places = ",".join(f"{LOCAL}:{port}" for port in ports)
    user = f"ephemera:{PASSWORDS['ephemera']}"
    asked = f"sentinel_username=ephemera&sentinel_password={asking}"
    return engine.at(f"rediss+sentinel://{user}@{places}/rooms?{asked}")


async def refusal(url: str) -> str:
    code, told = await outcome("serve", "--bind", f"{LOCAL}:0", **settings(url))
    assert code == 1
    assert PASSWORDS["asking"] not in told
    return told


async def talk(first: RunningServer, second: RunningServer) -> None:
    """Open here, join there, and read what was said at both."""
    async with visitor(first.url) as here, visitor(second.url) as there:
        ada = await open_room(here)
        ben = await join(there, ada.code)
        async with Reader(second.port, ben) as reader:
            await say(here, ada, "dusk and paper")
            await reader.until(lambda events: texts(events) == ["dusk and paper"])


async def test_two_processes_talk_by_tls_with_an_authority_of_ones_own(engine: Guarded) -> None:
    async with (
        running_server(**settings(engine.url)) as first,
        running_server(**settings(engine.url)) as second,
    ):
        await talk(first, second)
        assert first.stderr == ""
    async with engine.client("watcher") as watcher:
        assert await watcher.execute_command("ACL LOG") == []


async def test_what_is_wrong_with_the_certificate_is_said(
    engine: Guarded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    another = tmp_path_factory.mktemp("another")
    certify(another)
    untrusted = engine.url.replace(str(engine.authority), str(another / "authority.pem"))
    assert "is not trusted" in await refusal(untrusted)
    assert "is not trusted" in await refusal(engine.url.partition("?")[0])
    assert "speaks TLS" in await refusal(engine.url.partition("?")[0].replace("rediss", "redis"))


async def test_a_sentinel_says_where_the_master_is_only_to_who_knows_the_word(
    engine: Guarded,
) -> None:
    async with running_sentinels(engine, 1) as ports:
        url = watched([*ports], engine)
        async with (
            running_server(**settings(url)) as first,
            running_server(**settings(url)) as second,
        ):
            await talk(first, second)
        for other in (watched([*ports], engine, "wrong"), engine.at(url.partition("?")[0])):
            assert "The Sentinels want a user and a password" in await refusal(other)
        untrusted = url.partition("&ssl_ca")[0]
        assert "is not trusted" in await refusal(untrusted)


async def test_who_asks_a_sentinel_may_do_nothing_else(engine: Guarded) -> None:
    async with (
        running_sentinels(engine, 1) as ports,
        Guarded(ports[0], engine.shop).client("ephemera") as client,
    ):
        await client.connection_pool.disconnect()
        client.connection_pool.connection_kwargs["password"] = PASSWORDS["asking"]
        for command in ("SENTINEL FAILOVER rooms", "SENTINEL REMOVE rooms", "PUBLISH x y", "INFO"):
            with pytest.raises(NoPermissionError):
                await client.execute_command(*command.split())


async def test_when_the_master_goes_another_takes_over_and_the_room_goes_on(
    engine: Guarded,
) -> None:
    async with (
        running_guarded(engine) as master,
        running_guarded(engine) as replica,
        replica.client("sentinel") as hand,
    ):
        await hand.replicaof(LOCAL, master.port)
        async with running_sentinels(master) as ports:
            process = RedisEngine(connect(watched([*ports], engine)), strict=True)
            await process.open()
            await process.close()
            async with running_server(**settings(watched([*ports], engine))) as server:
                await goes_on(server, master, replica, [*ports])


async def goes_on(
    server: RunningServer, master: Guarded, replica: Guarded, ports: list[int]
) -> None:
    async with visitor(server.url) as client:
        ada = await open_room(client)
        async with Reader(server.port, ada) as reader, asyncio.timeout(4 * PATIENCE):
            await until(lambda: all_know_of_each_other(ports, master), 2 * PATIENCE)
            master.shop.processes[0].kill()
            await until(lambda: has_become_master(replica), 2 * PATIENCE)

            async def is_taken() -> bool:
                path, said = f"{ada.path}/messages", {"text": "still here", "key": "k" * 16}
                answer = await client.post(path, data=said, headers=ada.headers)
                return answer.is_success

            await until(is_taken, 2 * PATIENCE)
            await reader.until(lambda events: "still here" in texts(events))


async def all_know_of_each_other(ports: list[int], master: Guarded) -> bool:
    for port in ports:
        async with Guarded(port, master.shop).client("ephemera") as client:
            client.connection_pool.connection_kwargs["password"] = PASSWORDS["asking"]
            state = (await client.sentinel_masters())["rooms"]
            if (state["num-slaves"], state["num-other-sentinels"]) != (1, len(ports) - 1):
                return False
    return True


async def has_become_master(replica: Guarded) -> bool:
    async with replica.client("watcher") as watcher:
        return bool((await watcher.role())[0] in (b"master", "master"))


async def test_an_address_with_an_option_that_nobody_knows_is_refused() -> None:
    with pytest.raises(EngineUnfit):
        connect(f"rediss+sentinel://{LOCAL}/rooms?ssl_ca_cert=/etc/authority.pem")
