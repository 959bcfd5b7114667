"""What must be so of a room, kept as simply as it can be said, beside the room itself.

The model is told what somebody did and whether it was granted. It knows who sits, who is a host,
who may not speak, who was shown out, which words are gone and which ways lead in.
"""

from dataclasses import dataclass, field

from ephemera.domain.rooms import (
    MOST_CLOSED_INVITATIONS,
    MOST_INVITATIONS,
    MOST_KNOCKS,
    MOST_TRACES,
    Member,
    Room,
)


@dataclass(eq=False)
class Somebody:
    """Whoever ever had a token here: it opens a seat, or may one day, or nothing."""

    token: str
    nickname: str
    member_id: str | None = None
    last_id: str = "p99"
    knock_id: str | None = None
    waits_until: float = 0.0
    is_host: bool = False
    is_muted: bool = False
    is_banned: bool = False


@dataclass
class Way:
    """An invitation: what was promised, and how often it was taken."""

    id: str
    word: str
    uses: int
    until: float
    taken: int = 0
    revoked: bool = False

    def is_open(self, now: float) -> bool:
        return not self.revoked and self.taken < self.uses and now < self.until


@dataclass
class Said:
    """A message: whose it is, the words of now, and until when."""

    author: Somebody
    words: str
    until: float | None
    gone: bool = False


@dataclass
class Model:
    """All of it."""

    people: list[Somebody] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    said: dict[int, Said] = field(default_factory=dict)
    dead_words: set[str] = field(default_factory=set)
    dead_codes: set[str] = field(default_factory=set)
    gone: bool = False

    @property
    def seated(self) -> dict[str, Somebody]:
        return {one.member_id: one for one in self.people if one.member_id}

    @property
    def waiting(self) -> dict[str, Somebody]:
        return {one.knock_id: one for one in self.people if one.knock_id}

    def comes(self, somebody: Somebody, held: Somebody | None) -> None:
        """Somebody has a new token, and perhaps one that they held before."""
        self.people.append(somebody)
        if held:
            somebody.is_muted = held.is_muted  # and whoever shows the older token again is, too
            held.knock_id = None

    def sits(self, somebody: Somebody, member: Member) -> None:
        somebody.member_id = somebody.last_id = member.id
        somebody.nickname, somebody.knock_id = member.nickname, None
        somebody.is_host = member.role == "host"

    def stands_up(self, somebody: Somebody, room: Room | None) -> None:
        """Somebody gave the seat up; if the last host did, one of the others is a host now."""
        was_host, somebody.member_id, somebody.is_host = somebody.is_host, None, False
        left = list(self.seated.values())
        if not left:
            self.ends()
        elif was_host and not any(one.is_host for one in left):
            assert room
            (heir,) = [one for one in room.members if one.role == "host"]
            self.seated[heir.id].is_host = True
            self.seated[heir.id].is_muted = False

    def ends(self) -> None:
        for somebody in self.people:
            somebody.member_id = somebody.knock_id = None
        self.gone = True

    def code_changes(self, old: str) -> None:
        self.dead_codes.add(old)
        for way in self.ways:
            way.revoked = True

    def words_die(self, message: int) -> None:
        self.said[message].gone = True
        self.dead_words.add(self.said[message].words)

    def words_are_lost(self) -> None:
        self.dead_words.update(said.words for said in self.said.values())
        self.said.clear()

    def time_is(self, now: float) -> None:
        """What was to disappear by now has disappeared, and who waited too long waits no more."""
        for somebody in self.waiting.values():
            if somebody.waits_until <= now:
                somebody.knock_id = None
        for message, said in self.said.items():
            if said.until is not None and said.until <= now and not said.gone:
                self.words_die(message)

    def check(self, room: Room, now: float) -> None:
        """Compare the room with what must be so."""
        shown = {one.id: (one.nickname, one.role == "host", one.muted) for one in room.members}
        assert shown == {
            member_id: (one.nickname, one.is_host, one.is_muted)
            for member_id, one in self.seated.items()
        }
        assert len(room.members) <= room.options.capacity
        hosts = [member for member in room.members if member.role == "host"]
        assert hosts
        assert not any(host.muted for host in hosts)
        assert {knock.id for knock in room.knocks} == set(self.waiting) == set(room.knockers)
        assert len(room.knocks) <= MOST_KNOCKS
        assert len(room.turned_away) <= MOST_KNOCKS
        assert len(room.traces) <= MOST_TRACES
        assert set(room.seats) == set(shown)
        assert len(room.banned) == sum(one.is_banned for one in self.people)
        self._check_ways(room, now)
        gone = {message for message, trace in room.traces.items() if trace.gone}
        assert gone == {message for message, said in self.said.items() if said.gone}

    def _check_ways(self, room: Room, now: float) -> None:
        for way in self.ways:
            assert way.taken <= way.uses
        lead_in = {one.id: one.uses for one in room.invitations if now < one.expires_at}
        assert lead_in == {way.id: way.uses - way.taken for way in self.ways if way.is_open(now)}
        assert {one.id for one in room.invitations} <= set(room.words)
        assert len(room.words) <= MOST_INVITATIONS + MOST_CLOSED_INVITATIONS
        assert room.code not in self.dead_codes
