"""An engine that loses a room, as one does that is restarted while its users go on."""

from ephemera.clock import Clock
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.restoring import Restoring


async def lose_and_bring_back(engine: MemoryEngine, room_id: str, clock: Clock) -> None:
    """Let the engine lose the room, and whoever still knows it bring it back."""
    snapshot = await engine.load(room_id)
    assert snapshot
    engine._forget(room_id)
    assert await engine.load(room_id) is None
    engine.clock = clock
    await Restoring(engine).bring_back(snapshot.room)
