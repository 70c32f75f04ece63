"""A learner's copies of the lessons: what is in them, and when they are replaced."""

import nbformat
import pytest

from helpers.core.errors import LabError
from helpers.series import copies, notebooks


@pytest.fixture
def series(tmp_path):
    """A series with one lesson that was executed, and its solution."""
    folder = tmp_path / "notebooks"
    (folder / "solutions").mkdir(parents=True)
    lesson(folder, "print(1)")
    notebooks.write(folder / "solutions" / "00.ipynb", nbformat.v4.new_notebook())
    return folder


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "my-notebooks"


def lesson(folder, source):
    output = nbformat.v4.new_output("stream", text="1\n")
    code = nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
    code.metadata["tags"] = ["raises-exception"]
    text = nbformat.v4.new_markdown_cell("# 00 Start")
    notebook = nbformat.v4.new_notebook(cells=[text, code])
    notebooks.write(folder / "00-start.ipynb", notebook)


def edit(copy, **changes):
    notebook = notebooks.read(copy)
    notebook.cells[1].update(changes)
    copy.write_text(notebooks.text(notebook))


def source(copy):
    return notebooks.read(copy).cells[1].source


def test_a_copy_has_everything_but_the_answers(series, mine):
    assert copies.give(mine, series=series) == []
    assert [path.name for path in mine.iterdir()] == ["00-start.ipynb"]
    notebook = notebooks.read(mine / "00-start.ipynb")
    code = notebook.cells[1]
    assert (code.source, code.outputs, code.execution_count) == ("print(1)", [], None)
    assert code.metadata["tags"] == ["raises-exception"]
    nbformat.validate(notebook)


def test_a_copy_that_nobody_used_follows_its_lesson(series, mine):
    copies.give(mine, series=series)
    lesson(series, "print(2)")
    assert copies.give(mine, series=series) == []
    assert source(mine / "00-start.ipynb") == "print(2)"


@pytest.mark.parametrize(
    "change",
    [{"source": "print(3)"}, {"execution_count": 1}],
    ids=["edited", "run"],
)
def test_a_copy_that_was_used_stays_and_is_named_when_its_lesson_changes(series, mine, change):
    copies.give(mine, series=series)
    copy = mine / "00-start.ipynb"
    edit(copy, **change)
    before = copy.read_bytes()
    assert copies.give(mine, series=series) == []
    lesson(series, "print(2)")
    assert copies.give(mine, series=series) == [copy]
    assert copy.read_bytes() == before


def test_a_file_that_cannot_be_read_is_left_alone(series, mine):
    mine.mkdir()
    copy = mine / "00-start.ipynb"
    copy.write_text("not JSON")
    assert copies.give(mine, series=series) == [copy]
    assert copy.read_text() == "not JSON"


def test_a_folder_that_cannot_be_written_is_named(series, mine):
    mine.write_text("a file")
    with pytest.raises(LabError, match=r"my-notebooks.*can't be written"):
        copies.give(mine, series=series)


def test_the_series_itself_can_be_copied(mine):
    copies.give(mine)
    lessons = [path.name for path in notebooks.find(folder=mine)]
    assert lessons == [p.name for p in notebooks.find() if p.parent == notebooks.FOLDER]
