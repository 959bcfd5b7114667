"""What hosts do to members: removals, mutes, hosts."""

from collections.abc import Callable, Mapping

from ephemera.domain.codes import new_code
from ephemera.domain.commands import Appoint, Mute, Remove, Resign
from ephemera.lobby.lobby import Seated
from ephemera.web.requests import ON_OR_OFF, YES_OR_NO, read_choice, read_id


def removal(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Remove]:
    """`POST /removals`: show a `member` out; the code changes unless `keep_code` says yes."""
    by, target = seated.member.id, read_id(fields, "member")
    keep_code = read_choice(fields, "keep_code", YES_OR_NO, default=False)
    code = None if keep_code else new_code(seated.room.id)
    return lambda at: Remove(at=at, member_id=by, target=target, code=code)


def mute(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Mute]:
    """`POST /mutes`: let a `member` speak no more, or again (`state` off)."""
    by, target = seated.member.id, read_id(fields, "member")
    muted = read_choice(fields, "state", ON_OR_OFF, default=True)
    return lambda at: Mute(at=at, member_id=by, target=target, muted=muted)


def appointment(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Appoint]:
    """`POST /hosts`: make a `member` a host, in one's own place if `stay` says no."""
    by, target = seated.member.id, read_id(fields, "member")
    stay = read_choice(fields, "stay", YES_OR_NO, default=True)
    return lambda at: Appoint(at=at, member_id=by, target=target, stay=stay)


def resignation(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Resign]:  # noqa: ARG001 - its form is empty
    """`POST /resignations`: be a host no more."""
    return lambda at: Resign(at=at, member_id=seated.member.id)
