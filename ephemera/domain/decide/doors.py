"""The ways in: the code, which can be locked and rotated, and invitations."""

from dataclasses import replace

from ephemera.domain.commands import ComeBack, Invite, Join, Lock, Revoke, Rotate
from ephemera.domain.decide.common import Facts, ordinal, rule_of
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
from ephemera.domain.rooms import (
    INVITATION_SECONDS,
    MOST_INVITATIONS,
    MOST_SEATS,
    Invitation,
    Member,
    Room,
)


@rule_of(Join)
def join(room: Room, command: Join, now: float) -> Facts:
    """Take a seat; or knock, where one asks before entering and nobody has invited them."""
    waiting = room.knock_of(command.digest)
    asks = room.options.ask and command.word is None
    if room.holder_of(command.digest) or (waiting and asks):
        return
    invitation = _way_in(room, command, now)
    if not {command.digest, command.previous}.isdisjoint(room.banned):
        raise Removed
    check_space(room)
    waiting = waiting or room.knock_of(command.previous or "")
    if waiting and not asks:
        ended = KnockEnded(at=now, knock=waiting, reason="withdrawn")
        yield ended
        room = evolve(room, ended)
    check_nickname(room, command)
    if asks:
        yield from knock(room, command, now)
    else:
        yield from seat(room, "member", command, now, invitation)


@rule_of(ComeBack)
def come_back(room: Room, command: ComeBack, now: float) -> Facts:
    """Take a place again that was lost, as who one was; or knock, where one asks."""
    lapsed = room.lapse_of(command.previous)
    if lapsed is None:
        raise NoSuchRoom
    joining = Join(
        nickname=lapsed.member.nickname,
        digest=command.digest,
        code=room.code,
        previous=command.previous,
    )
    yield from join(room, joining, now)


def _way_in(room: Room, command: Join, now: float) -> Invitation | None:
    """Return what is left of the invitation they came by, or None for the code."""
    if command.word is not None:
        invitation = room.invitation_of(command.word, now)
        if invitation is None:
            raise WrongCode
        return replace(invitation, uses=invitation.uses - 1)
    if command.code != room.code:
        raise WrongCode
    if room.locked:
        raise Locked
    return None


@rule_of(Lock)
def lock(room: Room, by: Member, act: Lock, now: float) -> Facts:
    """Let the code admit nobody, or again."""
    if room.locked != act.locked:
        fact = RoomLocked if act.locked else RoomUnlocked
        yield fact(at=now, member=by)


@rule_of(Rotate)
def rotate(_room: Room, by: Member, act: Rotate, now: float) -> Facts:
    """Put another code in the place of the room's; invitations end with the old one."""
    yield CodeRotated(at=now, member=by, code=act.code)


@rule_of(Invite)
def invite(room: Room, by: Member, act: Invite, now: float) -> Facts:
    """Issue an invitation. Its word is told to nobody but the host who asked.

    A word opens once: whoever sends the same form again when its invitation is
    over (a browser does, to show the page again) must not open it again.
    """
    if not 1 <= act.uses < MOST_SEATS:
        raise Invalid("uses", "out-of-range")
    if act.seconds not in INVITATION_SECONDS:
        raise Invalid("lasts", "not-a-choice")
    if room.invitation_of(act.digest, now):
        return
    if act.digest in room.words.values():
        raise InvitationGone
    open_ = [one for one in room.invitations if now < one.expires_at]
    if len(open_) >= MOST_INVITATIONS:
        raise TooManyInvitations
    expires_at = now + act.seconds
    invitation = Invitation(f"i{room.invited + 1}", act.uses, expires_at)
    yield InvitationIssued(at=now, member=by, invitation=invitation)
    yield InvitationKept(invitation.id, act.digest)


@rule_of(Revoke)
def revoke(room: Room, by: Member, act: Revoke, now: float) -> Facts:
    """Close an invitation; one that is closed already stays so."""
    ordinal("invitation", act.invitation, "i", room.invited)
    invitation = room.invitation(act.invitation)
    if invitation:
        yield InvitationRevoked(at=now, member=by, invitation=invitation)
