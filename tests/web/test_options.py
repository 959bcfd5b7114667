"""POST /rooms/{id}/options, and the sheet of the same address: how a room is run."""

import asyncio
import re

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM, Kind, by_kind
from tests.support.cast import House, Person, Scene
from tests.support.page import Element, Page, parse
from tests.support.powers import ONLY_HOSTS, Stage, Why, set_stage

USUAL = {"capacity": 2, "grace": 900, "ask": False, "newcomers": "all", "vanish": 0}
CHOICES = {
    "capacity": [str(seats) for seats in range(2, 9)],
    "grace": ["30", "120", "900", "3600"],
    "ask": ["no", "yes"],
    "newcomers": ["all", "later"],
    "vanish": ["0", "60", "300", "3600"],
}
SENTENCES = {
    ("capacity", "not-a-number"): "Choose a whole number of seats, from 2 to 8.",
    ("capacity", "out-of-range"): "A room has 2 to 8 seats.",
    ("grace", "not-a-choice"): (
        "Choose 30 (seconds), 120 (2 minutes), 900 (15 minutes) or 3600 (1 hour)."
    ),
    ("ask", "not-a-choice"): "Choose “yes” or “no”.",
    ("newcomers", "not-a-choice"): "Choose “all” or “later”.",
    ("vanish", "not-a-choice"): (
        "Choose 0 (never), 60 (1 minute), 300 (5 minutes) or 3600 (1 hour)."
    ),
}
BAD = [
    *(("capacity", typed, "out-of-range") for typed in ("0", "1", "9", "99999")),
    *(("capacity", typed, "not-a-number") for typed in ("-1", "two", "2.5", "9" * 99)),
    *(("grace", typed, "not-a-choice") for typed in ("0", "31", "-30", "soon")),
    *(("ask", typed, "not-a-choice") for typed in ("on", "YES", "1", "\0")),
    *(("newcomers", typed, "not-a-choice") for typed in ("none", "ALL", "<b>")),
    *(("vanish", typed, "not-a-choice") for typed in ("1", "61", "-60", "never")),
]


def controls(html: str, form: str) -> dict[str, list[str]]:
    """Return the choices of the selects of a form, by name."""
    return {
        str(select.attributes["name"]): [str(one.attributes["value"]) for one in select.elements]
        for select in _form(html, form).all("select")
    }


def chosen(html: str, form: str) -> dict[str, str]:
    """Return what is selected in a form, by name."""
    return {
        str(select.attributes["name"]): str(option.attributes["value"])
        for select in _form(html, form).all("select")
        for option in select.elements
        if "selected" in option.attributes
    }


def _form(html: str, form: str) -> Element:
    found = parse(html).find(form)
    assert found
    return found


# At opening


async def test_the_form_that_opens_a_room_offers_all_of_it(house: House) -> None:
    page = await Person(house).get("/", BROWSER)
    assert controls(page.text, "open") == CHOICES
    assert chosen(page.text, "open") == {
        "capacity": "2",
        "grace": "900",
        "ask": "no",
        "newcomers": "all",
        "vanish": "0",
    }
    (more,) = _form(page.text, "open").all("details")
    assert "open" not in more.attributes
    assert [select.attributes["name"] for select in more.all("select")] == [
        "ask",
        "newcomers",
        "vanish",
        "grace",
    ]


async def test_a_program_that_says_nothing_gets_the_usual(house: House) -> None:
    answer = await Person(house).post("/rooms", PROGRAM, {"nickname": "Ada"})
    assert {name: answer.json["room"][name] for name in USUAL} == USUAL


@pytest.mark.parametrize(
    ("name", "typed"), [(name, typed) for name, choices in CHOICES.items() for typed in choices]
)
async def test_every_choice_is_taken_at_opening_and_later(
    house: House, name: str, typed: str
) -> None:
    _, opened = await house.open_room("Ada", **{name: typed})
    ada, other = await house.open_room("Ada", capacity="2")
    assert (await ada.post(f"/rooms/{other['id']}/options", PROGRAM, {name: typed})).status == 204
    snapshot = await house.engine.load(other["id"])
    assert snapshot
    assert getattr(snapshot.room.options, name) == opened[name]
    assert {"True": "yes", "False": "no"}.get(str(opened[name]), str(opened[name])) == typed


