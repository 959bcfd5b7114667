"""What can go wrong with a run."""


class BenchError(Exception):
    """A server did not do what it must; the message is one sentence for the report."""


class CountError(BenchError):
    """A reader did not get every message of its room exactly once: the figures mean nothing."""


class TimeIsUpError(Exception):
    """The whole run has used its time; what was measured so far is reported."""
