"""The composer: the message form, fresh or with what was typed and why it was refused."""

import secrets
from typing import Any

from ephemera.web.requests import MOST_KEY_CHARACTERS


def new_key() -> str:
    """Return a key for a form: by it a retry is known, and nobody can guess it."""
    return secrets.token_urlsafe(18)


def blank_composer() -> dict[str, Any]:
    """Return the context of a fresh composer; its key makes a retry the same message."""
    return {"key": new_key(), "text": "", "error": ""}


def kept_composer(text: str, key: str | None, error: str) -> dict[str, Any]:
    """Return the context of a composer that keeps what was typed, and says why.

    It keeps the key too, unless that is what was wrong.
    """
    kept = {"key": key} if key and len(key) <= MOST_KEY_CHARACTERS else {}
    return {**blank_composer(), **kept, "text": text, "error": error}
