"""Every notebook, opened as it is committed; part one is then run, as a learner does."""

import pytest

from helpers.core import names

NOTEBOOKS = sorted(path.name for path in (names.ROOT / "notebooks").glob("[0-9]*.ipynb"))

PART_ONE = [name for name in NOTEBOOKS if name < "12"]
"""Every kind of view is in these. What the others compute, nbval compares."""


@pytest.mark.parametrize("name", PART_ONE)
def test_a_notebook_has_no_holes_as_it_is_committed_and_when_it_was_run(lab, name):
    lab.open(f"notebooks/{name}")
    assert not lab.holes()
    lab.run_all()
    assert not lab.errors()
    assert not lab.holes()


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name not in PART_ONE])
def test_a_notebook_has_no_holes_as_it_is_committed(lab, name):
    lab.open(f"notebooks/{name}")
    assert not lab.holes()
