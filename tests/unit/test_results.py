"""Executing notebooks and writing the table of results."""

import csv

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers.core.errors import LabError
from helpers.series import notebooks, results


@pytest.fixture
def two(tmp_path):
    """A notebook that works and one that fails, not yet executed."""
    paths = []
    for name, source in (("00-works", "6 * 7"), ("01-fails", "raise ValueError('a | b')")):
        path = tmp_path / f"{name}.ipynb"
        notebooks.write(path, new_notebook(cells=[new_code_cell(source)]))
        paths.append(path)
    return paths


def test_a_table_is_written_and_a_failure_is_reported(two, tmp_path, capsys):
    folder = tmp_path / "results"

    status = results.run([str(path) for path in two], write=False, folder=folder)

    assert status == 1
    rows = list(csv.reader((folder / "results.csv").open()))
    assert [row[0] for row in rows] == ["notebook", "00-works.ipynb", "01-fails.ipynb"]
    assert rows[1][3] == "" and rows[2][3] == "ValueError: a | b"
    table = (folder / "results.md").read_text().splitlines()
    assert table[0] == "| notebook | cells | seconds | error |" and r"a \| b" in table[3]
    said = capsys.readouterr().err
    assert "✓ 00-works · 1 cells" in said and "✗ 01-fails" in said
    assert all(notebooks.read(path).cells[0].execution_count is None for path in two)


def test_notebooks_that_worked_are_saved_in_their_committed_form(two, tmp_path):
    results.run([str(path) for path in two], write=True, folder=tmp_path / "results")

    works, fails = map(notebooks.read, two)
    assert works.cells[0].outputs[0].data["text/plain"] == "42"
    assert fails.cells[0].execution_count is None
    assert two[0].read_text() == notebooks.text(notebooks.normalised(works))


def test_an_unknown_notebook_is_reported_before_any_is_executed(tmp_path):
    with pytest.raises(LabError, match="'no-such'"):
        results.run(["no-such"], write=False, folder=tmp_path / "results")
    assert not (tmp_path / "results").exists()
