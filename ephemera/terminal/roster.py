"""Who is in the room, as far as its events tell."""

from dataclasses import dataclass, replace

from ephemera.terminal.events import Event, kind_of, list_of, text_of


@dataclass(frozen=True, slots=True)
class Person:
    """A member, as everybody in the room may see them."""

    id: str
    nickname: str
    role: str = "member"
    away: bool = False


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
                    self._note(_person(member, "id", away=member.get("away") is True))
            case "member-left":
                self._people.pop(text_of(event, "member"), None)
            case "member-joined" | "member-returned":
                self._note(_person(event, "member"))
            case "member-went-away":
                self._note(_person(event, "member", away=True))
            case "host-changed":
                self._crown(_person(event, "member"))

    def _note(self, person: Person) -> None:
        if person.id:
            self._people[person.id] = person

    def _crown(self, host: Person) -> None:
        everyone = self._people.items()
        self._people = {key: replace(person, role="member") for key, person in everyone}
        was_away = host.id in self._people and self._people[host.id].away
        self._note(replace(host, role="host", away=was_away))


def _person(fields: Event, key: str, *, away: bool = False) -> Person:
    role = "host" if text_of(fields, "role") == "host" else "member"
    return Person(text_of(fields, key), text_of(fields, "nickname"), role, away)
