"""Whose names nobody else may take: of who is here, and of the newest who were (ADR 0035).

Each face of a name leads to the digest of the token that the name belongs to. The faces of one
name stand side by side, in the order in which the names were taken or given up; each name has one
face that begins with `fold:`, and it comes first.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from ephemera.domain.nicknames import faces
from ephemera.domain.rooms import MOST_FORMER_NAMES

_FIRST: Final = "fold:"


def reserving(reserved: Mapping[str, str], nickname: str, digest: str) -> dict[str, str]:
    """Return the reserved faces with those of the nickname at the end."""
    own = dict.fromkeys(sorted(faces(nickname)), digest)
    return {**{face: holder for face, holder in reserved.items() if face not in own}, **own}


def newest_names(reserved: Mapping[str, str], here: Iterable[str]) -> Mapping[str, str]:
    """Return the reserved faces without the oldest names, unless those are of somebody `here`.

    Whatever outsiders can run up must run down again: a room is never full of names.
    """
    if sum(face.startswith(_FIRST) for face in reserved) <= MOST_FORMER_NAMES:
        return reserved
    kept = {face for nickname in here for face in faces(nickname)}
    former = [face for face in reserved if face not in kept]
    names = [place for place, face in enumerate(former) if face.startswith(_FIRST)]
    gone = set(former[: names[-MOST_FORMER_NAMES]]) if len(names) > MOST_FORMER_NAMES else set()
    return {face: digest for face, digest in reserved.items() if face not in gone}
