"""Checks what is typed before it leaves the prompt, so that no text is lost to a refusal."""

from typing import Final

from prompt_toolkit.document import Document
from prompt_toolkit.validation import ValidationError, Validator

from ephemera.domain.errors import Invalid
from ephemera.domain.texts import read_text

_SENTENCES: Final = {
    "too-long": "A message has at most 4,000 characters.",
    "too-many-lines": "A message has at most 100 lines.",
}


def is_text(words: str) -> bool:
    """Tell whether these are words: a shell hands over bytes, which may be none."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


class Sendable(Validator):
    """Lets pass what the room will take, and an empty line, which is nothing."""

    def validate(self, document: Document) -> None:
        """Raise `ValidationError` with a sentence; the text stays in the prompt."""
        try:
            read_text(document.text)
        except Invalid as invalid:
            if sentence := _SENTENCES.get(invalid.problem):
                raise ValidationError(len(document.text), sentence) from None
