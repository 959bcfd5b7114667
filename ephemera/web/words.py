"""Lines of the log as HTML; a message that is nothing but words, as most are, by a stencil."""

from types import SimpleNamespace

from markupsafe import Markup, escape

from ephemera.domain.events import MessagePosted
from ephemera.engine.base import Entry
from ephemera.web.fragments import Fragments, clock, hue, iso, linkify
from ephemera.web.stencils import hole


class MessageOfWords:
    """A template that shows an entry, for messages without reply, reactions and the like."""

    def __init__(self, fragments: Fragments, template: str) -> None:
        event = SimpleNamespace(
            name=MessagePosted.name,
            member_id=hole("member"),
            nickname=hole("nickname"),
            text=hole("text"),
            at=hole("at"),
            action=False,
            reply=None,
            expires_at=None,
            edited=False,
            reactions=(),
        )
        entry = SimpleNamespace(event=event, line=hole("line"), has_line=True)
        self._stencil = fragments.stencil(template, entry=entry)

    def render(self, entry: Entry) -> str | None:
        """Return the entry as the template shows it, or nothing if it holds more than words."""
        event = entry.event
        if not isinstance(event, MessagePosted) or _is_more(event) or not entry.has_line:
            return None
        return self._stencil.fill(
            {
                "line": str(entry.sequence),
                "member": event.member_id,
                "member|hue": hue(event.member_id),
                "nickname": escape(event.nickname),
                "at": str(event.at),
                "at|iso": iso(event.at),
                "at|clock": clock(event.at),
                "text|linkify": linkify(event.text),
            }
        )


def _is_more(event: MessagePosted) -> bool:
    return bool(event.action or event.reply or event.expires_at or event.edited or event.reactions)


class Lines:
    """The lines of a page, in the log and in the endless document alike."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._words = MessageOfWords(fragments, "events/_message-posted.html")

    def render(self, entry: Entry) -> Markup:
        """Return the line of an entry that has one."""
        html = self._words.render(entry)
        if html is None:
            html = self._fragments.render(f"events/_{entry.event.name}.html", entry=entry)
        return Markup(html)  # noqa: S704 - the templates have escaped what was typed
