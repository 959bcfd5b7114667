"""One fragment, one renderer, every path; and text is text wherever it stands."""

import re

import pytest

from tests.support.asking import BROWSER, HTMX
from tests.support.cast import House, Scene
from tests.support.page import Element, Page, events_of, parse

FRAGMENT = re.compile(r'<(article|p) id="m-(\d+)".*?</\1>', re.DOTALL)
MEMBER = re.compile(r'<li id="member-p\d+".*?</li>', re.DOTALL)


def fragments(html: str) -> dict[str, str]:
    return {match[2]: match[0] for match in FRAGMENT.finditer(html)}


def data(stream: str) -> str:
    return "\n".join(event.data for event in events_of(stream) if not event.name)


async def text_of(scene: Scene, text: str) -> Element:
    """Let Ada say this; return the element in which Ben's page shows it."""
    assert (await scene.ada.say(scene.room, text)).status == 201
    page = Page((await scene.ben.get(scene.path, BROWSER)).text)
    messages = page.document.find("messages")
    assert messages
    return next(
        element
        for element in messages.elements[-1].walk()
        if element.attributes.get("class") == "text"
    )


async def test_page_catch_up_broadcast_resync_and_live_document_give_the_same_bytes(
    scene: Scene,
) -> None:
    path = f"{scene.path}/events"
    async with (
        scene.ben.listening(path, HTMX) as events,
        scene.ben.listening(f"{scene.path}/live", BROWSER) as live,
    ):
        await scene.ada.say(scene.room, 'One <b>&amp; "two"\n\nhttps://example.org/?a=1&b=2')
        await scene.join("Cl\N{LATIN SMALL LETTER E WITH ACUTE}o")
        await scene.ada.post(f"{scene.path}/leave")
        await events.until("is the host now")
        await live.until("is the host now")
        broadcast = fragments(data(events.heard.decode()))
        document = fragments(live.heard.decode())
    page = fragments((await scene.ben.get(scene.path, BROWSER)).text)
    assert len(page) == 8
    assert broadcast == page
    assert document == page
    assert fragments(data((await scene.ben.get(f"{path}?once=1")).text)) == page
    assert fragments(data((await scene.ben.get(f"{path}?once=1&after=0-0")).text)) == page


async def test_nothing_stands_between_two_lines_of_a_page_or_a_resync(scene: Scene) -> None:
    """Or a page that was loaded would differ from one to which the lines came one by one."""
    for words in ("one", "two"):
        await scene.ada.say(scene.room, words)
    page = (await scene.ben.get(scene.path, BROWSER)).text
    resync = data((await scene.ben.get(f"{scene.path}/events?once=1&after=0-0")).text)
    for html in (page, resync):
        assert re.search(r"</(article|p)><article", html)
        assert not re.search(r'</(article|p)>\s+<(article|p) id="m-', html)


