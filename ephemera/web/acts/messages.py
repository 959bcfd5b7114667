"""What members do to messages: deletions, reactions."""

from collections.abc import Callable, Mapping
from typing import Final, get_args

from ephemera.domain.commands import Delete, React
from ephemera.domain.rooms import Sign
from ephemera.lobby.lobby import Seated
from ephemera.web.requests import read_choice, read_message_number

SIGNS: Final[tuple[Sign, ...]] = get_args(Sign)
_SIGNS: Final[Mapping[str, Sign | None]] = {**{sign: sign for sign in SIGNS}, "none": None}


def deletion(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], Delete]:
    """`POST /deletions`: take a `message` back."""
    message = read_message_number(fields)
    return lambda at: Delete(at=at, member_id=seated.member.id, message=message)


def reaction(seated: Seated, fields: Mapping[str, str]) -> Callable[[float], React]:
    """`POST /reactions`: put a `sign` on a `message`, or take one's own off (none)."""
    message = read_message_number(fields)
    sign = read_choice(fields, "sign", _SIGNS)
    return lambda at: React(at=at, member_id=seated.member.id, message=message, sign=sign)
