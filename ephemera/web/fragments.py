"""The one renderer of everything that is HTML: pages, fragments, and what streams carry."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ephemera.domain.codes import show_code
from ephemera.domain.events import first_line
from ephemera.domain.links import links_in
from ephemera.domain.rooms import GRACES, Options, Sign
from ephemera.domain.words import read_word
from ephemera.web import texts
from ephemera.web.stencils import Stencil, hole

_HUES: Final = 8


class Fragments:
    """Renders templates. Synchronous: a fragment takes some 25 µs, its async twin 200."""

    def __init__(self, folder: Path, asset: Callable[[str], str]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.install_gettext_callables(  # type: ignore[attr-defined] # of the extension
            texts.gettext, texts.ngettext, newstyle=True
        )
        self._environment.globals |= {"asset": asset, "usual": Options(), "graces": GRACES}
        self._environment.filters |= {
            "iso": iso,
            "clock": clock,
            "hue": hue,
            "linkify": linkify,
            "show_code": show_code,
            "duration": texts.duration,
            "first_line": first_line,
            "by_sign": by_sign,
            "sign_name": texts.sign_name,
            "is_word": is_word,
        }

    def render(self, name: str, /, **context: Any) -> str:  # noqa: ANN401 - templates take anything
        """Return the template of that name, rendered."""
        return self._environment.get_template(name).render(context)

    def stencil(self, name: str, /, **context: Any) -> Stencil:  # noqa: ANN401 - as above
        """Return the template as a stencil; what is filtered is a hole of its own, as `at|iso`."""
        return Stencil(self._marking.get_template(name).render(context))

    @cached_property
    def _marking(self) -> Environment:
        """The environment whose filters mark; it has templates of its own, compiled once."""
        marking = self._environment.overlay()
        marking.filters = self._environment.filters | {
            each: partial(_filtered, each) for each in ("clock", "hue", "iso", "linkify")
        }
        return marking

    def compile_all(self) -> None:
        """Compile every template now: a fault must stop the start, and nothing is read later."""
        for name in self._environment.list_templates():
            template = self._environment.get_template(name)
            # Each rendering copies them, and a chain of mappings is slow to copy.
            template.globals = dict(template.globals)


def _filtered(by: str, mark: str) -> Markup:
    return hole(f"{mark.strip(chr(0))}|{by}")


def iso(at: float) -> str:
    """Return a time as ISO 8601 in UTC."""
    return f"{datetime.fromtimestamp(int(at), UTC).replace(tzinfo=None).isoformat()}Z"


def clock(at: float) -> str:
    """Return the time of day in UTC, for those whose browser cannot put it into their own zone."""
    return datetime.fromtimestamp(at, UTC).isoformat()[11:16]


def hue(member_id: str) -> str:
    """Return which of the eight colours is the member's: neighbours never share one."""
    return str(int(member_id[1:]) % _HUES)


def is_word(typed: str) -> bool:
    """Tell whether it has the shape of an invitation's word; never whether it opens anything."""
    return read_word(typed) is not None


def by_sign(reactions: Iterable[tuple[str, Sign]]) -> list[tuple[Sign, list[str]]]:
    """Return the signs on a message, each with the ids of those who put it there."""
    members: dict[Sign, list[str]] = {}
    for member_id, sign in reactions:
        members.setdefault(sign, []).append(member_id)
    return [(sign, members[sign]) for sign in get_args(Sign) if sign in members]


def linkify(text: str) -> Markup:
    """Return the text escaped, with http(s) links made clickable: the first `MOST_LINKS`."""
    links = links_in(text)
    if not links:
        return escape(text)
    parts: list[str] = []
    done = 0
    for start, url in links:
        parts += [escape(text[done:start]), _link(escape(url))]
        done = start + len(url)
    return Markup("".join([*parts, escape(text[done:])]))  # noqa: S704 - each part is escaped


def _link(url: Markup) -> str:
    return f'<a href="{url}" target="_blank" rel="noopener noreferrer nofollow">{url}</a>'
