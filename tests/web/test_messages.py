"""POST /rooms/{id}/messages: say something."""

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import FORM, Answer, House, Scene, set_scene
from tests.support.page import Page

TEXT = {"Content-Type": "text/plain; charset=utf-8"}


class _Textarea(HTMLParser):
    """Collects what is in the text areas of a page, as a browser would show it."""

    def __init__(self) -> None:
        super().__init__()
        self.text: str | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - as HTMLParser calls it
        if tag == "textarea":
            assert self.text is None, "there is one text area"
            self.text, self._inside = "", True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "textarea"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text = (self.text or "") + data


def kept(answer: Answer) -> str | None:
    """Return what stands in the answer's text area: a browser drops its first line end."""
    parser = _Textarea()
    parser.feed(answer.text)
    return None if parser.text is None else parser.text.removeprefix("\n")


async def log_of(scene: Scene) -> list[str]:
    """Return the texts of the messages in the room, in order."""
    answer = await scene.ada.get(f"{scene.path}/json?once=1")
    events = [line for line in answer.text.splitlines() if '"event":"message-posted"' in line]
    return [re.sub(r'.*"text":"(.*)"}$', r"\1", line) for line in events]


async def test_a_program_gets_the_id_and_the_cursor(scene: Scene) -> None:
    answer = await scene.ben.say(scene.room, "Hello")
    assert answer.status == 201
    generation, sequence = answer.json["cursor"].split("-")
    assert answer.json == {"id": f"m-{sequence}", "cursor": f"{generation}-{sequence}"}
    assert await log_of(scene) == ["Hello"]


async def test_curl_gets_the_cursor(scene: Scene) -> None:
    answer = await scene.ben.say(scene.room, "Hello", CURL)
    assert answer.status == 201
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9]+\n", answer.text)
    log = await scene.ada.get(f"{scene.path}/json?once=1")
    assert f'"cursor":"{answer.text.strip()}","event":"message-posted"' in log.text


async def test_a_browser_is_sent_back_to_the_room(scene: Scene) -> None:
    answer = await scene.ben.say(scene.room, "Hello", BROWSER)
    assert answer.status == 303
    assert answer.headers["Location"] == scene.path
    assert await log_of(scene) == ["Hello"]


async def test_htmx_gets_a_fresh_composer_and_not_the_message(scene: Scene) -> None:
    answer = await scene.ben.say(scene.room, "Hello", HTMX, key="k1")
    assert answer.status == 200
    assert answer.text.startswith('<form id="composer"')
    assert kept(answer) == ""
    assert "Hello" not in answer.text
    assert 'name="key" value="k1"' not in answer.text
    assert await log_of(scene) == ["Hello"]


async def test_a_plain_text_body_is_a_message(scene: Scene) -> None:
    answer = await scene.ben.ask(
        "POST",
        f"{scene.path}/messages",
        PROGRAM,
        body="a=1&text=2 ünïcode".encode(),
        headers=TEXT,
    )
    assert answer.status == 201
    assert await log_of(scene) == ["a=1&text=2 ünïcode"]


async def test_a_message_is_seen_by_everyone_with_its_author(scene: Scene) -> None:
    await scene.ben.say(scene.room, "Hello")
    for member in (scene.ada, scene.ben):
        assert "\nBen: Hello\n" in (await member.get(f"{scene.path}/raw?once=1")).text


# Idempotency keys


@by_kind
async def test_a_retry_with_the_same_key_is_the_same_message(scene: Scene, kind: Kind) -> None:
    first = await scene.ben.say(scene.room, "Once", kind, key="k1")
    again = await scene.ben.say(scene.room, "Once", kind, key="k1")
    assert again.status == first.status
    if kind in (PROGRAM, CURL):
        assert again == first
    assert await log_of(scene) == ["Once"]


async def test_a_key_may_come_as_a_header(scene: Scene) -> None:
    for _ in range(2):
        answer = await scene.ben.ask(
            "POST",
            f"{scene.path}/messages",
            PROGRAM,
            body=b"Once",
            headers={**TEXT, "Idempotency-Key": "k1"},
        )
        assert answer.status == 201
    assert await log_of(scene) == ["Once"]


