"""POST /rooms/{id}/hosts and /resignations: several hosts, handing over, being a host no more."""

import json

import pytest

from tests.support.asking import BROWSER, CURL, PROGRAM, Kind, by_kind
from tests.support.cast import House, Scene
from tests.support.page import Element, Page
from tests.support.powers import ONLY_HOSTS, Stage, Why, set_stage

UNKNOWN = Why(422, "invalid", "There is no such member in this room.")
GONE = Why(409, "member-gone", "They are not in the room any more.")
LAST_HOST = Why(409, "last-host", "Name another host first: a room needs one.")


async def hosts(stage: Scene) -> list[str]:
    snapshot = await stage.house.engine.load(stage.room)
    assert snapshot
    return [member.nickname for member in snapshot.room.members if member.role == "host"]


async def appoint(stage: Stage, nickname: str, **fields: str) -> None:
    """Let Ada make somebody a host."""
    await stage.act(stage.ada, "/hosts", {"member": await stage.id_of(nickname), **fields})


# The cast


@pytest.mark.parametrize("stay", [{}, {"stay": "yes"}], ids=str)
async def test_only_hosts_may_name_one(house: House, stay: dict[str, str]) -> None:
    stage = await set_stage(house, ask=True)
    await stage.assert_only_hosts_may("/hosts", {"member": await stage.id_of("Ben"), **stay})
    assert await hosts(stage) == ["Ada", "Ben", "Cleo"]


async def test_only_hosts_may_hand_over(house: House) -> None:
    stage = await set_stage(house, ask=True)
    form = {"member": await stage.id_of("Ben"), "stay": "no"}
    await stage.assert_refused_to_members("/hosts", form)
    await stage.assert_closed_to_the_cast("/hosts", form)
    assert await hosts(stage) == ["Ada", "Cleo"]


async def test_only_hosts_may_resign(house: House) -> None:
    stage = await set_stage(house, ask=True)
    await stage.assert_refused_to_members("/resignations", {})
    await stage.assert_closed_to_the_cast("/resignations", {})
    assert await hosts(stage) == ["Ada", "Cleo"]


async def test_nobody_makes_themselves_a_host(stage: Stage) -> None:
    for nickname, member in (("Ben", stage.ben), ("Mona", stage.mona)):
        form = {"member": await stage.id_of(nickname)}
        await stage.assert_refused(member, "/hosts", form, ONLY_HOSTS)


@pytest.mark.parametrize("member", ["", "p0", "p99", "p02", "Ben", "\0", "m-2"])
async def test_an_id_that_never_was_is_told(stage: Stage, member: str) -> None:
    await stage.assert_refused(stage.ada, "/hosts", {"member": member}, UNKNOWN)


@pytest.mark.parametrize("stay", ["yes", "no"])
async def test_a_seat_that_is_gone_is_told_and_nothing_is_handed_over(
    stage: Stage, stay: str
) -> None:
    """Eve has left; Evelyn was removed; Ben goes while the page still shows him."""
    ben = await stage.id_of("Ben")
    await stage.ben.post(f"{stage.path}/leave")
    for member in ("p3", "p6", ben):
        form = {"member": member, "stay": stay}
        await stage.assert_refused(stage.ada, "/hosts", form, GONE)
    assert await hosts(stage) == ["Ada", "Cleo"]


async def test_a_word_that_is_no_choice_is_told(stage: Stage) -> None:
    form = {"member": await stage.id_of("Ben"), "stay": "perhaps"}
    why = Why(422, "invalid", "Choose “yes” or “no”.")
    await stage.assert_refused(stage.ada, "/hosts", form, why)


@by_kind
async def test_what_is_so_already_is_done_without_a_word(stage: Stage, kind: Kind) -> None:
    """On oneself, on another host: nothing is new."""
    ada, cleo = [await stage.id_of(name) for name in ("Ada", "Cleo")]
    for form in ({"member": cleo}, {"member": ada}, {"member": ada, "stay": "no"}):
        before = await stage.known()
        stage.assert_done(kind, await stage.ada.post(f"{stage.path}/hosts", kind, form))
        assert await stage.known() == before


# Several hosts


async def test_a_host_who_was_named_has_every_power(stage: Stage) -> None:
    await appoint(stage, "Ben")
    mona = {"member": await stage.id_of("Mona")}
    await stage.act(stage.ben, "/mutes", {**mona, "state": "off"})
    await stage.act(stage.ben, "/removals", mona)
    await stage.act(stage.ben, "/lock", {})
    await stage.act(stage.ben, "/close", {})


async def test_who_is_muted_speaks_as_a_host(stage: Stage) -> None:
    assert (await stage.mona.say(stage.room, "but")).status == 403
    await appoint(stage, "Mona")
    assert (await stage.mona.say(stage.room, "at last")).status == 201


# Handing over


@by_kind
async def test_the_only_host_hands_the_room_over(scene: Scene, kind: Kind) -> None:
    form = {"member": "p2", "stay": "no"}
    answer = await scene.ada.post(f"{scene.path}/hosts", kind, form)
    assert answer.status == (303 if kind is BROWSER else 204)
    assert await hosts(scene) == ["Ben"]
    refused = await scene.ada.post(f"{scene.path}/hosts", kind, form)
    assert refused.status == 403, "twice is once, and a former host is told"
    assert ONLY_HOSTS.sentence in refused.text


