"""What happened in a room, gone through event by event: nothing in it may have been forbidden."""

from collections.abc import Sequence

from ephemera.domain import events as e
from ephemera.domain.events import Event
from ephemera.domain.log import Entry
from ephemera.domain.rooms import Member

ACTS_OF_HOSTS = (
    e.RoomLocked,
    e.RoomUnlocked,
    e.CodeRotated,
    e.OptionsChanged,
    e.InvitationIssued,
    e.InvitationRevoked,
    e.HostResigned,
)


class Audit:
    """Follows a room from its first event, and complains of the first that should not be."""

    def __init__(self) -> None:
        self.capacity = 0
        self.locked = False
        self.members: dict[str, Member] = {}
        self.removed: dict[str, int] = {}
        """The sequence at which each of the removed members was."""
        self.posted: dict[int, str] = {}
        self.admitted = False
        self.ended = False

    def go_through(self, entries: Sequence[Entry]) -> "Audit":
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
        for entry in entries:
            assert not self.ended
            event = entry.event
            assert event.actor is None or event.actor in self.members or _sits_down(event), event
            self._doors(event)
            self._powers(entry.sequence, event)
            self._words(entry.sequence, event)
            self.admitted = isinstance(event, e.KnockEnded) and event.reason == "admitted"
            if isinstance(event, e.RoomWiped):
                self.ended, self.members = True, {}
        assert self.ended or any(one.role == "host" for one in self.members.values())
        return self

    def _doors(self, event: Event) -> None:
        match event:
            case e.RoomOpened(options=options) | e.OptionsChanged(options=options):
                self.capacity = options.capacity
                assert len(self.members) <= self.capacity
            case e.RoomLocked() | e.RoomUnlocked():
                assert self.locked != isinstance(event, e.RoomLocked)
                self.locked = isinstance(event, e.RoomLocked)
            case e.MemberJoined(member=member, invitation=invitation):
                assert not self.locked or invitation or self.admitted
                assert member.id not in self.members
                self.members[member.id] = member
                assert len(self.members) <= self.capacity
            case e.MemberLeft(member=member):
                del self.members[member.id]
            case e.MemberWentAway(member=member) | e.MemberReturned(member=member):
                assert member.id in self.members
            case _:
                pass

    def _powers(self, sequence: int, event: Event) -> None:
        if isinstance(event, ACTS_OF_HOSTS):
            assert self.members[event.member.id].role == "host"
        match event:
            case e.MemberRemoved(member=member, by=by):
                assert self.members[by.id].role == "host"
                assert self.members.pop(member.id).role == "member"
                self.removed[member.id] = sequence
            case e.MemberMuted(member=member, by=by) | e.MemberUnmuted(member=member, by=by):
                assert self.members[by.id].role == "host"
                assert self.members[member.id].role == "member"
                self.members[member.id] = member
            case e.HostChanged(member=member) | e.HostResigned(member=member):
                assert not member.muted or member.role == "member"
                self.members[member.id] = member
            case e.RoomWiped(reason="closed", member=member):
                assert member
                assert self.members[member.id].role == "host"
            case _:
                pass

    def _words(self, sequence: int, event: Event) -> None:
        match event:
            case e.MessagePosted(member_id=member_id):
                assert not self.members[member_id].muted
                self.posted[sequence] = member_id
            case e.MessageEdited(message=message, member_id=member_id):
                assert self.posted[message] == member_id
                assert not self.members[member_id].muted
            case e.MessageDeleted(message=message, by=by):
                author = self.posted.pop(message)
                assert author == by.id or self.members[by.id].role == "host"
            case e.RoomRestored():
                self.posted.clear()
            case _:
                pass


def _sits_down(event: Event) -> bool:
    return isinstance(event, e.MemberJoined)
