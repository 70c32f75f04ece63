"""Atomic writes."""

import pytest

from helpers.core import atomic


def test_a_write_makes_the_folder_and_replaces_the_old_file(tmp_path):
    path = tmp_path / "new" / "x"
    for data in (b"one", b"two"):
        atomic.write(path, data)
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["x"]


def test_a_failed_write_leaves_no_file(tmp_path):
    with pytest.raises(TypeError):
        atomic.write(tmp_path / "x", None)
    assert list(tmp_path.iterdir()) == []
