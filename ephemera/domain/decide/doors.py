"""The ways in: the code, which can be locked and rotated, and invitations."""

from dataclasses import replace
from typing import Final

from ephemera.domain.commands import ComeBack, Invite, Join, Lock, Revoke, Rotate
from ephemera.domain.decide.common import Facts, host, ordinal, returns
from ephemera.domain.decide.knocks import knock
from ephemera.domain.decide.seats import check_nickname, check_space, seat
from ephemera.domain.errors import (
    Invalid,
    InvitationGone,
    Locked,
    NoSuchRoom,
    Removed,
    TooManyInvitations,
    WrongCode,
)
from ephemera.domain.events import (
    CodeRotated,
    InvitationIssued,
    InvitationKept,
    InvitationRevoked,
    KnockEnded,
    RoomLocked,
    RoomUnlocked,
)
from ephemera.domain.evolve import evolve
from ephemera.domain.rooms import MOST_INVITATIONS, MOST_SEATS, Invitation, Room

INVITATION_SECONDS: Final = (600, 3600, 21_600, 86_400)
"""How long an invitation may be good for; whoever issues it chooses."""


def join(room: Room, command: Join) -> Facts:
    """Take a seat; or knock, where one asks before entering and nobody has invited them."""
    waiting = room.knock_of(command.digest)
    asks = room.options.ask and command.word is None
    if room.holder_of(command.digest) or (waiting and asks):
        return
    invitation = _way_in(room, command)
    if not {command.digest, command.previous}.isdisjoint(room.banned):
        raise Removed
    check_space(room)
    waiting = waiting or room.knock_of(command.previous or "")
    if waiting and not asks:
        ended = KnockEnded(at=command.at, knock=waiting, reason="withdrawn")
        yield ended
        room = evolve(room, ended)
    check_nickname(room, command)
    if asks:
        yield from knock(room, command)
    else:
        yield from seat(room, "member", command, invitation)


def come_back(room: Room, command: ComeBack) -> Facts:
    """Take a place again that was lost, as who one was; or knock, where one asks."""
    lapsed = room.lapse_of(command.previous)
    if lapsed is None:
        raise NoSuchRoom
    joining = Join(
        at=command.at,
        nickname=lapsed.member.nickname,
        digest=command.digest,
        code=room.code,
        previous=command.previous,
    )
    yield from join(room, joining)


def _way_in(room: Room, command: Join) -> Invitation | None:
    """Return what is left of the invitation they came by, or None for the code."""
    if command.word is not None:
        invitation = room.invitation_of(command.word, command.at)
        if invitation is None:
            raise WrongCode
        return replace(invitation, uses=invitation.uses - 1)
    if command.code != room.code:
        raise WrongCode
    if room.locked:
        raise Locked
    return None


def lock(room: Room, command: Lock) -> Facts:
    """Let the code admit nobody, or again."""
    by = host(room, command.member_id)
    if room.locked != command.locked:
        yield from returns(by, command.at)
        fact = RoomLocked if command.locked else RoomUnlocked
        yield fact(at=command.at, member=by)


def rotate(room: Room, command: Rotate) -> Facts:
    """Put another code in the place of the room's; invitations end with the old one."""
    by = host(room, command.member_id)
    yield from returns(by, command.at)
    yield CodeRotated(at=command.at, member=by, code=command.code)


def invite(room: Room, command: Invite) -> Facts:
    """Issue an invitation. Its word is told to nobody but the host who asked.

    A word opens once: whoever sends the same form again when its invitation is
    over (a browser does, to show the page again) must not open it again.
    """
    by = host(room, command.member_id)
    if not 1 <= command.uses < MOST_SEATS:
        raise Invalid("uses", "out-of-range")
    if command.seconds not in INVITATION_SECONDS:
        raise Invalid("lasts", "not-a-choice")
    if room.invitation_of(command.digest, command.at):
        return
    if command.digest in room.words.values():
        raise InvitationGone
    open_ = [one for one in room.invitations if command.at < one.expires_at]
    if len(open_) >= MOST_INVITATIONS:
        raise TooManyInvitations
    yield from returns(by, command.at)
    expires_at = command.at + command.seconds
    invitation = Invitation(f"i{room.invited + 1}", command.uses, expires_at)
    yield InvitationIssued(at=command.at, member=by, invitation=invitation)
    yield InvitationKept(invitation.id, command.digest)


def revoke(room: Room, command: Revoke) -> Facts:
    """Close an invitation; one that is closed already stays so."""
    by = host(room, command.member_id)
    ordinal("invitation", command.invitation, "i", room.invited)
    invitation = room.invitation(command.invitation)
    if invitation:
        yield from returns(by, command.at)
        yield InvitationRevoked(at=command.at, member=by, invitation=invitation)
