"""The due index: which room must be looked at next, and when."""


class Deadlines:
    """One deadline for each room; whatever is done with one costs O(log rooms), at worst, too.

    A deadline only ever moves earlier until it is taken: to look at a room too
    early costs one look, while to move its deadline back at every sign of life
    would cost a move in the heap each.

    The heap knows where each room stands in it. So nothing of a room that was
    dropped is left over, and no leftovers have to be cleared away all at once.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._index: dict[str, int] = {}

    def advance(self, room_id: str, due: float) -> None:
        """Make `due` the room's deadline if it has none or a later one."""
        place = self._index.get(room_id)
        if place is None:
            self._heap.append((due, room_id))
            self._rise(len(self._heap) - 1)
        elif due < self._heap[place][0]:
            self._heap[place] = due, room_id
            self._rise(place)

    def drop(self, room_id: str) -> None:
        """Forget the room's deadline."""
        place = self._index.pop(room_id, None)
        if place is None:
            return
        last = self._heap.pop()
        if place < len(self._heap):
            self._heap[place] = last
            self._rise(place)
            self._sink(self._index[last[1]])

    def take(self, now: float, most: int) -> list[str]:
        """Remove and return at most so many rooms whose deadline has passed, oldest first."""
        taken: list[str] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < most:
            taken.append(self._heap[0][1])
            self.drop(taken[-1])
        return taken

    def _rise(self, place: int) -> None:
        """Let what stands at the place rise above everything that is due later."""
        heap, index, risen = self._heap, self._index, self._heap[place]
        while place and risen < heap[parent := (place - 1) // 2]:
            heap[place] = heap[parent]
            index[heap[place][1]] = place
            place = parent
        heap[place] = risen
        index[risen[1]] = place

    def _sink(self, place: int) -> None:
        """Let what stands at the place sink below everything that is due earlier."""
        heap, index, sunk = self._heap, self._index, self._heap[place]
        while children := heap[2 * place + 1 : 2 * place + 3]:
            child = 2 * place + 1 + (children[-1] < children[0])
            if sunk <= heap[child]:
                break
            heap[place] = heap[child]
            index[heap[place][1]] = place
            place = child
        heap[place] = sunk
        index[sunk[1]] = place
