"""What can go wrong between a terminal and a room.

::

    Mistake          ends the command; its message is one sentence for the person
    ├── Gone         no such room any more, or not with this token
    │   └── Removed  a host has shown the member out
    └── Refused      the server will not take this, now or later
        └── Unsure   leaving would end or hand over something: are we sure?
    TooFast          a rate is exceeded: nothing was taken, try again after `seconds`
    Unreached        perhaps it arrived, perhaps not: try again, with the same key
"""


class Mistake(Exception):
    """The command ends here; the message is one sentence for the person."""


class Gone(Mistake):
    """There is no such room, as far as this token may know."""

    def __init__(
        self,
        sentence: str = "There is no such room any more, or this token opens no seat in it.",
    ) -> None:
        super().__init__(sentence)


class Removed(Gone):
    """The seat has ended, and we have heard how: by whom, as a sentence names them, if at all."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by or 'A host'} has removed you from the room. You cannot come back.")


class Refused(Mistake):
    """The server understood and said no."""


class Unsure(Refused):
    """The server asks whether we are sure; `answer` says that we were asked."""

    def __init__(self, sentence: str, answer: str) -> None:
        super().__init__(sentence)
        self.answer = answer


class TooFast(Exception):
    """The server took nothing and asks to wait `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Unreached(Exception):
    """No answer that settles anything; `sentence` says so, `seconds` is what the server asked."""

    def __init__(self, sentence: str, seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.seconds = seconds
