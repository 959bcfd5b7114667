"""Letters written from right to left are look-alikes too: the table has them between marks."""

import pytest

from ephemera.domain.nicknames import faces, read_nickname


@pytest.mark.parametrize("posing", ["B\u05e1b", "B\u0665b", "B\u0647b"])
def test_a_right_to_left_letter_cannot_pose_as_a_latin_one(posing: str) -> None:
    assert read_nickname(posing) == posing, "premise: such a nickname may be chosen at all"
    assert faces(posing) & faces("Bob")


def test_different_right_to_left_nicknames_do_not_meet() -> None:
    assert not faces("\u05d3\u05e0\u05d4") & faces("\u05e8\u05e0\u05d4")  # Dana and Rena
