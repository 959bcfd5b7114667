"""Who is in the room, as far as its events tell."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ephemera.terminal.events import Event, kind_of, list_of, text_of

_CHANGES: Final[Mapping[str, Mapping[str, bool]]] = {
    "member-went-away": {"away": True},
    "member-returned": {"away": False},
    "member-muted": {"muted": True},
    "member-unmuted": {"muted": False},
    "host-changed": {"muted": False},  # a host may speak
    "host-resigned": {},
}
"""What is so of a member after these events; the role is in each of them."""


@dataclass(frozen=True, slots=True)
class Person:
    """A member, as everybody in the room may see them."""

    id: str
    nickname: str
    role: str = "member"
    away: bool = False
    muted: bool = False


class Roster:
    """Learns from events."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def __len__(self) -> int:
        return len(self._people)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everyone, in the order in which they joined."""
        return tuple(self._people.values())

    def learn(self, event: Event) -> None:
        """Note what the event says about who is there."""
        match kind_of(event):
            case "resync":
                self._people = {}
                for member in list_of(event, "members"):
                    self._note(_person(member, "id"))
            case "member-left" | "member-removed":
                self._people.pop(text_of(event, "member"), None)
            case "member-joined":
                self._note(_person(event, "member"))
            case kind if kind in _CHANGES:
                self._change(_person(event, "member"), _CHANGES[kind])

    def find(self, member_id: str | None) -> Person | None:
        """Return the member of that id."""
        return self._people.get(member_id) if member_id else None

    def id_of(self, nickname: str) -> str | None:
        """Return the id of whoever is called that: nobody else in a room can be."""
        return next((one.id for one in self.people if one.nickname == nickname), None)

    def _note(self, person: Person) -> None:
        if person.id:
            self._people[person.id] = person

    def _change(self, told: Person, changes: Mapping[str, bool]) -> None:
        known = self._people.get(told.id, told)
        away, muted = changes.get("away", known.away), changes.get("muted", known.muted)
        self._note(replace(told, away=away, muted=muted))


def _person(fields: Event, key: str) -> Person:
    return Person(
        text_of(fields, key),
        text_of(fields, "nickname"),
        "host" if text_of(fields, "role") == "host" else "member",
        away=fields.get("away") is True,
        muted=fields.get("muted") is True,
    )
