"""The house and the cast, fresh for every test."""

import pytest

from tests.support.cast import House, Scene, set_scene
from tests.support.powers import Stage, set_stage


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def scene(house: House) -> Scene:
    return await set_scene(house)


@pytest.fixture
async def stage(house: House) -> Stage:
    return await set_stage(house)
