"""The due index: which room must be looked at next, and when."""

import heapq


class Deadlines:
    """One deadline for each room; advancing and taking cost O(log rooms).

    A deadline only ever moves earlier until it is taken: to look at a room too
    early costs one look, while to move its deadline back at every sign of life
    would cost a heap operation each. A deadline that moves leaves its old entry
    in the heap, which is passed over when its time comes.
    """

    def __init__(self) -> None:
        self._index: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def advance(self, room_id: str, due: float) -> None:
        """Make `due` the room's deadline if it has none or a later one."""
        if due < self._index.get(room_id, float("inf")):
            self._index[room_id] = due
            heapq.heappush(self._heap, (due, room_id))
            self._shed()

    def drop(self, room_id: str) -> None:
        """Forget the room's deadline."""
        self._index.pop(room_id, None)
        self._shed()

    def take(self, now: float, most: int) -> list[str]:
        """Remove and return at most so many rooms whose deadline has passed, oldest first."""
        taken: list[str] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < most:
            due, room_id = heapq.heappop(self._heap)
            if self._index.get(room_id) == due:
                del self._index[room_id]
                taken.append(room_id)
        return taken

    def _shed(self) -> None:
        """Rebuild the heap when most of it is left over: it stays as small as the index."""
        if len(self._heap) > 64 + 4 * len(self._index):
            self._heap = [(due, room_id) for room_id, due in self._index.items()]
            heapq.heapify(self._heap)
