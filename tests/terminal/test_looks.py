"""How events look in a terminal, whoever sends them."""

import math
import re
from datetime import UTC, datetime

import pytest
from prompt_toolkit.output import ColorDepth

from ephemera.terminal import looks
from ephemera.terminal.looks import Fragments, color_depth, hue_of, shown
from ephemera.terminal.roster import Person
from ephemera.web.rendering.fragments import hue
from tests.support.server import ROOT

AT = 1_750_000_000.0
CLOCK = f"{datetime.fromtimestamp(AT, UTC).astimezone():%H:%M}"
# Ends a line, clears the screen, sets the title, turns the text round, C1, DEL, half a surrogate.
NASTY = "\r\x1b[2J\x1b]0;title\x07\u202e\x9b31m\x7f\ud800"
HARMLESS = "[2J]0;title31m"


def text_of(lines: Fragments) -> str:
    return "".join(text for _, text in lines)


def a_message(**fields: object) -> dict[str, object]:
    message = {"event": "message-posted", "at": AT, "member": "p2", "nickname": "Ben", "text": "hi"}
    return {**message, **fields}


def test_a_message_has_its_time_its_member_in_colour_and_its_text() -> None:
    assert shown(a_message()) == [
        ("class:time", f"{CLOCK} "),
        ("class:hue2", "Ben"),
        ("class:notice", ""),
        ("", ": "),
        ("", "hi\n"),
    ]


REPLY = {"message": "m-4", "member": "p1", "nickname": "Ada", "text": "Hello\n* Ada left"}


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"action": True}, "Ben: /me hi"),
        ({"edited": True}, "Ben (edited): hi"),
        ({"event": "message-edited", "message": "m-4"}, "Ben (edited): hi"),
        ({"reply": REPLY}, 'Ben (to Ada: "Hello * Ada left"): hi'),
        ({"reply": {**REPLY, "text": ""}}, "Ben (to Ada, whose words are gone): hi"),
        ({"reactions": {"p1": "love", "p2": "yes", "p3": "love"}}, "Ben (love 2, yes 1): hi"),
        ({"reactions": {"p1": 7}, "reply": "Ada", "edited": "yes", "action": 1}, "Ben: hi"),
    ],
)
def test_a_message_shows_what_has_become_of_it(fields: dict[str, object], line: str) -> None:
    assert text_of(shown(a_message(**fields))) == f"{CLOCK} {line}\n"


def test_what_a_member_does_cannot_pass_for_what_another_says() -> None:
    line = text_of(shown(a_message(text="x\nAda: hi", action=True)))
    assert line == f"{CLOCK} Ben: /me x\n  Ada: hi\n"


def test_a_notice_is_in_the_words_of_the_server() -> None:
    event = {"event": "member-muted", "at": AT, "line": "Ada muted Ben."}
    assert text_of(shown(event)) == f"{CLOCK} * Ada muted Ben.\n"


def test_a_reaction_to_a_message_that_is_not_known_is_shown_without_its_words() -> None:
    event = a_message(event="message-reacted", message="m-4", sign="love")
    assert text_of(shown(event)) == f"{CLOCK} * Ben reacted: love\n"


def test_a_reaction_is_shown_with_the_words_it_is_about() -> None:
    event = a_message(event="message-reacted", message="m-4", sign="wow")
    assert text_of(shown(event, "Hello")) == f'{CLOCK} * Ben reacted to "Hello": wow\n'


@pytest.mark.parametrize("name", ["nickname", "sign", "line"])
def test_a_notice_obeys_nothing_that_somebody_chose(name: str) -> None:
    for kind in ("member-removed", "message-reacted"):
        fields = {"line": "Ada removed Ben.", "sign": "yes", name: f"x{NASTY}\n{{name}}"}
        line = text_of(shown(a_message(event=kind, **fields), f"{{name}}{NASTY}"))
        assert line.removesuffix("\n").isprintable()
        assert line.count("\n") == 1


def test_no_text_can_pretend_to_be_the_next_line() -> None:
    assert text_of(shown(a_message(text="a\r\n12:00 Ada: b"))).endswith(": a\n  12:00 Ada: b\n")