async def test_a_member_is_the_same_bytes_on_the_page_and_in_the_stream(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/events", HTMX) as events:
        await scene.join("Cleo")
        heard = data(await events.until("Cleo</bdi>\ndata: <span"))
    page = (await scene.ben.get(scene.path, BROWSER)).text
    assert MEMBER.findall(heard)[-1] == MEMBER.findall(page)[-1]
    resync = data((await scene.ben.get(f"{scene.path}/events?once=1&after=0-0")).text)
    assert MEMBER.findall(resync) == MEMBER.findall(page)


async def test_two_members_pages_differ_only_in_who_is_looking(scene: Scene) -> None:
    await scene.ada.say(scene.room, "Hello")
    await scene.ben.say(scene.room, "Hello back")

    def neutral(page: str) -> str:
        page = re.sub(r'<body class="in-room" data-member="p\d+">', "<body>", page)
        return re.sub(r'name="key" value="[^"]+"', "", page)

    adas, bens = [(await who.get(scene.path, BROWSER)).text for who in (scene.ada, scene.ben)]
    assert adas != bens
    assert neutral(adas) == neutral(bens)


async def test_pages_are_whole_documents_with_a_title(scene: Scene) -> None:
    titles = {
        "/": "Ephemera, a chatroom that forgets",
        "/about": "What is kept, and for how long",
        "/join": "Join a room",
        scene.path: "A room",
        "/nonsense": "There is nothing here",
    }
    for path, title in titles.items():
        html = (await scene.ben.get(path, BROWSER)).text
        document = parse(html.removeprefix("<!doctype html>"))
        assert html.startswith("<!doctype html>")
        assert [element.text.split(" \N{EN DASH} ")[0] for element in document.all("title")] == [
            title
        ]
        assert document.all("html")[0].attributes["lang"] == "en"
        assert Page(html).title.startswith(title)


async def test_no_page_has_an_inline_script_or_style_or_a_foreign_address(scene: Scene) -> None:
    await scene.ada.say(scene.room, "Hello")
    for path in ("/", "/about", "/join", scene.path, "/nonsense"):
        document = Page((await scene.ben.get(path, BROWSER)).text).document
        for element in document.walk():
            names = set(element.attributes)
            assert element.tag != "style"
            assert element.tag != "script" or (not element.text and "src" in names)
            assert not {name for name in names if name.startswith("on") or name == "style"}
            for name in names & {"src", "href", "action", "hx-post", "hx-get", "srcset", "data"}:
                assert str(element.attributes[name]).startswith(("/", "#")), element


MARKUP = "</div></article><script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;&#x41;"


async def test_markup_in_a_message_is_text_everywhere(scene: Scene) -> None:
    assert (await text_of(scene, MARKUP)).text == MARKUP
    for path in ("/events?once=1", "/events?once=1&after=0-0"):
        heard = (await scene.ben.get(scene.path + path)).text
        assert "<script" not in heard
        assert "<img" not in heard


@pytest.mark.parametrize("nickname", ['"><script>x', "<b>&amp;'`", "{{ 7*7 }}", "</bdi></li>"])
async def test_markup_in_a_nickname_is_text_everywhere(house: House, nickname: str) -> None:
    ada, room = await house.open_room(nickname)
    ben, _ = await house.join(room["code"], "Ben")
    await ada.say(room["id"], "Hello")
    html = (await ben.get(f"/rooms/{room['id']}", BROWSER)).text
    names = [element.text for element in Page(html).document.all("bdi")]
    assert names.count(nickname) == 3, "who opened, who sits, who spoke"
    for text in (html, (await ben.get(f"/rooms/{room['id']}/events?once=1")).text):
        assert "<script>x" not in text
        assert "<b>&" not in text
    (await ada.post(f"/rooms/{room['id']}/leave"))
    left = data((await ben.get(f"/rooms/{room['id']}/events?once=1")).text)
    assert nickname in [element.text for element in parse(left).all("bdi")]


async def test_markup_around_and_between_links_is_text(scene: Scene) -> None:
    text = "<b>a</b> https://example.org/1 <i>&amp;</i> https://example.org/2 <u>z</u>"
    shown = await text_of(scene, text)
    assert shown.text == text
    assert [element.tag for element in shown.walk()] == ["div", "a", "a"]


async def test_line_breaks_and_blanks_of_a_message_are_kept(scene: Scene) -> None:
    text = "One\n\n  two\tthree\n    four"
    assert (await text_of(scene, text)).text == text


async def test_a_room_that_is_somewhere_else_cannot_be_drawn_with_attributes(scene: Scene) -> None:
    document = Page((await scene.ben.get(scene.path, BROWSER)).text).document
    messages = document.find("messages")
    assert messages
    assert "hx-ignore" in messages.attributes
    assert messages.attributes["role"] == "log"


LINKS = {
    "plain": ("see https://example.org now", ["https://example.org"]),
    "http": ("http://example.org", ["http://example.org"]),
    "in capitals": ("HTTPS://EXAMPLE.ORG/A", ["HTTPS://EXAMPLE.ORG/A"]),
    "query and fragment": (
        "https://example.org/a?b=c&d=e#f",
        ["https://example.org/a?b=c&d=e#f"],
    ),
    "full stop": ("https://example.org.", ["https://example.org"]),
    "stops": ("https://example.org/a...!?", ["https://example.org/a"]),
    "comma": ("https://a.example, https://b.example;", ["https://a.example", "https://b.example"]),
    "in parentheses": ("(https://example.org/a)", ["https://example.org/a"]),
    "with parentheses": (
        "(see https://example.org/a_(b))",
        ["https://example.org/a_(b)"],
    ),
    "in quotes": ('"https://example.org/a"', ["https://example.org/a"]),
    "in single quotes": ("'https://example.org/a'", ["https://example.org/a"]),
    "in guillemets": ("\u00abhttps://example.org\u00bb", ["https://example.org"]),
    "in angle brackets": ("<https://example.org/a>", ["https://example.org/a"]),
    "a quote inside": ('https://example.org/"onclick="x', ["https://example.org/"]),
    "markup inside": ("https://example.org/<script>", ["https://example.org/"]),
    "an entity inside": ("https://example.org/?a&lt;b", ["https://example.org/?a&lt;b"]),
    "over two lines": ("https://example.org/a\nb", ["https://example.org/a"]),
    "javascript": ("javascript:alert(1)", []),
    "javascript with a comment": ("javascript://example.org/%0aalert(1)", []),
    "data": ("data:text/html,<script>alert(1)</script>", []),
    "vbscript, file, ftp": ("vbscript:x file:///etc/passwd ftp://example.org", []),
    "no scheme": ("www.example.org //example.org example.org", []),
    "nothing behind": ("https:// http://", []),
    "an address of six": ("http://[2001:db8::1]:8000/a.", ["http://[2001:db8::1]:8000/a"]),
    "only dots behind": ("https://... http://)", []),
}


@pytest.mark.parametrize(("text", "links"), LINKS.values(), ids=LINKS)
async def test_only_web_addresses_become_links_without_the_sentence_around_them(
    scene: Scene, text: str, links: list[str]
) -> None:
    shown = await text_of(scene, text)
    assert shown.text == text
    anchors = shown.all("a")
    assert [anchor.text for anchor in anchors] == links
    assert [anchor.attributes["href"] for anchor in anchors] == links
    for anchor in anchors:
        assert anchor.attributes["rel"] == "noopener noreferrer nofollow"
        assert anchor.attributes["target"] == "_blank"
        assert anchor.attributes["dir"] == "ltr"
        assert set(anchor.attributes) == {"dir", "href", "rel", "target"}
    assert {element.tag for element in shown.walk()} <= {"div", "a"}
