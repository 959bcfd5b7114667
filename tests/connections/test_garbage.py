"""The garbage collector leaves alone what lives as long as the process."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from ephemera.server import garbage


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


class Knot:
    """What nothing but the collector frees: it refers to itself."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_loaded_is_not_looked_at_again() -> None:
    loaded = [object(), []]
    garbage.settle()
    assert not any(each is loaded for each in gc.get_objects())
    assert gc.get_freeze_count() > 0


def test_what_comes_later_is_found_when_it_is_garbage() -> None:
    garbage.settle()
    later = weakref.ref(Knot())
    assert later() is not None
    gc.collect()
    assert later() is None


def test_many_objects_may_be_new_before_anybody_looks() -> None:
    garbage.settle()
    assert gc.get_threshold() == (garbage.YOUNG, garbage.OLDER, garbage.OLDEST)
