"""A clock whose hands a test turns."""


class FakeClock:
    """Tells the time that the test has set: seconds since the epoch."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += seconds
