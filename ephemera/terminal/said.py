"""The first words of what was said lately: a reaction is shown with those it is about."""

from typing import Final

from ephemera.domain.events import first_line
from ephemera.terminal.events import Event, kind_of, list_of, own_id, text_of, texts_of

MOST_REMEMBERED: Final = 200
"""Messages: a room lets no older ones be changed."""
MOST_CHARACTERS: Final = 40


class Said:
    """Learns from events; what was taken back is forgotten here too."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def learn(self, event: Event) -> None:
        """Note what the event says about messages."""
        match kind_of(event):
            case "resync":
                self._words = {}
                for kept in list_of(event, "events"):
                    self.learn(kept)
            case "message-posted":
                self._note(own_id(event), text_of(event, "text"))
            case "message-edited" if text_of(event, "message") in self._words:
                self._note(text_of(event, "message"), text_of(event, "text"))
            case "message-deleted" | "messages-expired":
                for gone in (text_of(event, "message"), *texts_of(event, "messages")):
                    self._words.pop(gone, None)

    def about(self, event: Event) -> str:
        """Return how the message begins that the event is about; nothing when it is not known."""
        return self._words.get(text_of(event, "message"), "")

    def _note(self, message: str, text: str) -> None:
        if not message:
            return
        line = first_line(text)
        cut = line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"
        self._words[message] = cut
        while len(self._words) > MOST_REMEMBERED:
            del self._words[next(iter(self._words))]
