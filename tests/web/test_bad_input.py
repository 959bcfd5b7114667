"""Nicknames and bodies that nobody should send, at every form: the sentence, the words, no 500."""

from html import escape

import pytest

from tests.support.asking import BROWSER, CURL, KINDS, PROGRAM, Kind, by_kind
from tests.support.cast import FORM, House, Person, Scene

ZALGO = "A" + "\u0301\u0302\u0303\u0304" * 5
BAD_NICKNAMES = {
    "empty": ("", "empty"),
    "blanks": ("   ", "empty"),
    "25 characters": ("x" * 25, "too-long"),
    "25 graphemes": ("e\u0301" * 25, "too-long"),
    "60 KB": ("x" * 60_000, "too-long"),
    "NUL": ("A\0da", "unprintable"),
    "a bell": ("Ada\x07", "unprintable"),
    "a bidi override": ("Ad\u202ea", "unprintable"),
    "a bidi isolate": ("A\u2066d\u2069a", "unprintable"),
    "a bidi mark": ("A\u200fda", "unprintable"),
    "zero width": ("A\u200bda", "unprintable"),
    "only a joiner": ("\u200d", "empty"),
    "a soft hyphen": ("A\u00adda", "unprintable"),
    "hangul filler": ("\u3164", "empty"),
    "braille blank": ("\u2800", "empty"),
    "a tag character": ("Ada\U000e0061", "unprintable"),
    "private use": ("\ue000", "unprintable"),
    "not a character": ("\uffff", "unprintable"),
    "zalgo": (ZALGO, "too-many-marks"),
}


@pytest.mark.parametrize("path", ["/rooms", "/join"])
@pytest.mark.parametrize(("nickname", "problem"), BAD_NICKNAMES.values(), ids=BAD_NICKNAMES)
async def test_a_nickname_that_cannot_be_is_refused_in_words(
    house: House, nickname: str, problem: str, path: str
) -> None:
    answer = await Person(house).post(path, PROGRAM, {"nickname": nickname, "code": "ABC"})
    assert answer.status == 422
    error = answer.json["error"]
    assert (error["field"], error["problem"]) == ("nickname", problem)
    assert error["message"].endswith(".")
    assert nickname not in error["message"] or not nickname.strip()


@pytest.mark.parametrize("path", ["/rooms", "/join"])
@pytest.mark.parametrize(("nickname", "problem"), BAD_NICKNAMES.values(), ids=BAD_NICKNAMES)
async def test_a_browser_gets_the_nickname_back_as_it_was_typed(
    house: House, nickname: str, problem: str, path: str
) -> None:
    page = await Person(house).post(path, BROWSER, {"nickname": nickname, "code": "ABC"})
    assert page.status == 422, problem
    assert f'name="nickname" value="{escape(nickname)}"' in page.text
    assert 'nickname-error" role="alert">' in page.text
    if path == "/join":
        assert 'name="code" value="ABC"' in page.text


GOOD_NICKNAMES = {
    "one letter": "x",
    "24 letters": "x" * 24,
    "accents": "Zoe\u0308",
    "cjk": "\u540d\u524d",
    "arabic": "\u0645\u0631\u064a\u0645",
    "an emoji family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "HTML": '<b onclick="x">&amp;',
    "quotes": "'\"`",
    "digits": "007",
    "a colon": "data: x",
    "JSON": '{"a":1}',
    "a template": "{{ 7*7777 }}{% raw %}",
}


@pytest.mark.parametrize("nickname", GOOD_NICKNAMES.values(), ids=GOOD_NICKNAMES)
async def test_a_name_of_any_kind_of_people_is_taken_and_is_only_ever_text(
    scene: Scene, nickname: str
) -> None:
    member = await scene.join(nickname)
    page = (await member.get(scene.path, BROWSER)).text
    events = (await scene.ben.get(f"{scene.path}/events?once=1")).text
    lines = (await scene.ben.get(f"{scene.path}/json?once=1")).text
    for html in (page, events):
        assert "<b onclick" not in html
        assert "54439" not in html
    assert "<bdi" in page
    assert lines.count("\n") == len(lines.splitlines())


