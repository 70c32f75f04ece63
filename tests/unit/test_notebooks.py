"""Notebooks are executed in this environment, put into one form, and held to the house rules."""

import copy
import random
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.core import names
from helpers.core.errors import LabError
from helpers.series import notebooks
from helpers.series import rules as notebook_rules


def lesson(*code):
    """A small notebook that keeps every rule once it is executed."""
    cells = [
        new_markdown_cell("# 07 Title\n\nWhy."),
        new_markdown_cell("## What you will learn\n\n- this\n\nTime: about 3 minutes."),
        new_markdown_cell("## Part\n\n**Predict.** What is it?"),
        new_code_cell("# guess = lab.predict()"),
        *map(new_code_cell, code or ["6 * 7"]),
        new_code_cell("# guess.measured(6 * 7)"),
        new_markdown_cell("**What just happened.** It is this."),
        new_markdown_cell("## Questions"),
        new_code_cell('# lab.quiz("07")'),
        new_markdown_cell("## Exercise\n\nMake it."),
        new_code_cell('# lab.check("07", answer)'),
        new_markdown_cell("## Next\n\nThat."),
    ]
    return new_notebook(cells=cells)


@pytest.fixture
def saved(tmp_path):
    """Saves a notebook and gives its path."""

    def save(notebook):
        path = tmp_path / "07-title.ipynb"
        notebooks.write(path, notebook)
        return path

    return save


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The small notebook after it was executed."""
    path = tmp_path_factory.mktemp("executed") / "07-title.ipynb"
    notebooks.write(path, lesson())
    return notebooks.execute(path)


def test_a_notebook_has_progress_of_its_own(saved, tmp_path, monkeypatch):
    mine = tmp_path / "mine.json"
    monkeypatch.setenv(names.PROGRESS_VARIABLE, str(mine))
    notebook = lesson("from helpers.learning import progress\nprogress.keep_exercise('00')")
    assert notebooks.execute(saved(notebook)).error == ""
    assert not mine.exists()


def test_a_notebook_runs_in_this_environment_and_in_its_folder(saved):
    path = saved(lesson("import os, sys; print(sys.prefix); print(os.getcwd())"))
    calls = []

    result = notebooks.execute(path, on_cell=lambda *done: calls.append(done))

    assert result.notebook.cells[4].outputs[0].text == f"{sys.prefix}\n{path.parent}\n"
    assert calls == [(n, 5) for n in range(1, 6)] and result.cells == 5 and not result.error


def test_an_error_that_was_announced_is_a_result(saved):
    notebook = lesson("1 / 0", "'on'")
    notebook.cells[4].metadata["tags"] = ["raises-exception"]

    result = notebooks.execute(saved(notebook))

    assert not result.error and result.cells == 6
    assert result.notebook.cells[4].outputs[0].traceback == ["ZeroDivisionError: division by zero"]
    assert not notebook_rules.problems(result.path, result.notebook)


def test_an_error_that_was_not_announced_ends_the_notebook(saved):
    result = notebooks.execute(
        saved(lesson("from helpers import LabError", "raise LabError('No.')"))
    )

    assert result.error == "LabError: No." and result.cells == 3
    assert result.notebook.cells[-2].execution_count is None


def test_a_cell_that_takes_too_long_is_an_error(saved):
    result = notebooks.execute(saved(lesson("import time; time.sleep(60)")), limit=1)

    assert "timed out" in result.error.lower()


def test_an_interrupt_lets_the_cell_clean_up(saved, tmp_path):
    path = saved(
        lesson(
            "import pathlib, time\n"
            "try:\n    pathlib.Path('begun').touch()\n    time.sleep(60)\n"
            "finally:\n    pathlib.Path('put-away').touch()"
        )
    )
    code = (  # where it hangs, if it does, is in what it says
        "import faulthandler; faulthandler.dump_traceback_later(50, exit=True)\n"
        "from helpers.series import notebooks\n"
        f"notebooks.execute(notebooks.Path({str(path)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=names.ROOT, stderr=subprocess.PIPE)
    while not (tmp_path / "begun").exists() and process.poll() is None:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)

    assert b"\nKeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert (tmp_path / "put-away").exists()


def test_the_same_outputs_give_the_same_bytes(executed, saved):
    again = notebooks.execute(saved(lesson()))
    first = copy.deepcopy(executed.notebook)
    for one, other in zip(first.cells, again.notebook.cells, strict=True):
        one.id = other.id  # a new cell's id is random, and is kept from then on

    assert notebooks.text(first) == notebooks.text(again.notebook)


def test_what_differs_from_run_to_run_is_not_kept():
    widget = {notebooks.WIDGETS: {"model_id": "1a2b"}}
    cell = new_code_cell(
        "x",
        execution_count=17,
        metadata={"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}, "tags": ["kept"]},
        outputs=[
            new_output("stream", name="stdout", text="a"),
            new_output("display_data", data=widget),
            new_output("stream", name="stderr", text="!"),
            new_output("stream", name="stdout", text="b\n"),
            new_output("display_data", data={"text/plain": "title"} | widget),
            new_output("execute_result", data={"text/plain": "1"}, execution_count=17),
            new_output("error", ename="E", evalue="why", traceback=["\x1b[31m/tmp/x.py:3"]),
        ],
    )
    notebook = new_notebook()
    notebook.cells = [cell, copy.deepcopy(cell)]
    notebook.metadata = {"widgets": {"state": {}}, "language_info": {"version": "3.11.7"}}

    result = notebooks.normalised(notebook)

    first, second = result.cells
    assert (first.execution_count, second.execution_count) == (1, 2)
    assert first.id == cell.id and second.id == "cell-01"
    assert first.metadata == {"tags": ["kept"]} and result.metadata == notebooks.METADATA
    assert [o.get("text") or o.get("data") or o.traceback for o in first.outputs] == [
        "ab\n",
        "!",
        {"text/plain": "title"},
        {"text/plain": "1"},
        ["E: why"],
    ]
    assert first.outputs[3].execution_count == 1
    assert notebook.cells[0].execution_count == 17, "the notebook that was given is left as it was"


def some_notebook(chance):
    """Any notebook that Jupyter could leave."""

    def output():
        kind = chance.choice(["stream", "display_data", "execute_result", "error"])
        if kind == "stream":
            return new_output(kind, name=chance.choice(["stdout", "stderr"]), text="a\r\n")
        if kind == "error":
            return new_output(kind, ename="E", evalue="v", traceback=["x"] * chance.randrange(3))
        mimes = ["text/plain", "text/html", "image/png", notebooks.WIDGETS]
        data = dict.fromkeys(chance.sample(mimes, chance.randrange(4)), "x")
        return new_output(kind, data=data, metadata={"image/png": {"width": 3}})

    def cell():
        if chance.random() < 0.4:
            made = new_markdown_cell("*text*")
        else:
            outputs = [output() for _ in range(chance.randrange(5))]
            count = chance.choice([None, 1, 3, 99])
            made = new_code_cell("code\n", execution_count=count, outputs=outputs)
        made.metadata = {"trusted": True, "tags": chance.choice([[], ["a", "b"]])}
        made.id = chance.choice([made.id, "same", "cell-01", "cell-01-again"])
        return made

    metadata = {"kernelspec": {"name": "c", "display_name": "C"}, "widgets": {}, "authors": []}
    made = new_notebook(metadata=metadata)
    made.cells = [cell() for _ in range(chance.randrange(9))]
    return made


@pytest.mark.parametrize("seed", range(60))
def test_the_committed_form_does_not_change_again(tmp_path, seed):
    once = notebooks.normalised(some_notebook(random.Random(seed)))

    nbformat.validate(once)
    assert notebooks.text(notebooks.normalised(once)) == notebooks.text(once)
    assert notebooks.text(once).endswith("}\n") and notebooks.WIDGETS not in notebooks.text(once)
    assert len({cell.id for cell in once.cells}) == len(once.cells)

    path = tmp_path / "n.ipynb"
    notebooks.write(path, once)
    assert path.read_text() == notebooks.text(notebooks.read(path)) == notebooks.text(once)


def test_a_good_lesson_breaks_no_rule(executed):
    assert notebook_rules.problems(executed.path, executed.notebook) == []


def _no_count(notebook):
    notebook.cells[4].execution_count = None


def _swapped(notebook):
    notebook.cells[3].execution_count, notebook.cells[4].execution_count = 2, 1


def _raised(notebook):
    notebook.cells[4].outputs = [new_output("error", ename="E", evalue="", traceback=["E: "])]


def _announced_for_nothing(notebook):
    notebook.cells[4].metadata["tags"] = ["raises-exception"]


def _switched_off(notebook):
    notebook.cells[4].metadata["tags"] = ["nbval-ignore-output"]


def _switched_off_in_a_comment(notebook):
    notebook.cells[4].source = "# NBVAL_SKIP\n6 * 7"


def _html_id(notebook):
    html = {"text/html": '<div class="a" id="b">'}
    notebook.cells[4].outputs = [new_output("display_data", data=html)]


def _address(notebook):
    notebook.cells[4].outputs[0].data["text/plain"] = "<object object at 0x7f89f6a0ff10>"


def _same_ids(notebook):
    notebook.cells[1].id = notebook.cells[0].id


def _other_kernel(notebook):
    notebook.metadata.kernelspec.name = "conda-env"


def _order(notebook):
    notebook.cells[9], notebook.cells[11] = notebook.cells[11], notebook.cells[9]


BREAKS = {
    "not all executed": _no_count,
    "not all executed in order": _swapped,
    "isn't tagged raises-exception": _raised,
    "raises nothing": _announced_for_nothing,
    "kept from nbval (nbval-ignore-output)": _switched_off,
    "kept from nbval (nbval-skip)": _switched_off_in_a_comment,
    "HTML with an id": _html_id,
    "address in memory": _address,
    "not in its committed form": _same_ids,
    "committed form": _other_kernel,
    "the template has": _order,
    "begin with its title": lambda n: n.cells.pop(0),
    "its title (`# 07 ...`)": lambda n: n.cells[0].update(source="# 08 Title"),
    "2 titles": lambda n: n.cells[6].update(source="# More\n\n**What just happened.** It."),
    "how long it takes": lambda n: n.cells[1].update(source="## What you will learn"),
    "Nothing is predicted": lambda n: n.cells[2].update(source="## Part"),
    "section ends before": lambda n: n.cells.pop(6),
    "No code cell comes before": lambda n: n.cells.insert(7, new_markdown_cell(n.cells[6].source)),
    "No code cell follows": lambda n: n.cells.insert(3, new_markdown_cell("**Predict.** And?")),
    "No `lab.predict(` follows": lambda n: n.cells[3].update(source="6 * 7"),
    "1 predictions 0 are answered": lambda n: n.cells[5].update(source="6 * 7"),
    "states by hand": lambda n: n.cells[5].update(source='guess.measured("yes")'),
    'lab.quiz("07"': lambda n: n.cells[8].update(source="answer"),
    'lab.check("07"': lambda n: n.cells[10].update(source="answer"),
}


@pytest.mark.parametrize("says", BREAKS)
def test_each_broken_rule_is_found(executed, says):
    notebook = copy.deepcopy(executed.notebook)
    BREAKS[says](notebook)

    assert any(says in each for each in notebook_rules.problems(executed.path, notebook))


def test_a_comment_may_say_why_a_cell_is_not_compared(executed):
    notebook = copy.deepcopy(executed.notebook)
    notebook.cells[4].source = "# NBVAL_SKIP\n# Its answer is random by design.\n6 * 7"

    assert notebook_rules.problems(executed.path, notebook) == []


def test_a_solution_needs_its_title_and_its_check(executed, tmp_path):
    path = tmp_path / "solutions/07.ipynb"
    title = new_markdown_cell("# Solution of exercise 07")
    solution = new_notebook(cells=[title, executed.notebook.cells[10]])
    solution = notebooks.normalised(solution)

    assert notebook_rules.problems(path, solution) == []
    assert len(notebook_rules.problems(path, notebooks.normalised(new_notebook()))) == 2


def test_notebooks_are_found_by_number_name_or_path(tmp_path, saved):
    path = saved(lesson())
    (tmp_path / "solutions").mkdir()
    solution = tmp_path / "solutions/07.ipynb"
    notebooks.write(solution, lesson())

    assert notebooks.find(folder=tmp_path) == [path, solution]
    assert notebooks.find("07-", folder=tmp_path) == [path]
    assert notebooks.find(str(solution), folder=tmp_path) == [solution]
    with pytest.raises(LabError, match="'99': the numbers are 07"):
        notebooks.find("99", folder=tmp_path)


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"nbformat": 3}', "\xff"])
def test_a_file_that_is_no_notebook_is_an_error(tmp_path, text):
    (tmp_path / "a.ipynb").write_text(text)
    with pytest.raises(LabError, match=r"a\.ipynb can't be read as a notebook"):
        notebooks.read(tmp_path / "a.ipynb")
