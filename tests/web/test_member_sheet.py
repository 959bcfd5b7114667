"""GET /rooms/{id}/members: what a host can do to a member, as a page and as a fragment."""

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import NEVER, House
from tests.support.page import Element, parse
from tests.support.powers import Stage, set_stage


async def sheet(stage: Stage, nickname: str, kind: Kind = HTMX) -> Element:
    """Return the sheet about a member, as Ada sees it."""
    path = f"{stage.path}/members?member={await stage.id_of(nickname)}"
    answer = await stage.ada.get(path, kind)
    assert answer.status == 200, answer
    return parse(answer.text)


def buttons(page: Element, noun: str) -> list[tuple[dict[str, str | None], str]]:
    """Return what the buttons of the forms for that act send, and what stands on them."""
    forms = [one for one in page.all("form") if str(one.attributes["action"]).endswith(f"/{noun}")]
    return [
        (_sent(form, button), button.text.strip())
        for form in forms
        for button in form.all("button")
    ]


def _sent(form: Element, button: Element) -> dict[str, str | None]:
    fields = [*form.all("input"), button]
    return {str(one.attributes["name"]): one.attributes["value"] for one in fields}


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_every_button_does_what_stands_on_it(stage: Stage, kind: Kind) -> None:
    page, ben = await sheet(stage, "Ben", kind), await stage.id_of("Ben")
    assert buttons(page, "mutes") == [({"member": ben, "state": "on"}, "Mute")]
    assert buttons(page, "hosts") == [
        ({"member": ben, "stay": "yes"}, "Make them a host too"),
        ({"member": ben, "stay": "no"}, "Hand the room over to them"),
    ]
    assert buttons(page, "removals") == [
        ({"member": ben, "keep_code": "no"}, "Remove, and change the code"),
        ({"member": ben, "keep_code": "yes"}, "Remove, and keep the code"),
    ]
    for form in page.all("form"):
        assert form.attributes["method"] == "post"
        assert form.attributes["action"] == form.attributes["hx-post"]
        assert form.attributes["hx-status:4xx"] == "target:#sheet-error swap:innerHTML"
    errors = page.find("sheet-error")
    assert errors
    assert (errors.attributes["role"], errors.text) == ("status", "")


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
@pytest.mark.parametrize(
    ("noun", "place", "events"),
    [
        ("mutes", 0, ["member-muted"]),
        ("hosts", 0, ["host-changed"]),
        ("hosts", 1, ["host-changed", "host-resigned"]),
        ("removals", 0, ["member-removed", "code-rotated"]),
        ("removals", 1, ["member-removed"]),
    ],
)
async def test_every_button_brings_it_about(
    stage: Stage, noun: str, place: int, events: list[str], kind: Kind
) -> None:
    sent, _ = buttons(await sheet(stage, "Ben", kind), noun)[place]
    before = (await stage.now()).cursor
    form = {name: str(value) for name, value in sent.items()}
    stage.assert_done(kind, await stage.ada.post(f"{stage.path}/{noun}", kind, form))
    since = await stage.house.engine.read(stage.room, before)
    assert since
    assert [entry.event.name for entry in since] == events


async def test_the_muted_can_be_let_speak(stage: Stage) -> None:
    mona = await stage.id_of("Mona")
    assert buttons(await sheet(stage, "Mona"), "mutes") == [
        ({"member": mona, "state": "off"}, "Let them speak")
    ]


async def test_what_cannot_be_undone_takes_two_steps_and_is_said(stage: Stage) -> None:
    page = await sheet(stage, "Ben")
    folded = [form for details in page.all("details") for form in details.all("form")]
    nouns = {str(form.attributes["action"]).rpartition("/")[2] for form in folded}
    assert nouns == {"hosts", "removals"}
    for details in page.all("details"):
        assert "open" not in details.attributes
        assert details.all("summary")
    assert "This cannot be undone." in page.text
    assert "You cannot take it back" in page.text


@pytest.mark.parametrize("nickname", ["Ada", "Cleo"])
async def test_there_is_nothing_to_do_about_a_host(stage: Stage, nickname: str) -> None:
    page = await sheet(stage, nickname)
    assert page.all("form") == []
    assert "No host has power over another." in page.text


async def test_the_sheet_is_a_page_without_scripts_and_a_fragment_with_them(stage: Stage) -> None:
    page, fragment = [await sheet(stage, "Ben", kind) for kind in (BROWSER, HTMX)]
    assert page.all("html")
    assert [one.tag for one in fragment.elements] == ["section"]
    assert [one.shape() for one in page.all("section")] == [
        one.shape() for one in fragment.elements
    ]
    back = [one.attributes["href"] for one in page.all("a")]
    assert stage.path in back


@by_kind
async def test_members_are_refused(stage: Stage, kind: Kind) -> None:
    path = f"{stage.path}/members?member={await stage.id_of('Ben')}"
    assert (await stage.ada.get(path, kind)).status == 200, "the premise"
    for member in stage.members:
        answer = await member.get(path, kind)
        assert answer.status == 403
        assert "Only a host may do that." in answer.text


@by_kind
async def test_outsiders_learn_nothing(house: House, kind: Kind) -> None:
    stage = await set_stage(house, ask=True)
    never = await stage.mallory.get(f"/rooms/{NEVER}/members?member=p2", kind)
    assert never.status == 404
    for outsider in stage.outsiders:
        assert await outsider.get(f"{stage.path}/members?member=p2", kind) == never


@pytest.mark.parametrize("gone", ["p3", "p6"], ids=["left", "removed"])
@pytest.mark.parametrize("kind", [HTMX, BROWSER, CURL], ids=["htmx", "browser", "curl"])
async def test_somebody_who_has_gone_is_told(stage: Stage, gone: str, kind: Kind) -> None:
    answer = await stage.ada.get(f"{stage.path}/members?member={gone}", kind)
    assert answer.status == 409
    assert "They are not in the room any more." in answer.text


@pytest.mark.parametrize("member", ["", "p0", "p99", "%00", "m-2", "%3Cb%3E"])
async def test_somebody_who_never_was_is_told(stage: Stage, member: str) -> None:
    answer = await stage.ada.get(f"{stage.path}/members?member={member}", PROGRAM)
    assert answer.status == 422
    assert answer.json["error"]["field"] == "member"


async def test_an_open_sheet_goes_with_the_member(stage: Stage) -> None:
    ben = await stage.id_of("Ben")
    section = (await sheet(stage, "Ben")).elements[0]
    assert section.attributes["data-of"] == f"member-{ben}"
    async with stage.ada.listening(f"{stage.path}/events") as stream:
        await stage.ben.post(f"{stage.path}/leave")
        heard = await stream.until("left.")
    assert f'hx-target=".sheet[data-of=\'member-{ben}\']" hx-swap="delete"' in heard


async def test_a_nickname_that_is_markup_stays_text(stage: Stage) -> None:
    _, vera = await stage.house.join(stage.code, "<b>&{{x}}")
    answer = await stage.ada.get(f"{stage.path}/members?member={vera['member']['id']}", HTMX)
    assert '<bdi translate="no">&lt;b&gt;&amp;{{x}}</bdi>' in answer.text
