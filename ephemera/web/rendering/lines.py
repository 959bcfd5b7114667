"""Lines of the log as HTML; a plain message, words and no more, as most are, by a stencil."""

from dataclasses import fields
from operator import attrgetter
from types import SimpleNamespace
from typing import Final

from markupsafe import Markup, escape

from ephemera.clock import shown
from ephemera.domain.events import MessagePosted
from ephemera.domain.log import Entry
from ephemera.web.rendering.fragments import Fragments, clock, hue, iso, linkify
from ephemera.web.rendering.languages import ENGLISH
from ephemera.web.rendering.stencils import hole

_TOLD: Final = {"member_id": "member", "nickname": "nickname", "text": "text", "at": "at"}
"""What the stencil knows of a message: its fields, and their holes."""


class PlainMessage:
    """A template that shows an entry, for messages without reply, reactions and the like.

    Whatever else there is to a message of the `kind`, its words are all only while that is as it is
    by default: a field of which this has never heard leaves the message to the template.
    """

    def __init__(
        self, fragments: Fragments, template: str, kind: type[MessagePosted] = MessagePosted
    ) -> None:
        rest = {field.name: field.default for field in fields(kind) if field.name not in _TOLD}
        self._kind = kind
        self._rest = attrgetter(*rest)
        self._usual = tuple(rest.values())
        event = SimpleNamespace(
            name=kind.name, **rest, **{field: hole(name) for field, name in _TOLD.items()}
        )
        entry = SimpleNamespace(event=event, line=hole("line"), has_line=True)
        self._stencil = fragments.stencil(template, ENGLISH, entry=entry)

    def fits(self, entry: Entry) -> bool:
        """Tell whether the entry is a message of nothing but words."""
        return isinstance(entry.event, self._kind) and self._rest(entry.event) == self._usual

    def render(self, entry: Entry) -> str | None:
        """Return the entry as the template shows it, or nothing if it holds more than words."""
        event = entry.event
        if not isinstance(event, self._kind) or self._rest(event) != self._usual:
            return None
        at = shown(event.at)
        return self._stencil.fill(
            {
                "line": str(entry.sequence),
                "member": event.member_id,
                "member|hue": hue(event.member_id),
                "nickname": escape(event.nickname),
                "at|shown": str(at),
                "at|iso": iso(at),
                "at|clock": clock(at),
                "text|linkify": linkify(event.text),
            }
        )


class Lines:
    """The lines of a page, in the log and in the endless document alike."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._plain = PlainMessage(fragments, "events/_line.html")

    def render(self, entry: Entry, locale: str) -> Markup:
        """Return the line of an entry that has one."""
        html = self._plain.render(entry)
        if html is None:
            html = self._fragments.render("events/_line.html", locale, entry=entry)
        return Markup(html)  # noqa: S704 - the templates have escaped what was typed

    def speak(self, entry: Entry) -> bool:
        """Tell whether there are words of ours in the line."""
        return not self._plain.fits(entry)
