"""Who runs this site, in the operator's own words: text, and nothing of it is markup."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ephemera.web.rendering.languages import Sentence, said

UNTOLD: Final[Sentence] = said("They have not said who they are. Whoever sent you here may know.")


class Site(NamedTuple):
    """What an operator says of themselves, and the settings in force that pages tell of."""

    name: str = ""
    contact: str = ""
    """An e-mail address, or an https address."""
    banner: str = ""
    text: str = ""
    """Imprint, privacy notice, rules: paragraphs, and headings behind a `#`."""
    lifetime: float = 86_400
    """Seconds after which a room is wiped."""

    @property
    def is_told(self) -> bool:
        """Whether anything is known of who runs it."""
        return bool(self.name or self.contact or self.text)

    @property
    def contact_url(self) -> str:
        """Where the contact is reached."""
        return self.contact if self.contact.startswith("https://") else f"mailto:{self.contact}"

    @property
    def plain(self) -> str:
        """What is known of who runs it, as text."""
        return "\n\n".join(told for told in (self.name, self.contact, self.text.strip()) if told)

    @property
    def pieces(self) -> Iterator[tuple[bool, str]]:
        """The text by its headings, a line each, and its paragraphs; and which of them it is."""
        for piece in self.text.split("\n\n"):
            first, _, rest = piece.strip().partition("\n")
            heading, paragraph = (first, rest) if first.startswith("#") else ("", piece)
            if shown := heading.strip("# "):
                yield True, shown
            if shown := paragraph.strip():
                yield False, shown
