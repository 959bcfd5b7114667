"""What the keys of a room are called: all in one hash slot, so that one script may touch them all.

The tag between the braces is what the engine hashes
(https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags): the
partition of a room, which its code begins with.
"""

from typing import Final, NamedTuple

from ephemera.domain.codes import partition_of

LAYOUT: Final = "ephemera:layout"
"""Says how the keys are laid out, and that they are ours."""
SWEPT: Final = "ephemera:swept"
"""When somebody last looked for rooms that are due, and by which time: see `timing.Swept`."""


class Keys(NamedTuple):
    """The keys of one room.

    `room` and `log` are hashes of pieces and of entries, `leases` one of "<seen_at> <until>" by
    member id; `gone` remembers for a while that the room was wiped. `room` is the name of its
    channel, too.
    """

    room: str
    leases: str
    log: str
    gone: str
    due: str
    taken: str


def keys_of(room_id: str) -> Keys:
    """Return the keys of the room of that id."""
    tag = partition_of(room_id)
    due, taken = due_in(tag)
    return Keys(
        room=f"ephemera:{{{tag}}}:room:{room_id}",
        leases=f"ephemera:{{{tag}}}:leases:{room_id}",
        log=f"ephemera:{{{tag}}}:log:{room_id}",
        gone=f"ephemera:{{{tag}}}:gone:{room_id}",
        due=due,
        taken=taken,
    )


def due_in(partition: str) -> tuple[str, str]:
    """Return the keys of the partition's index of what is due, and of what is being looked at."""
    return f"ephemera:{{{partition}}}:due", f"ephemera:{{{partition}}}:taken"


def key_of_code(code: str) -> str:
    """Return the key that holds the id of the room which the code admits to."""
    return f"ephemera:{{{code[:1]}}}:code:{code}"


def key_of_budget(budget: str) -> str:
    """Return the key of a budget: in whatever slot it falls."""
    return f"ephemera:budget:{budget}"


def room_of_channel(channel: str) -> str:
    """Return the id of the room whose channel that is."""
    return channel.rsplit(":", 1)[1]
