"""The composer: the message form, fresh or with what was typed and why it was refused."""

import secrets
from collections.abc import Mapping
from typing import Any

from ephemera.domain.errors import Invalid, Refusal
from ephemera.domain.events import Quote
from ephemera.lobby.idempotency import MOST_KEY_CHARACTERS
from ephemera.lobby.lobby import Seated
from ephemera.lobby.talk import Talk
from ephemera.web.rendering import refusals
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.rendering.languages import ENGLISH
from ephemera.web.rendering.stencils import Stencil, hole
from ephemera.web.routes.requests import Draft, read_message_number


def new_key() -> str:
    """Return a key for a form: by it a retry is known, and nobody can guess it."""
    return secrets.token_urlsafe(18)


def blank_composer(reply: Quote | None = None) -> dict[str, Any]:
    """Return the context of a fresh composer; its key makes a retry the same message."""
    return {"key": new_key(), "text": "", "error": "", "reply": reply}


class BlankComposer:
    """The blank composer as a fragment, rendered once in each language: two things in it differ."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._stencils: dict[str, Stencil] = {}
        self._cut(ENGLISH)

    def render(self, room_id: str, locale: str) -> str:
        """Return a composer for the room, with a key of its own."""
        stencil = self._stencils.get(locale) or self._cut(locale)
        return stencil.fill({"room": room_id, "key": new_key()})

    def _cut(self, locale: str) -> Stencil:
        context = {**blank_composer(), "room": {"id": hole("room")}, "key": hole("key")}
        stencil = self._fragments.stencil("rooms/_composer.html", locale, **context)
        self._stencils[locale] = stencil
        return stencil


async def asked_composer(talk: Talk, seated: Seated, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of a fresh composer, for a `reply` when the query asks for one.

    What cannot be replied to (any more) is no reason to show no composer.
    """
    try:
        number = read_message_number(query, "reply")
    except Invalid:
        return blank_composer()
    return blank_composer(await talk.quote(seated, number))


def kept_composer(
    draft: Draft, refusal: Refusal, reply: Quote | None, locale: str
) -> dict[str, Any]:
    """Return the context of a composer that keeps what was typed, and says why.

    It keeps the key too, unless that is what was wrong.
    """
    kept = {"key": draft.key} if draft.key and len(draft.key) <= MOST_KEY_CHARACTERS else {}
    return {
        **blank_composer(reply),
        **kept,
        "text": draft.text,
        "error": refusals.sentence(refusal, locale),
    }