@pytest.mark.parametrize(("name", "typed", "problem"), BAD)
async def test_what_no_room_can_have_opens_none(
    house: House, name: str, typed: str, problem: str
) -> None:
    form = {"nickname": "Ada", name: typed}
    answer = await Person(house).post("/rooms", PROGRAM, form)
    assert answer.status == 422
    error = answer.json["error"]
    assert (error["field"], error["problem"]) == (name, problem)
    assert error["message"] == SENTENCES[name, problem]
    page = await Person(house).post("/rooms", BROWSER, form)
    assert f'id="open-{name}-error" role="alert">{SENTENCES[name, problem]}' in page.text
    assert await house.engine.count_rooms() == 0


async def test_more_options_stay_open_with_what_was_chosen(house: House) -> None:
    form = {"nickname": "", "ask": "yes", "newcomers": "later", "vanish": "300"}
    page = await Person(house).post("/rooms", BROWSER, form)
    assert page.status == 422
    (more,) = _form(page.text, "open").all("details")
    assert "open" in more.attributes
    assert chosen(page.text, "open") == {
        "capacity": "2",
        "grace": "900",
        **{name: typed for name, typed in form.items() if typed},
    }


# Later: the cast


async def test_only_hosts_may(house: House) -> None:
    stage = await set_stage(house, ask=True)
    turns = iter(["30", "30", *["900", "30"] * 4])

    async def another_grace() -> dict[str, str]:
        return {"grace": next(turns)}

    await stage.assert_only_hosts_may("/options", another_grace)


async def test_a_former_host_may_no_more(stage: Stage) -> None:
    await stage.act(stage.cleo, "/options", {"grace": "900"})
    await stage.act(stage.cleo, "/resignations", {})
    await stage.assert_refused(stage.cleo, "/options", {"grace": "30"}, ONLY_HOSTS)
    assert (await stage.cleo.get(f"{stage.path}/options", BROWSER)).status == 403


async def test_a_room_that_has_ended_has_no_options(scene: Scene) -> None:
    assert (await scene.ada.get(f"{scene.path}/options")).status == 200
    await scene.assert_gone("POST", "/options", {"grace": "30"})
    await assert_gone_sheet(scene)


async def assert_gone_sheet(scene: Scene) -> None:
    for kind in KINDS:
        never = await scene.mallory.get("/rooms/0123456789abcdef0123/options", kind)
        assert never.status == 404
        assert await scene.ada.get(f"{scene.path}/options", kind) == never


async def test_a_cross_site_form_changes_nothing(stage: Stage) -> None:
    form, foreign = {"grace": "30"}, {"Origin": "https://evil.example"}
    refused = await stage.ada.post(f"{stage.path}/options", BROWSER, form, headers=foreign)
    assert refused.status == 403
    assert (await stage.now()).options.grace == 120
    assert (await stage.ada.post(f"{stage.path}/options", BROWSER, form)).status == 303


# Later: what it does


@by_kind
async def test_one_option_changes_and_the_others_stay(stage: Stage, kind: Kind) -> None:
    before = (await stage.now()).options
    form = {"vanish": "300", "capacity": "", "grace": " ", "color": "red"}
    stage.assert_done(kind, await stage.ada.post(f"{stage.path}/options", kind, form))
    after = (await stage.now()).options
    assert (after.vanish, after.capacity, after.grace) == (300, before.capacity, before.grace)


@pytest.mark.parametrize(("name", "typed", "problem"), BAD)
async def test_what_cannot_be_is_told(stage: Stage, name: str, typed: str, problem: str) -> None:
    why = Why(422, "invalid", SENTENCES[name, problem])
    await stage.assert_refused(stage.ada, "/options", {name: typed}, why)


async def test_nobody_loses_a_seat(stage: Stage) -> None:
    """Four sit: Ada, Ben, Cleo and Mona."""
    why = Why(422, "invalid", "More seats than that are taken.")
    await stage.assert_refused(stage.ada, "/options", {"capacity": "3"}, why)
    await stage.act(stage.ada, "/options", {"capacity": "4"})
    full = await stage.mallory.post("/join", PROGRAM, {"nickname": "Nora", "code": stage.code})
    assert full.json["error"]["reason"] == "room-full"
    await stage.act(stage.ada, "/options", {"capacity": "5"})
    await stage.house.join(stage.code, "Nora")


