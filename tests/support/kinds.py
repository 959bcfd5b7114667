"""The kinds there are of something."""

from typing import TypeVar

T = TypeVar("T")


def ours(kind: type) -> bool:
    return kind.__module__.startswith("ephemera.")


def all_below(kind: type[T]) -> set[type[T]]:
    """Return all dataclasses of ours that are of that kind; tests make others."""
    # A dataclass with slots is made twice; the one without stays behind as a subclass.
    below = {one for one in kind.__subclasses__() if "__slots__" in vars(one) and ours(one)}
    return below.union(*(all_below(one) for one in below))
