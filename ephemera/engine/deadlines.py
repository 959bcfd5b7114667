"""The due index: which room must be looked at next, and when."""

from bisect import bisect_left, insort
from math import inf, nextafter


class Deadlines:
    """One deadline for each room, in order.

    A deadline only ever moves earlier until it is taken: to look at a room too
    early costs one look, while to move its deadline back at every sign of life
    would cost a move in the order each. Nothing of a room that was dropped is
    left over.
    """

    def __init__(self) -> None:
        self._index: dict[str, float] = {}
        self._order: list[tuple[float, str]] = []

    def advance(self, room_id: str, due: float) -> None:
        """Make `due` the room's deadline if it has none or a later one."""
        if due < self._index.get(room_id, inf):
            self.drop(room_id)
            self._index[room_id] = due
            insort(self._order, (due, room_id))

    def drop(self, room_id: str) -> None:
        """Forget the room's deadline."""
        due = self._index.pop(room_id, None)
        if due is not None:
            del self._order[bisect_left(self._order, (due, room_id))]

    def take(self, now: float, most: int) -> list[str]:
        """Remove and return at most so many rooms whose deadline has passed, oldest first."""
        end = min(most, bisect_left(self._order, (nextafter(now, inf), "")))
        taken = [room_id for _, room_id in self._order[:end]]
        del self._order[:end]
        for room_id in taken:
            del self._index[room_id]
        return taken
