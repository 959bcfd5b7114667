"""What hosts do to the ways in: lock, code, revocations, admissions."""

from collections.abc import Callable, Mapping

from ephemera.domain.codes import new_code
from ephemera.domain.commands import Answer, Lock, Revoke, Rotate
from ephemera.lobby.lobby import Seated
from ephemera.web.requests import ON_OR_OFF, read_choice, read_id


def lock(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Lock]:
    """`POST /lock`: let the code admit nobody, or again (`state` off)."""
    locked = read_choice(fields, "state", ON_OR_OFF, default=True)
    return lambda at: Lock(at=at, member_id=seated.member.id, locked=locked)


def rotation(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Rotate]:  # noqa: ARG001 - its form is empty
    """`POST /code`: put a new code in the place of the old one."""
    return lambda at: Rotate(at=at, member_id=seated.member.id, code=new_code(seated.room.id))


def revocation(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Revoke]:
    """`POST /revocations`: take an `invitation` back."""
    invitation = read_id(fields, "invitation")
    return lambda at: Revoke(at=at, member_id=seated.member.id, invitation=invitation)


def admission(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Answer]:
    """`POST /admissions`: let somebody in whose `knock` that is, or not (`answer` decline)."""
    knock = read_id(fields, "knock")
    admit = read_choice(fields, "answer", {"admit": True, "decline": False}, default=True)
    return lambda at: Answer(at=at, member_id=seated.member.id, knock=knock, admit=admit)
