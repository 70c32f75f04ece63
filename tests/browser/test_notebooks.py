"""Every notebook, opened as it is committed, and then run, as a learner does."""

import pytest

from helpers import names

NOTEBOOKS = sorted(path.name for path in (names.ROOT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_has_no_holes_unrun_and_no_errors_when_it_was_run(lab, name):
    lab.open(f"notebooks/{name}")
    assert not lab.holes(), "as it is committed"
    lab.run_all(seconds=180)
    assert not lab.errors()
    assert not lab.holes(), "after it was run"
