"""What is sent, however curl and others write it: one reading for rooms, doors, messages, acts."""

import json
from collections.abc import Callable
from typing import Final

import pytest

from tests.support.asking import CURL, PROGRAM
from tests.support.cast import House, Person, Scene

FORM: Final = "application/x-www-form-urlencoded"
Written = tuple[str, bytes]
Fields = dict[str, str]


def urlencoded(fields: Fields) -> Written:
    return FORM, "&".join(f"{name}={value}" for name, value in fields.items()).encode()


def in_parts(fields: Fields, more: str = "", boundary: str = "----b'()+_,-./:=?") -> Written:
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f'multipart/form-data; boundary="{boundary}"', f"{parts}--{boundary}--\r\n".encode()


def as_a_file(fields: Fields) -> Written:
    return in_parts(fields, '; filename="a.txt"\r\nContent-Type: application/octet-stream', "x")


def as_json(fields: Fields) -> Written:
    return "application/json", json.dumps(fields).encode()


def typed_json(fields: Fields) -> Written:
    numbers = {name: int(value) if value.isdigit() else value for name, value in fields.items()}
    text = json.dumps({**numbers, "nothing": None}, ensure_ascii=False, indent=2)
    return "Application/JSON; charset=utf-8", f"\ufeff{text}".encode()


def unnamed_type(fields: Fields) -> Written:
    return "", urlencoded(fields)[1]


def with_charset(fields: Fields) -> Written:
    return f"{FORM};charset=UTF-8", urlencoded(fields)[1]


WAYS: Final[tuple[Callable[[Fields], Written], ...]] = (
    urlencoded,
    in_parts,
    as_a_file,
    as_json,
    typed_json,
    unnamed_type,
    with_charset,
)
by_way = pytest.mark.parametrize("written", WAYS)


async def send(person: Person, path: str, written: Written, status: int) -> str:
    kind, body = written
    answer = await person.ask("POST", path, CURL, body=body, headers={"Content-Type": kind})
    assert answer.status == status, answer.text
    return answer.text


async def said(scene: Scene) -> list[str]:
    """Return all that was said, line by line, as `/raw` has it."""
    return (await scene.ada.get(f"{scene.path}/raw?once=1")).text.splitlines()


@by_way
async def test_a_room_is_opened_and_joined_in_every_way(
    house: House, written: Callable[[Fields], Written]
) -> None:
    opened = await send(Person(house), "/rooms", written({"nickname": "Zoë", "capacity": "3"}), 201)
    code = opened.split("code ")[1].split()[0]
    await send(Person(house), "/join", written({"nickname": "Ben", "code": code}), 201)


@by_way
async def test_members_talk_and_act_in_every_way(
    scene: Scene, written: Callable[[Fields], Written]
) -> None:
    await send(scene.ben, f"{scene.path}/messages", written({"text": "Grüße 🦋"}), 201)
    assert "Ben: Grüße 🦋" in await said(scene)
    number = (await scene.ben.say(scene.room, "Helo")).json["id"]
    edit = written({"message": number, "text": "Hello"})
    await send(scene.ben, f"{scene.path}/edits", edit, 204)
    await send(scene.ada, f"{scene.path}/lock", written({"state": "on"}), 204)
    await send(scene.ada, f"{scene.path}/options", written({"grace": "900"}), 204)
    await send(scene.ada, f"{scene.path}/mutes", written({"member": "p2"}), 204)
    asked = await send(scene.ada, f"{scene.path}/leave", written({"sure": "no"}), 409)
    assert "host" in asked
    await send(scene.ada, f"{scene.path}/leave", written({"sure": "yes"}), 204)


async def test_true_and_false_are_yes_and_no_and_on_and_off(scene: Scene) -> None:
    for path, body in (("/options", b'{"ask": true}'), ("/lock", b'{"state": true}')):
        await send(scene.ada, f"{scene.path}{path}", ("application/json", body), 204)
    room = (await scene.house.engine.load(scene.room) or pytest.fail("no room")).room
    assert room.locked
    assert room.options.ask
    await send(scene.ada, f"{scene.path}/lock", ("application/json", b'{"state": false}'), 204)


AS_THEY_ARE: Final = {
    "words": "hello",
    "a sentence with a full stop.": "a sentence with a full stop.",
    "a line end": "hello\n",
    "what a form would unquote": "100%25 + 20%",
    "what a form would divide": "salt & pepper & oil",
    "a line of a log": "level=info msg=started port=8000",
    "an equation with blanks": "a = b",
    "several lines": "one\ntwo=2\nthree\n",
    "a link with a query": "look at https://example.org/?a=b&c=d",
    "many ands": "&" * 99,
    "a tab and an equals sign": "a\t=b",
    "quotes": '{"text": hi} \'and\' "so on"',
    "letters of others": "Привет, 世界",
    "a semicolon": "a;b",
    "a question": "what?",
    "a hash": "#1",
    "a path": "/var/log/syslog",
    "mail": "ada@example.org",
    "an arrow": "a -> b",
    "a field of another name among words": "my text=hi",
}


@pytest.mark.parametrize("kind", [FORM, "", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize("words", AS_THEY_ARE.values(), ids=AS_THEY_ARE)
async def test_words_without_a_name_are_a_message(scene: Scene, words: str, kind: str) -> None:
    """As `--data-binary @-` and `-d words` send them: curl calls every body a form."""
    await send(scene.ben, f"{scene.path}/messages", (kind, words.encode()), 201)
    lines = words.strip().splitlines()
    heard = await said(scene)
    assert f"Ben: {lines[0]}".replace("\t", " ") in [line.replace("\t", " ") for line in heard]


@pytest.mark.parametrize("body", ["a=b", "message=Hello", "x=1\n", "Text=Hi", "=", "key=a1"])
async def test_a_form_that_names_no_text_is_told_how_to_send_one(scene: Scene, body: str) -> None:
    told = await send(scene.ben, f"{scene.path}/messages", (FORM, body.encode()), 422)
    assert "--data-urlencode text@-" in told
    assert "Ben" not in "".join(await said(scene)).partition("Ben joined")[2]


@pytest.mark.parametrize("charset", ["ISO-8859-1", "latin1", '"windows-1252"'])
async def test_an_old_encoding_is_read_where_it_is_named(scene: Scene, charset: str) -> None:
    for kind, body in (("text/plain", b"Gr\xfc\xdfe"), (FORM, b"text=Gr%FC%DFe")):
        written = (f"{kind}; charset={charset}", body)
        await send(scene.ben, f"{scene.path}/messages", written, 201)
    assert (await said(scene)).count("Ben: Grüße") == 2


async def test_who_puts_is_told_to_post(scene: Scene) -> None:
    for path in (f"{scene.path}/messages", "/rooms", "/join", f"{scene.path}/edits"):
        answer = await scene.ben.ask("PUT", path, CURL, body=b"hello")
        assert answer.status == 405
        assert "--data-binary @- in the place of -T" in answer.text
        assert "POST" in answer.headers["Allow"]


async def test_what_is_coded_is_said_to_be_so_to_programs(scene: Scene) -> None:
    for path in (f"{scene.path}/messages", f"{scene.path}/edits", "/join"):
        answer = await scene.ben.ask(
            "POST", path, PROGRAM, body=b"text=Hi", headers={"Content-Encoding": "gzip"}
        )
        assert answer.status == 415
        assert answer.json["error"]["reason"] == "unsupported-coding"
        assert answer.headers["Accept-Encoding"] == "identity"
