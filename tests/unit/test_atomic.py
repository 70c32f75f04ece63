"""Files that are written whole or not at all."""

import pytest

from helpers.core import atomic


def test_a_file_takes_the_place_of_another_and_its_folder_is_made(tmp_path):
    path = tmp_path / "new" / "x"
    for data in (b"one", b"two"):
        atomic.write(path, data)
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["x"]


def test_a_file_that_can_not_be_written_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        atomic.write(tmp_path / "x", None)
    assert list(tmp_path.iterdir()) == []