async def test_seats_never_fall_below_those_who_sit_however_they_race(house: House) -> None:
    for guests in range(1, 7):
        ada, room = await house.open_room("Ada")
        answers = await asyncio.gather(
            *(
                Person(house).post("/join", PROGRAM, {"nickname": f"G{n}", "code": room["code"]})
                for n in range(guests)
            ),
            ada.post(f"/rooms/{room['id']}/options", PROGRAM, {"capacity": "2"}),
        )
        snapshot = await house.engine.load(room["id"])
        assert snapshot
        assert len(snapshot.room.members) <= snapshot.room.options.capacity
        assert {answer.status for answer in answers} <= {201, 204, 409, 422}


@by_kind
async def test_what_is_so_already_is_quiet(stage: Stage, kind: Kind) -> None:
    form = {"grace": "900", "ask": "yes"}
    await stage.act(stage.ada, "/options", form)
    before = await stage.known()
    for host in stage.hosts:
        stage.assert_done(kind, await host.post(f"{stage.path}/options", kind, form))
    assert await stage.known() == before


async def test_another_grace_keeps_the_seats_of_those_who_are_away(stage: Stage) -> None:
    await stage.act(stage.ada, "/options", {"grace": "900"})
    for _ in range(6):
        await stage.house.pass_time(100)
        await stage.ada.get(stage.path)
    assert await stage.member("Ben")
    await stage.act(stage.ada, "/options", {"grace": "30"})
    await stage.ada.get(stage.path)
    await stage.house.pass_time(1)
    assert await stage.member("Ben") is None, "they were away for longer than that"


# How it shows


async def test_everybody_reads_who_did_it_and_how_the_room_is_run(stage: Stage) -> None:
    start = (await stage.now()).cursor
    stale = Page((await stage.ben.get(stage.path, BROWSER)).text)
    form = {"capacity": "6", "grace": "900", "ask": "yes", "newcomers": "later", "vanish": "3600"}
    await stage.act(stage.cleo, "/options", form)
    page = await stage.ben.get(stage.path, BROWSER)
    assert '<bdi translate="no">Cleo</bdi> changed how the room is run.' in page.text
    stale.hear((await stage.ben.get(f"{stale.stream}&once=1")).text)
    fresh = Page(page.text)
    for place in ("messages", "rules"):
        assert stale.shape(place) == fresh.shape(place)
    rules = stale.document.find("rules")
    assert rules
    assert " ".join(rules.text.split()) == (
        "Up to 6 people. A seat is kept for 15 minutes. Who has the code asks to come in. "
        "Newcomers see only what comes after they joined. Messages disappear after 1 hour."
    )
    told = await stage.ben.get(f"{stage.path}/json?once=1&after={start}")
    assert (told.json["event"], told.json["nickname"]) == ("options-changed", "Cleo")
    assert {name: told.json[name] for name in USUAL} == {
        "capacity": 6,
        "grace": 900,
        "ask": True,
        "newcomers": "later",
        "vanish": 3600,
    }
    raw = await stage.ben.get(f"{stage.path}/raw?once=1&after={start}")
    assert raw.text == "* Cleo changed how the room is run.\n"