async def test_without_a_key_the_same_words_are_two_messages(scene: Scene) -> None:
    await scene.ben.say(scene.room, "Twice")
    await scene.ben.say(scene.room, "Twice")
    assert await log_of(scene) == ["Twice", "Twice"]


async def test_an_edited_draft_is_another_message(scene: Scene) -> None:
    await scene.ben.say(scene.room, "One", key="k1")
    await scene.ben.say(scene.room, "Two", key="k1")
    assert await log_of(scene) == ["One", "Two"]


async def test_a_key_belongs_to_one_seat(scene: Scene) -> None:
    await scene.ben.say(scene.room, "Hi", key="k1")
    await scene.ada.say(scene.room, "Hi", key="k1")
    assert await log_of(scene) == ["Hi", "Hi"]


async def test_a_retry_costs_nothing_of_the_rate() -> None:
    scene = await set_scene(House(rate_limits=True))
    for _ in range(20):
        assert (await scene.ben.say(scene.room, "Once", key="k1")).status == 201
    assert await log_of(scene) == ["Once"]


# What is refused

LONG = "x" * 4_001
REFUSED = {
    "nothing": ("", "empty"),
    "blanks": ("  \t\n\r\n ", "empty"),
    "NUL": ("\0\0", "empty"),
    "controls": ("\x1b\x07\x9b", "empty"),
    "4001 characters": (LONG, "too-long"),
    "16 KiB and a byte": ("\N{LEDGER}" * 4096 + "x", "too-long"),
    "101 lines": ("x\n" * 100 + "x", "too-many-lines"),
    "101 lines with other ends": ("x\u2028" * 100 + "x", "too-many-lines"),
    "HTML": (f"</textarea><script>alert(1)</script>{LONG}", "too-long"),
}


@pytest.mark.parametrize(("text", "problem"), REFUSED.values(), ids=REFUSED)
async def test_a_program_is_told_what_is_wrong(scene: Scene, text: str, problem: str) -> None:
    answer = await scene.ben.say(scene.room, text)
    assert answer.status == 422
    error = answer.json["error"]
    assert (error["reason"], error["field"], error["problem"]) == ("invalid", "text", problem)
    assert await log_of(scene) == []


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
@pytest.mark.parametrize(("text", "problem"), REFUSED.values(), ids=REFUSED)
async def test_a_person_keeps_what_they_typed(
    scene: Scene, text: str, problem: str, kind: Kind
) -> None:
    answer = await scene.ben.say(scene.room, text, kind, key="k1")
    assert answer.status == 422, problem
    assert answer.text.count('<form id="composer"') == 1
    assert "<script>alert" not in answer.text
    assert kept(answer) == text
    assert 'name="key" value="k1"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert re.search(
        r'id="composer-error" class="error" role="alert">[A-Z][^<]+\.</p>', answer.text
    )
    assert ("</html>" in answer.text) == (kind == BROWSER)


async def test_the_longest_message_passes(scene: Scene) -> None:
    for text in ("x" * 4_000, "\N{LEDGER}" * 4_000, "\n".join("x" * 100)):
        assert (await scene.ben.say(scene.room, text)).status == 201


async def test_the_longest_message_passes_in_the_longest_encoding(scene: Scene) -> None:
    body = "text=" + "".join(f"%{byte:02X}" for byte in ("\N{LEDGER}" * 4_000).encode())
    assert len(body) > 48_000
    answer = await scene.ben.ask(
        "POST",
        f"{scene.path}/messages",
        PROGRAM,
        body=body.encode(),
        headers={"Content-Type": FORM},
    )
    assert answer.status == 201


NOT_UTF_8 = {
    "raw bytes": (b"text=\xff\xfe", {"Content-Type": FORM}),
    "percent": (b"text=%FF%FE", {"Content-Type": FORM}),
    "a surrogate": (b"text=%ED%A0%80", {"Content-Type": FORM}),
    "overlong": (b"text=%C0%80", {"Content-Type": FORM}),
    "in another field": (b"text=fine&other=%FF", {"Content-Type": FORM}),
    "in a name": (b"text=fine&%FF=x", {"Content-Type": FORM}),
    "plain text": (b"caf\xe9", TEXT),
}


