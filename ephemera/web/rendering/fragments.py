"""The one renderer of everything that is HTML: pages, fragments, and what streams carry."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, Final, get_args

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup, escape

from ephemera.clock import shown
from ephemera.domain.codes import show_code
from ephemera.domain.cursors import message_id
from ephemera.domain.decide.messages import EDIT_SECONDS
from ephemera.domain.events import first_line
from ephemera.domain.links import links_in
from ephemera.domain.log import LOG_EVENTS
from ephemera.domain.pasted import read_pasted
from ephemera.domain.presence import GUEST_SECONDS
from ephemera.domain.rooms import (
    GRACES,
    INVITATION_SECONDS,
    KNOCK_SECONDS,
    LEAST_SEATS,
    MOST_FORMER_NAMES,
    MOST_SEATS,
    USUAL_INVITATION_SECONDS,
    VANISHINGS,
    Options,
    Sign,
)
from ephemera.domain.texts import ACTION, MOST_CHARACTERS
from ephemera.web.rendering.choices import chosen_length, people, seats
from ephemera.web.rendering.endings import ENDINGS
from ephemera.web.rendering.languages import CATALOGUES, Sentence, duration, in_days, plural_forms
from ephemera.web.rendering.sentences import sentence_of, sign_name
from ephemera.web.rendering.site import Site
from ephemera.web.rendering.stencils import Stencil, hole

_HUES: Final = 8
_STATED: Final[dict[str, Any]] = {
    "edit_seconds": EDIT_SECONDS,
    "graces": GRACES,
    "guest_seconds": GUEST_SECONDS,
    "invitation_seconds": INVITATION_SECONDS,
    "knock_seconds": KNOCK_SECONDS,
    "least_seats": LEAST_SEATS,
    "log_events": LOG_EVENTS,
    "most_characters": MOST_CHARACTERS,
    "most_former_names": MOST_FORMER_NAMES,
    "most_seats": MOST_SEATS,
    "slash_me": ACTION,
    "signs": get_args(Sign),
    "usual": Options(),
    "usual_invitation_seconds": USUAL_INVITATION_SECONDS,
    "vanishings": VANISHINGS,
}
"""What the templates say of choices and limits, as the domain has it."""


class Fragments:
    """Renders templates. Synchronous: a fragment takes some 25 µs, its async twin 200.

    There is an environment for each language, but what a template is compiled to is the same.
    """

    def __init__(self, folder: Path, asset: Callable[[str], str], site: Site = Site()) -> None:
        self._loader = FileSystemLoader(folder)
        self._compiled = _Compiled()
        self._asset = asset
        self.site = site
        self._environments: dict[str, Environment] = {}

    def render(self, name: str, /, locale: str, **context: Any) -> str:  # noqa: ANN401 - templates take anything
        """Return the template of that name, rendered in the language of that locale."""
        environment = self._environments.get(locale) or self._speaking(locale)
        return environment.get_template(name).render(context)

    def stencil(self, name: str, /, locale: str, **context: Any) -> Stencil:  # noqa: ANN401 - and so do stencils
        """Return the template as a stencil; what is filtered is a hole of its own, as `at|iso`."""
        marking = (self._environments.get(locale) or self._speaking(locale)).overlay()
        marking.filters = marking.filters | {
            each: partial(_filtered, each) for each in ("clock", "hue", "iso", "linkify", "shown")
        }
        return Stencil(marking.get_template(name).render(context))

    def compile_all(self) -> None:
        """Compile every template now: a fault must stop the start, and nothing is read later."""
        for locale in CATALOGUES:
            environment = self._speaking(locale)
            for name in self._loader.list_templates():
                template = environment.get_template(name)
                # Each rendering copies them, and a chain of mappings is slow to copy.
                template.globals = dict(template.globals)

    def _speaking(self, locale: str) -> Environment:
        """Return a new environment of that language: the one to render with from now on."""
        environment = self._environments[locale] = Environment(
            loader=self._loader,
            bytecode_cache=self._compiled,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            extensions=["jinja2.ext.i18n"],
        )
        catalogue = CATALOGUES[locale]
        environment.install_gettext_callables(  # type: ignore[attr-defined] # of the extension
            catalogue.gettext, catalogue.ngettext, newstyle=True
        )
        environment.globals |= _STATED | {
            "asset": self._asset,
            "site": self.site,
            "locale": locale,
            "forms": partial(plural_forms, locale),
        }
        environment.filters |= _FILTERS
        return environment


class _Compiled(BytecodeCache):
    """What each template was compiled to: an environment that is new need not do it again."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what there is."""
        bucket.code = self._code.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        assert bucket.code  # noqa: S101 # it was just compiled
        self._code[bucket.key] = bucket.code


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
    """Tell whether the word of an invitation is in it; never whether it opens anything."""
    return read_pasted(typed).word is not None


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
    """Return the link set apart: no letter around it decides in which order its own are read."""
    return f'<a href="{url}" target="_blank" rel="noopener noreferrer nofollow" dir="ltr">{url}</a>'


def _shown(tell: Callable[[Any], Sentence | None]) -> Callable[[Context, Any], Markup]:
    """Return the filter that shows what is told of something, in the language of the page."""

    @pass_context
    def show(context: Context, something: Any) -> Markup:  # noqa: ANN401 - of whatever it tells
        sentence = tell(something)
        assert sentence  # noqa: S101 # a page says only what has one
        return sentence.html(context["locale"])

    return show


_FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "by_sign": by_sign,
    "chosen_length": _shown(chosen_length),
    "clock": lambda at: clock(shown(at)),
    "duration": _shown(duration),
    "ended": _shown(ENDINGS.get),
    "first_line": first_line,
    "hue": hue,
    "is_word": is_word,
    "in_days": _shown(in_days),
    "iso": lambda at: iso(shown(at)),
    "linkify": linkify,
    "message_id": message_id,
    "people": _shown(people),
    "seats": _shown(seats),
    "sentence": _shown(sentence_of),
    "show_code": show_code,
    "shown": shown,
    "sign_name": _shown(sign_name),
}