def test_a_terminal_shows_what_a_text_holds_and_obeys_none_of_it() -> None:
    assert text_of(shown(a_message(text=f"a{NASTY}b"))) == f"{CLOCK} Ben: a\n  {HARMLESS}b\n"


def test_a_terminal_obeys_no_nickname() -> None:
    line = text_of(shown(a_message(nickname=f"Be{NASTY}n\n* Ada left")))
    assert f"Be {HARMLESS}n * Ada left" in line
    assert line.count("\n") == 1
    assert line.removesuffix("\n").isprintable()


def test_a_terminal_obeys_no_nickname_in_the_roster() -> None:
    line = text_of(looks.roster([Person("p1", f"A{NASTY}\nda", "host")], None))
    assert line == f'  "A {HARMLESS} da" (host)\n'


def test_the_roster_says_who_is_away_muted_and_oneself() -> None:
    ben = Person("p2", "Ben", away=True, muted=True)
    assert text_of(looks.roster([ben], "p2")) == "  Ben (away, muted, you)\n"


def test_no_sentence_of_the_server_is_obeyed() -> None:
    assert text_of(looks.notice(f"no{NASTY}")) == f"* no\n  {HARMLESS}\n"


def test_a_nickname_cannot_pass_for_a_notice() -> None:
    assert text_of(shown(a_message(nickname="* Ada left"))) == f'{CLOCK} "* Ada left": hi\n'


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": "ping"},
        {"event": "poll-opened", "text": "of a later version"},
        {"event": "poll-opened", "line": 7},
        {"event": 7},
        {"event": "member-went-away", "member": "p1", "nickname": "Ada"},
        {"event": "message-reacted", "member": "p1", "nickname": "Ada", "sign": None},
        {"event": "messages-expired", "messages": ["m-4"]},
        {"event": "writing", "member": "p1", "nickname": "Ada"},
    ],
)
def test_what_has_no_line_or_is_not_known_shows_nothing(event: dict[str, object]) -> None:
    assert shown(event) == []


@pytest.mark.parametrize("at", ["noon", None, True, 1e30, float("nan"), float("inf"), []])
def test_a_time_that_is_none_does_no_harm(at: object) -> None:
    assert text_of(shown(a_message(at=at))).endswith("Ben: hi\n")


@pytest.mark.parametrize("number", [1, 2, 7, 8, 9, 16, 200])
def test_a_member_has_the_same_colour_as_on_the_web(number: int) -> None:
    assert str(hue_of(f"p{number}")) == hue(f"p{number}")


@pytest.mark.parametrize("member", ["", "p", "x9", "p-1", "p٣", "p" + "9" * 5_000])
def test_a_member_id_of_another_shape_has_a_colour_too(member: str) -> None:
    assert hue_of(member) == 0


def test_the_colours_are_the_hues_of_the_web() -> None:
    tokens = (ROOT / "static/css/00-tokens.css").read_text(encoding="utf-8")
    hues = re.findall(r'data-hue="(\d)"\] \{ --hue: oklch\([^;]* (\d+)\);', tokens)
    assert [number for number, _ in hues] == [str(number) for number in range(8)]
    assert tuple(srgb(0.62, 0.11, float(degrees)) for _, degrees in hues) == looks.HUES


def test_no_color_is_respected() -> None:
    assert color_depth({"COLORTERM": "truecolor"}) is ColorDepth.DEPTH_24_BIT
    assert color_depth({"COLORTERM": "truecolor", "NO_COLOR": "1"}) is ColorDepth.DEPTH_1_BIT
    assert color_depth({"NO_COLOR": ""}) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "30 seconds"),
        (120, "2 minutes"),
        (3600, "1 hour"),
        (0, "as long as the room's grace says"),
    ],
)
def test_a_grace_is_told_in_words(seconds: float, words: str) -> None:
    assert looks.duration(seconds) == words


def srgb(lightness: float, chroma: float, degrees: float) -> str:
    """Return an oklch colour as sRGB (https://bottosson.github.io/posts/oklab/)."""
    a = chroma * math.cos(math.radians(degrees))
    b = chroma * math.sin(math.radians(degrees))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * gamma(channel)):02x}" for channel in linear)


def gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