@by_kind
@pytest.mark.parametrize(("body", "headers"), NOT_UTF_8.values(), ids=NOT_UTF_8)
async def test_what_is_not_utf_8_is_not_understood(
    scene: Scene, body: bytes, headers: dict[str, str], kind: Kind
) -> None:
    answer = await scene.ben.ask("POST", f"{scene.path}/messages", kind, body=body, headers=headers)
    assert answer.status == 400
    assert "We could not read that. Send it as a form, in UTF-8." in answer.text
    assert await log_of(scene) == []


OTHER_TYPES = {
    "XML": (b"<text>Hi</text>", "application/xml"),
    "HTML": (b"<p>Hi</p>", "text/html"),
    "nonsense": (b"text=Hi", "nonsense;;;"),
}


@pytest.mark.parametrize(("body", "media_type"), OTHER_TYPES.values(), ids=OTHER_TYPES)
async def test_a_body_of_another_type_is_not_understood(
    scene: Scene, body: bytes, media_type: str
) -> None:
    answer = await scene.ben.ask(
        "POST",
        f"{scene.path}/messages",
        PROGRAM,
        body=body,
        headers={"Content-Type": media_type} if media_type else {},
    )
    assert answer.status == 415
    assert answer.json["error"]["reason"] == "unsupported-type"
    assert "-d, -F or --json" in answer.json["error"]["message"]
    assert await log_of(scene) == []


async def test_too_many_fields_are_not_understood(scene: Scene) -> None:
    form = {f"x{number}": "" for number in range(32)}
    answer = await scene.ben.post(f"{scene.path}/messages", PROGRAM, {**form, "text": "Hi"})
    assert answer.status == 400


async def test_unknown_fields_are_ignored_and_the_last_of_a_name_counts(scene: Scene) -> None:
    body = urlencode([("text", "One"), ("member", "p1"), ("nickname", "Ada"), ("text", "Two")])
    answer = await scene.ben.ask(
        "POST",
        f"{scene.path}/messages",
        PROGRAM,
        body=body.encode(),
        headers={"Content-Type": FORM},
    )
    assert answer.status == 201
    log = (await scene.ada.get(f"{scene.path}/raw?once=1")).text
    assert log.endswith("Ben: Two\n")


@pytest.mark.parametrize("headers", [{"Content-Type": FORM}, TEXT], ids=["form", "text"])
@by_kind
async def test_a_body_of_65_kib_is_too_large(
    scene: Scene, kind: Kind, headers: dict[str, str]
) -> None:
    fits = b"text=" + b"x" * (64 * 1024 - 5)
    answer = await scene.ben.ask("POST", f"{scene.path}/messages", kind, body=fits, headers=headers)
    assert answer.status == 422
    answer = await scene.ben.ask(
        "POST", f"{scene.path}/messages", kind, body=fits + b"x" * 1024, headers=headers
    )
    assert answer.status == 413
    assert "That is more than we take at once." in answer.text
    assert await log_of(scene) == []


async def test_the_composer_does_not_give_its_place_to_an_answer_without_the_words(
    scene: Scene,
) -> None:
    composer = Page((await scene.ben.get(scene.path, BROWSER)).text).document.find("composer")
    assert composer
    assert not {name for name in composer.attributes if name.startswith("hx-")}
    refused = await scene.ben.ask(
        "POST",
        f"{scene.path}/messages",
        HTMX,
        body=b"text=" + b"x" * 65 * 1024,
        headers={"Content-Type": FORM},
    )
    assert refused.status == 413
    assert kept(refused) is None


@by_kind
async def test_a_key_has_at_most_200_characters(scene: Scene, kind: Kind) -> None:
    assert (await scene.ben.say(scene.room, "Hi", key="k" * 200)).status == 201
    answer = await scene.ben.say(scene.room, "Precious words", kind, key="k" * 201)
    assert answer.status == 422
    assert "A key has at most 200 characters." in answer.text
    if kind in (BROWSER, HTMX):
        assert answer.text.count('<form id="composer"') == 1
        assert kept(answer) == "Precious words"
        assert "k" * 200 not in answer.text, "a key that cannot work is not offered again"


# Who may


async def test_outsiders_cannot_post(scene: Scene) -> None:
    await scene.assert_closed_to_outsiders("POST", "/messages", {"text": "Hello"})
    await scene.assert_closed_to_outsiders("POST", "/messages", {"text": ""})
    assert await log_of(scene) == []