BODIES = {
    "raw bytes that are not UTF-8": (b"nickname=\xff\xfe", FORM, 400),
    "percent-encoded bytes that are not UTF-8": (b"nickname=%FF%FE", FORM, 400),
    "half a character": (b"nickname=%E2%82", FORM, 400),
    "UTF-16": ("nickname=Ada".encode("utf-16"), FORM, 400),
    "JSON that is none": (b'{"nickname": "Ada"', "application/json", 400),
    "JSON that is no object": (b'["nickname", "Ada"]', "application/json", 400),
    "JSON in JSON": (b'{"nickname": {"first": "Ada"}}', "application/json", 400),
    "JSON with half a character": (b'{"nickname": "\\ud83d"}', "application/json", 400),
    "JSON without an end": (b"[" * 60_000, "application/json", 400),
    "JSON of many digits": (b'{"capacity": %b}' % (b"9" * 60_000), "application/json", 422),
    "JSON of too many fields": (
        b"{%b}" % b",".join(b'"x%d":1' % number for number in range(33)),
        "application/json",
        400,
    ),
    "multipart of too many parts": (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 33 + b"--b--",
        "multipart/form-data; boundary=b",
        400,
    ),
    "multipart without a name": (
        b"--b\r\nContent-Disposition: form-data\r\n\r\nAda\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
        422,
    ),
    "multipart without a disposition": (
        b"--b\r\nX: y\r\n\r\nAda\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
        400,
    ),
    "multipart that is not UTF-8": (
        b'--b\r\nContent-Disposition: form-data; name="nickname"\r\n\r\n\xff\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
        400,
    ),
    "multipart with a boundary too long": (
        b"x",
        f"multipart/form-data; boundary={'b' * 71}",
        400,
    ),
    "XML": (b"<nickname>Ada</nickname>", "application/xml", 415),
    "a charset that nobody knows": (b"nickname=Ada", f"{FORM}; charset=utf-7", 415),
    "multipart cut short": (b"--b\r\nContent-Disp", "multipart/form-data; boundary=b", 400),
    "multipart without a boundary": (b"x", "multipart/form-data", 400),
    "text": (b"nickname=Ada", "text/plain", 415),
    "65 KiB": (b"nickname=" + b"x" * (65 * 1024), FORM, 413),
    "65 KiB of multipart": (b"x" * (65 * 1024), "multipart/form-data; boundary=b", 413),
    "65 KiB of JSON": (b" " * (65 * 1024), "application/json", 413),
    "ten thousand fields": (b"&".join([b"a=b"] * 10_000), FORM, 400),
    "too many separators": (b"&" * 100, FORM, 400),
    "only separators": (b"&" * 10, FORM, 422),
    "nothing": (b"", FORM, 422),
    "no field": (b"=", FORM, 422),
    "NUL": (b"\0", FORM, 422),
    "loose percent signs": (b"nickname=%&code=%zz%", FORM, None),
}


SAID = {"text", "too many separators", "only separators"}
"""Of these bodies, those that are words when they are sent as a message."""


@pytest.mark.parametrize("path", ["/rooms", "/join"])
@pytest.mark.parametrize(("body", "media_type", "status"), BODIES.values(), ids=BODIES)
async def test_a_body_that_is_no_form_gets_a_sentence(
    house: House, path: str, body: bytes, media_type: str, status: int | None
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    for kind in KINDS:
        answer = await Person(house).ask("POST", path, kind, body=body, headers=headers)
        assert answer.status == status or (status is None and answer.status in {201, 303, 404})
        if kind == PROGRAM and answer.status != 201:
            assert answer.json["error"]["message"].endswith(".")
        elif kind == CURL and answer.status != 201:
            assert answer.text.endswith(".\n")


@by_kind
async def test_a_field_that_comes_twice_counts_as_the_last(house: House, kind: Kind) -> None:
    answer = await Person(house).ask(
        "POST",
        "/rooms",
        kind,
        body=b"nickname=&nickname=Ada&capacity=99&capacity=3",
        headers={"Content-Type": FORM},
    )
    assert answer.status in {201, 303}


STRANGE_HEADERS = {
    "Host": ["", "a b", "[", "x" * 5_000, "\xe9.test", "evil.test:99999", "<script>"],
    "Accept": ["", ";;;", "*/*;q=nan", "text/html" * 500, "\xff", "application/json;q=0"],
    "Accept-Encoding": ["gzip;q=x", "\xff", "," * 1_000],
    "Content-Type": [";", "\xff", "application/x-www-form-urlencoded; charset=utf-7", "a" * 3_000],
    "Cookie": ["\0", '"', "seat=\xff", "=" * 2_000],
    "Authorization": ["Bearer \0", "\xff", "Basic x"],
    "Last-Event-ID": ["\xff", "x" * 5_000],
    "Origin": ["http://[::1", "\xff"],
    "Content-Length": ["-1", "x", "99999999999999999999"],
    "Expect": ["100-continue"],
    "Range": ["bytes=0-1"],
    "HX-Request": ["", "false"],
    "Transfer-Encoding": ["chunked"],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in STRANGE_HEADERS.items() for value in values],
    ids=lambda text: ascii(text[:20]),
)
async def test_no_header_makes_us_stumble(scene: Scene, name: str, value: str) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", scene.path),
        ("GET", f"{scene.path}/json?once=1"),
        ("POST", f"{scene.path}/messages"),
        ("POST", "/join"),
    ):
        headers = {"Content-Type": FORM, name: value}
        answer = await scene.ben.ask(method, path, CURL, body=b"text=x", headers=headers)
        assert answer.status < 500, (method, path)


async def test_nothing_is_lost_for_the_others(scene: Scene) -> None:
    async with scene.ada.listening(f"{scene.path}/raw") as stream:
        await stream.until("Eve left")
        for body, media_type, _ in BODIES.values():
            await Person(scene.house, scene.ben.token).ask(
                "POST",
                f"{scene.path}/messages",
                PROGRAM,
                body=body,
                headers={"Content-Type": media_type},
            )
        await scene.ben.say(scene.room, "Hello")
        heard = await stream.until("Ben: Hello\n")
    assert heard.count("Ben: ") == 1 + len(SAID)
