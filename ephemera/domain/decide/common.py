"""What the rules share: whom they mean, and that whoever shows life is here."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeVar

from ephemera.domain.commands import Act, Command
from ephemera.domain.errors import Invalid, MemberGone, NotOverHosts
from ephemera.domain.events import Event, MemberReturned, Secret
from ephemera.domain.rooms import Member, Room

Facts = Iterable[Event | Secret]
RULES: Final[dict[type[Command | Act], Callable[..., Facts]]] = {}
"""What comes of each command, and of what a member does: whoever writes a rule has put it here."""
_Rule = TypeVar("_Rule", bound=Callable[..., Facts])


def rule_of(wish: type[Command | Act]) -> Callable[[_Rule], _Rule]:
    """Mark the rule of a command, `(room, command, now)`, or of an act, `(room, by, act, now)`."""

    def kept(rule: _Rule) -> _Rule:
        RULES[wish] = rule
        return rule

    return kept


def ordinal(name: str, given: str, prefix: str, newest: int) -> int:
    """Return the number in an id such as `p2`; `Invalid` for one that never was in this room."""
    number = given.removeprefix(prefix)
    if not (given.startswith(prefix) and number.isascii() and number.isdigit()):
        raise Invalid(name, "unknown")
    if number.startswith("0") or len(number) > len(str(newest)) or int(number) > newest:
        raise Invalid(name, "unknown")
    return int(number)


def meant(room: Room, target: str) -> Member | None:
    """Return the member of that id; None when their seat is gone.

    Raises `Invalid` for an id that never was in this room.
    """
    ordinal("member", target, "p", room.admitted)
    return room.member(target)


def subject(room: Room, target: str) -> Member | None:
    """Return whom a host wants to have power over; see `meant`. Raises `NotOverHosts`."""
    member = meant(room, target)
    if member and member.role == "host":
        raise NotOverHosts
    return member


def present(member: Member | None) -> Member:
    """Return the member. Raises `MemberGone` when there is none."""
    if member is None:
        raise MemberGone
    return member


def returns(member: Member, now: float) -> Facts:
    """Whoever shows life is here."""
    if member.away_since is not None:
        yield MemberReturned(at=now, member=replace(member, away_since=None))
