"""Events applied to a view that is behind make the view that a fresh client gets."""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ephemera.domain.commands import Appoint, Mute, Remove
from ephemera.domain.errors import Refusal
from ephemera.domain.log import Entry, Snapshot
from tests.support.readers import JSON
from tests.support.rooms import Storey, a_storey, at_once

GUESTS = ("Ada", "Ben", "Cleo", "Dora")
WISHES: Final = {"mute": Mute, "appoint": Appoint, "remove": Remove}
steps = st.lists(
    st.tuples(
        st.sampled_from(("join", "post", "leave", "beat", "time", "mute", "appoint", "remove")),
        st.integers(0, len(GUESTS) - 1),
    ),
    max_size=25,
)


class Moment(NamedTuple):
    """The room as it was after some event, and its log."""

    snapshot: Snapshot
    log: Sequence[Entry]


def whole(moment: Moment) -> bytes:
    return JSON.resync(moment.snapshot, moment.log, "en")


def lines_of(entries: Sequence[Entry]) -> bytes:
    return b"".join(JSON.entry(entry, "en") for entry in entries)


class View:
    """What a program knows that reads JSON lines."""

    def __init__(self) -> None:
        self.members: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []

    def read(self, lines: bytes) -> "View":
        for line in lines.splitlines():
            self.apply(json.loads(line))
        return self

    def apply(self, line: dict[str, Any]) -> None:
        match line["event"]:
            case "resync":
                self.members = {member["id"]: member for member in line["members"]}
                self.events = line["events"]
                return
            case "member-joined":
                self.seat(line, away=False)
            case "member-left" | "member-removed":
                del self.members[line["member"]]
            case "member-went-away":
                self.seat(line, away=True)
            case "member-returned":
                self.seat(line, away=False)
            case "host-changed":
                self.members[line["member"]] |= {"role": line["role"], "muted": False}
            case "member-muted" | "member-unmuted":
                self.members[line["member"]]["muted"] = line["event"] == "member-muted"
        self.events.append(line)

    def seat(self, line: dict[str, Any], *, away: bool) -> None:
        known = self.members.get(line["member"], {"muted": False})
        self.members[line["member"]] = {
            "id": line["member"],
            "nickname": line["nickname"],
            "role": line["role"],
            "away": away,
            "muted": line.get("muted", known["muted"]),
        }


def live(storey: Storey, plan: Sequence[tuple[str, int]]) -> list[Moment]:
    """Let a room live as planned; return every moment of it."""
    ada = at_once(storey.open())
    here = {0: ada}
    moments: list[Moment] = []

    def remember() -> None:
        snapshot, log = at_once(storey.load(ada)), at_once(storey.engine.read(ada.room.id, None))
        if snapshot and log:
            moments.append(Moment(snapshot, log))

    remember()
    for what, who in plan:
        try:
            if what == "join":
                old = here.get(who)
                here[who] = at_once(storey.join(ada, GUESTS[who], held=old.token if old else None))
            elif what == "time":
                storey.clock.turn(20)
                at_once(storey.reaper.reap_due())
            elif who in here and what in WISHES:
                at_once(storey.act(ada, WISHES[what](target=here[who].member.id)))
            elif who in here and what == "beat":
                at_once(storey.presence.renew(ada.room.id, here[who].member.id))
            elif who in here:
                at_once(storey.post(here[who], what) if what == "post" else storey.leave(here[who]))
        except Refusal:
            continue
        remember()
    return moments


@settings(max_examples=300, deadline=None)
@given(steps, st.data())
def test_a_view_that_caught_up_is_the_view_of_a_fresh_client(
    plan: Sequence[tuple[str, int]], data: st.DataObject
) -> None:
    moments = live(a_storey(), plan)
    old, new = moments[data.draw(st.integers(0, len(moments) - 1))], moments[-1]
    stale = View().read(whole(old))
    missed = [e for e in new.log if e.sequence > old.snapshot.room.sequence]
    caught_up = stale.read(lines_of(missed))
    fresh = View().read(whole(new))
    assert caught_up.members == fresh.members
    assert caught_up.events == fresh.events


@settings(max_examples=100, deadline=None)
@given(steps)
@example([("join", 1), ("mute", 1), ("leave", 1), ("join", 1)])
def test_a_log_that_is_whole_tells_everything_from_nothing(
    plan: Sequence[tuple[str, int]],
) -> None:
    new = live(a_storey(), plan)[-1]
    replayed = View().read(lines_of(new.log))
    assert new.log[0].sequence == 1
    assert replayed.members == View().read(whole(new)).members
