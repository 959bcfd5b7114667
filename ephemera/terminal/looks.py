"""How a room looks in a terminal: a colour for each member, notices dim, times local."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from ephemera.domain.terminals import named, quoted, speaker, terminal_safe
from ephemera.domain.texts import ACTION
from ephemera.terminal.events import Event, inline, kind_of, number_of, text_of, within
from ephemera.terminal.roster import Person

Fragments = list[tuple[str, str]]
"""Pairs of a style and a text, as prompt_toolkit shows them."""

HUES: Final = (
    "#6185c8",
    "#359b75",
    "#af6ca0",
    "#908930",
    "#1f93b8",
    "#9076be",
    "#be6879",
    "#69954f",
)
"""The hues of the web (static/css/00-tokens.css) at oklch 62 % 0.11: read on light and on dark."""

STYLE: Final = Style.from_dict(
    {
        **{f"hue{number}": f"{colour} bold" for number, colour in enumerate(HUES)},
        "time": "ansibrightblack",
        "notice": "ansibrightblack italic",
        "bottom-toolbar": "noreverse ansibrightblack",
    }
)

_MEMBER: Final = re.compile(r"p([0-9]{1,9})")


def color_depth(environ: Mapping[str, str] = os.environ) -> ColorDepth | None:
    """Return how many colours the terminal says it has; None leaves it to prompt_toolkit."""
    if environ.get("NO_COLOR"):  # https://no-color.org
        return ColorDepth.DEPTH_1_BIT
    is_true = environ.get("COLORTERM", "") in ("truecolor", "24bit")
    return ColorDepth.DEPTH_24_BIT if is_true else None


def shown(event: Event, words: str = "") -> Fragments:
    """Return the event as a line, in the server's words; nothing when it has none.

    `words` begin the message that it is about, if that is known.
    """
    match kind_of(event):
        case "message-posted" | "message-edited":
            return _message(event)
        case "message-reacted":
            told = _reaction(event, words)
        case _:
            told = text_of(event, "line")
    return [_time(event), *notice(inline(told))] if told else []


def notice(sentence: str) -> Fragments:
    """Return a line that is not of any member."""
    return [("class:notice", f"* {terminal_safe(sentence)}\n")]


def roster(people: Iterable[Person], me: str | None) -> Fragments:
    """Return who is there, each on a line."""
    lines: Fragments = []
    for person in people:
        marks = {
            "host": person.role == "host",
            "away": person.away,
            "muted": person.muted,
            "you": person.id == me,
        }
        told = ", ".join(mark for mark, holds in marks.items() if holds)
        lines.append(("", "  "))
        lines.append((f"class:hue{hue_of(person.id)}", speaker(inline(person.nickname))))
        lines.append(("class:notice", f" ({told})\n" if told else "\n"))
    return lines


def duration(seconds: float) -> str:
    """Return the grace of a room in words, in its largest unit."""
    for unit, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= unit:
            number = int(seconds // unit)
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    return "as long as the room's grace says"


def hue_of(member_id: str) -> int:
    """Return which of the eight colours is the member's, the same as on the web."""
    number = _MEMBER.fullmatch(member_id)
    return int(number[1]) % len(HUES) if number else 0


def _message(event: Event) -> Fragments:
    text = terminal_safe(text_of(event, "text"))
    return [
        _time(event),
        (
            f"class:hue{hue_of(text_of(event, 'member'))}",
            speaker(inline(text_of(event, "nickname"))),
        ),
        ("class:notice", _quote(event) + _marks(event)),
        ("", ": "),
        ("", f"{ACTION}{text}\n" if event.get("action") is True else f"{text}\n"),
    ]


def _reaction(event: Event, words: str) -> str:
    """Return what a reaction comes to: the server does not repeat which message it is about."""
    who, sign = named(inline(text_of(event, "nickname"))), text_of(event, "sign")
    about = f" to {quoted(inline(words))}" if words else ""
    told = f"{who} reacted{about}: {sign}"
    return told if sign else ""


def _quote(event: Event) -> str:
    """Return what is told of a reply: whom it answers, and the line that was quoted."""
    reply = within(event, "reply")
    if not reply:
        return ""
    words = text_of(reply, "text")
    told = f": {quoted(inline(words))}" if words else ", whose words are gone"
    return f" (to {named(inline(text_of(reply, 'nickname')))}{told})"


def _marks(event: Event) -> str:
    """Return what has become of a message: that it was edited, and the signs on it."""
    is_edited = event.get("edited") is True or kind_of(event) == "message-edited"
    signs = Counter(sign for sign in within(event, "reactions").values() if isinstance(sign, str))
    counted = (f"{inline(sign)} {number}" for sign, number in signs.items())
    marks = [*(["edited"] if is_edited else []), *counted]
    return f" ({', '.join(marks)})" if marks else ""


def _time(event: Event) -> tuple[str, str]:
    try:
        local = datetime.fromtimestamp(number_of(event, "at"), UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return ("", "")
    return ("class:time", f"{local:%H:%M} ") if "at" in event else ("", "")
