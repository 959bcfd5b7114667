"""The kinds there are of something."""

from typing import TypeVar

T = TypeVar("T")


def all_below(kind: type[T]) -> set[type[T]]:
    """Return all dataclasses that are of that kind."""
    # A dataclass with slots is made twice; the one without stays behind as a subclass.
    below = {one for one in kind.__subclasses__() if "__slots__" in vars(one)}
    return below.union(*(all_below(one) for one in below))