async def test_a_former_host_has_no_power_left(stage: Stage) -> None:
    await appoint(stage, "Ben", stay="no")
    mona = {"member": await stage.id_of("Mona")}
    for tail, form in (
        ("/removals", mona),
        ("/mutes", {**mona, "state": "off"}),
        ("/hosts", mona),
        ("/resignations", {}),
        ("/lock", {}),
        ("/code", {}),
        ("/options", {"grace": "30"}),
        ("/invitations", {"uses": "1", "lasts": "600"}),
        ("/close", {}),
    ):
        await stage.assert_refused(stage.ada, tail, form, ONLY_HOSTS)
    assert await hosts(stage) == ["Ben", "Cleo"]


async def test_there_is_never_a_room_without_a_host(stage: Stage) -> None:
    await stage.act(stage.cleo, "/resignations", {})
    await stage.assert_refused(stage.ada, "/resignations", {}, LAST_HOST)
    await appoint(stage, "Ben", stay="no")
    assert await hosts(stage) == ["Ben"]
    await stage.ben.post(f"{stage.path}/leave")
    assert await hosts(stage) == ["Ada"], "who has been here longest follows"


async def test_two_who_resign_at_once_leave_one(stage: Stage) -> None:
    answers = [await host.post(f"{stage.path}/resignations", PROGRAM) for host in stage.hosts]
    assert sorted(answer.status for answer in answers) == [204, 409]
    assert len(await hosts(stage)) == 1


@by_kind
async def test_a_host_resigns_by_every_road(stage: Stage, kind: Kind) -> None:
    stage.assert_done(kind, await stage.cleo.post(f"{stage.path}/resignations", kind))
    assert await hosts(stage) == ["Ada"]
    again = await stage.cleo.post(f"{stage.path}/resignations", kind)
    assert again.status == 403


# What everybody sees


async def test_a_page_hears_of_it_and_equals_a_fresh_one(stage: Stage) -> None:
    """Who is host is seen in the roster; every page knows by it whether it is its reader."""
    readers = (stage.ada, stage.ben, stage.mona)
    pages = [Page((await reader.get(stage.path, BROWSER)).text) for reader in readers]
    await appoint(stage, "Ben", stay="no")
    for reader, page in zip(readers, pages, strict=True):
        async with reader.listening(page.stream) as stream:
            page.hear(await stream.until("is no longer a host"))
        fresh = Page((await reader.get(stage.path, BROWSER)).text)
        for part in ("messages", "members"):
            assert page.shape(part) == fresh.shape(part)
        log = page.document.find("messages")
        assert log
        assert "Ada made Ben a host." in log.text
        assert "Ada is no longer a host." in log.text
        roles = {one.id: one.attributes["data-role"] for one in members_of(page)}
        assert roles["member-p1"] == "member"
        assert roles["member-p2"] == "host"


def members_of(page: Page) -> list[Element]:
    roster = page.document.find("members")
    assert roster
    return roster.elements


async def test_programs_are_told(stage: Stage) -> None:
    await appoint(stage, "Ben", stay="no")
    log = (await stage.mona.get(f"{stage.path}/json?once=1")).text.splitlines()
    changed, resigned = (json.loads(line) for line in log[-2:])
    for event in (changed, resigned):
        del event["cursor"], event["at"]
    assert changed == {
        "event": "host-changed",
        "member": "p2",
        "nickname": "Ben",
        "role": "host",
        "by": "p1",
        "by_nickname": "Ada",
        "line": "Ada made Ben a host.",
    }
    assert resigned == {
        "event": "host-resigned",
        "member": "p1",
        "nickname": "Ada",
        "role": "member",
        "line": "Ada is no longer a host.",
    }
    raw = (await stage.mona.get(f"{stage.path}/raw?once=1")).text
    assert raw.endswith("* Ada made Ben a host.\n* Ada is no longer a host.\n")


async def test_succession_still_names_nobody_who_did_it(scene: Scene) -> None:
    await scene.ada.post(f"{scene.path}/leave")
    log = await scene.ben.get(f"{scene.path}/json?once=1")
    last = json.loads(log.text.splitlines()[-1])
    assert (last["event"], last["nickname"]) == ("host-changed", "Ben")
    assert "by" not in last
    page = await scene.ben.get(scene.path, BROWSER)
    assert '<bdi translate="no">Ben</bdi> is the host now.' in page.text


async def test_a_nickname_that_is_markup_stays_text(stage: Stage) -> None:
    vera, _ = await stage.house.join(stage.code, "<b>&{{x}}")
    async with stage.ada.listening(f"{stage.path}/events", CURL) as stream:
        await appoint(stage, "<b>&{{x}}")
        await stage.act(vera, "/resignations", {})
        heard = await stream.until("is no longer a host")
    assert "<b>" not in heard
    assert heard.count('<bdi translate="no">&lt;b&gt;&amp;{{x}}</bdi>') == 5