# The sheet


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_the_sheet_has_the_values_of_now(stage: Stage, kind: Kind) -> None:
    form = {"capacity": "6", "grace": "900", "ask": "yes", "newcomers": "later", "vanish": "60"}
    await stage.act(stage.ada, "/options", form)
    sheet = await stage.cleo.get(f"{stage.path}/options", kind)
    assert (sheet.status, sheet.type) == (200, "text/html; charset=utf-8")
    assert ("<!doctype html>" in sheet.text) == (kind is BROWSER)
    assert chosen(sheet.text, "rules-form") == form
    seats = CHOICES["capacity"][2:]
    assert controls(sheet.text, "rules-form") == {**CHOICES, "capacity": seats}, "four sit"


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_every_form_of_the_sheet_works_with_scripts_and_without(
    stage: Stage, kind: Kind
) -> None:
    await stage.ada.post(f"{stage.path}/invitations", PROGRAM)
    sheet = parse((await stage.ada.get(f"{stage.path}/options", kind)).text)
    forms = [form for form in sheet.all("form") if form.attributes["method"] == "post"]
    nouns = [str(form.attributes["action"]).removeprefix(f"{stage.path}/") for form in forms]
    assert sorted(nouns) == [
        "code",
        "invitations",
        "lock",
        "options",
        "resignations",
        "revocations",
    ]
    for form, noun in zip(forms, nouns, strict=True):
        assert form.attributes["hx-post"] == form.attributes["action"]
        assert form.attributes["hx-status:4xx"] == "target:#sheet-error swap:innerHTML"
        issuing = noun == "invitations"
        assert form.attributes["hx-swap"] == ("innerHTML" if issuing else "none")
        assert form.attributes.get("hx-target") == ("#sheet-body" if issuing else None)
        assert form.attributes["target"] == "_top"
    place = sheet.find("sheet-error")
    assert place
    assert (place.attributes["role"], place.text.strip()) == ("status", "")
    assert len({element.id for element in sheet.walk() if element.id}) == len(
        [element for element in sheet.walk() if element.id]
    )


async def test_nobody_but_hosts_sees_the_sheet(house: House) -> None:
    stage = await set_stage(house, ask=True)
    for kind in KINDS:
        for member in stage.members:
            refused = await member.get(f"{stage.path}/options", kind)
            assert refused.status == 403
            assert "Only a host may do that." in refused.text
        assert (await stage.cleo.get(f"{stage.path}/options", kind)).status == 200
    await stage.assert_closed_to_outsiders("GET", "/options")


async def test_a_refused_form_comes_back_with_all_that_was_chosen(stage: Stage) -> None:
    """The page was stale: since it was loaded, more have come."""
    form = {"capacity": "3", "grace": "900", "ask": "yes", "newcomers": "later", "vanish": "60"}
    page = await stage.ada.post(f"{stage.path}/options", BROWSER, form)
    assert page.status == 422
    assert 'id="rules-capacity-error" role="alert">More seats than that are taken.' in page.text
    assert chosen(page.text, "rules-form") == form
    assert (await stage.now()).options.grace == 120
    assert f'action="{stage.path}/invitations"' in page.text, "it is the whole sheet"
    assert "Back to the room" in page.text


@pytest.mark.parametrize(("name", "typed", "problem"), BAD)
async def test_the_sentence_stands_beside_its_field(
    stage: Stage, name: str, typed: str, problem: str
) -> None:
    page = await stage.ada.post(f"{stage.path}/options", BROWSER, {"grace": "900", name: typed})
    assert page.status == 422
    assert f'id="rules-{name}-error" role="alert">{SENTENCES[name, problem]}' in page.text
    assert len(re.findall(r'role="alert"', page.text)) == 1
    htmx = await stage.ada.post(f"{stage.path}/options", HTMX, {name: typed})
    assert htmx.status == 422
    assert htmx.text.strip() == f'<p class="error" role="alert">{SENTENCES[name, problem]}</p>'


async def test_a_member_with_a_bad_form_does_not_get_the_sheet_of_a_host(stage: Stage) -> None:
    form = {"grace": "31"}
    host = await stage.ada.post(f"{stage.path}/options", BROWSER, form)
    assert f'action="{stage.path}/resignations"' in host.text, "the premise"
    member = await stage.ben.post(f"{stage.path}/options", BROWSER, form)
    assert member.status in (403, 422)
    assert f'action="{stage.path}/resignations"' not in member.text


async def test_who_is_too_fast_gets_the_form_back_too() -> None:
    house = House(rate_limits=True)
    ada, room = await house.open_room("Ada")
    path = f"/rooms/{room['id']}/options"
    for turn in range(20):
        assert (await ada.post(path, PROGRAM, {"grace": ("30", "900")[turn % 2]})).status == 204
    page = await ada.post(path, BROWSER, {"grace": "3600"})
    assert page.status == 429
    assert int(page.headers["Retry-After"]) >= 1
    assert "That was too fast." in page.text
    assert chosen(page.text, "rules-form")["grace"] == "3600"
    told = await ada.post(path, CURL, {"grace": "3600"})
    assert (told.status, told.type) == (429, "text/plain; charset=utf-8")
