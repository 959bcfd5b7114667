"""How a room is run."""

from dataclasses import asdict, replace

from ephemera.domain.commands import ChangeOptions
from ephemera.domain.decide.common import Facts, rule_of
from ephemera.domain.errors import Invalid
from ephemera.domain.events import OptionsChanged
from ephemera.domain.rooms import GRACES, LEAST_SEATS, MOST_SEATS, VANISHINGS, Member, Options, Room

_FIELDS = tuple(asdict(Options()))


def check(options: Options) -> None:
    """Raise `Invalid` for the first option that no room can have."""
    if not LEAST_SEATS <= options.capacity <= MOST_SEATS:
        raise Invalid("capacity", "out-of-range")
    if options.grace not in GRACES:
        raise Invalid("grace", "not-a-choice")
    if options.newcomers not in ("all", "later"):
        raise Invalid("newcomers", "not-a-choice")
    if options.vanish not in VANISHINGS:
        raise Invalid("vanish", "not-a-choice")


@rule_of(ChangeOptions)
def change(room: Room, by: Member, act: ChangeOptions, now: float) -> Facts:
    """Run the room differently; nobody who sits loses their seat."""
    wanted = {name: getattr(act, name) for name in _FIELDS}
    options = replace(
        room.options, **{name: value for name, value in wanted.items() if value is not None}
    )
    check(options)
    if options.capacity < len(room.members):
        raise Invalid("capacity", "below-taken")
    if options != room.options:
        yield OptionsChanged(at=now, member=by, options=options)
