"""Checks a committed notebook against the house rules, and says which it breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nbformat import NotebookNode

from helpers.series.notebooks import normalised, text


@dataclass(frozen=True)
class Template:
    """What every notebook of a kind must have.

    title     how its first line begins; `{number}` is the number in its file's name
    headings  `##` headings, in this order; others may stand between them
    guides    whether it says how long it takes, and asks for predictions
    """

    title: str
    headings: tuple[str, ...] = ()
    guides: bool = False


LESSON = Template(
    "# {number} ", ("What you will learn", "Questions", "Exercise", "Next"), guides=True
)
SOLUTION = Template("# Solution of exercise {number}")

TIME = re.compile(r"^Time: about \d+ minutes?\b", re.MULTILINE)
PREDICT, REACT = "**Predict.**", "**What just happened.**"

BY_HAND = re.compile(r"""\.measured\(\s*(?:"[^"]*"|'[^']*'|[\d_.]+)\s*\)""")
"""An answer that was typed in and not measured."""

SWITCHES = ("nbval-skip", "nbval-ignore-output", "pytest-validate-ignore-output")
"""Tags that switch nbval off for a cell. As comments they are in capitals, with `_`."""


def problems(path: Path, notebook: NotebookNode) -> list[str]:
    """The house rules that a notebook breaks, a sentence each. Its folder decides its template."""
    template = SOLUTION if path.parent.name == "solutions" else LESSON
    return [*_form(notebook), *_executions(notebook), *_template(path, notebook, template)]


def _form(notebook: NotebookNode) -> Iterator[str]:
    if text(notebook) != text(normalised(notebook)):
        yield "It is not in its committed form: `python3 -m helpers run --write NN` gives it that."
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            if re.search(r"<[^>]+\sid=", html):
                yield f"{_named(cell)} has HTML with an id, which may differ each time."
            words = "".join(map(str, [html, output.get("data", {}).get("text/plain", "")]))
            if re.search(r"\b(at )?0x[0-9a-f]{8,}\b", words):
                yield f"{_named(cell)} shows an address in memory: give its value a text."


def _executions(notebook: NotebookNode) -> Iterator[str]:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "Its code cells were not all executed in order: nbval compares no others."
    for cell in code:
        announced = "raises-exception" in cell.metadata.get("tags", [])
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised != announced:
            yield (
                f"{_named(cell)} ends with an error and isn't tagged raises-exception."
                if raised
                else f"{_named(cell)} is tagged raises-exception and raises nothing."
            )
        comments = [
            line.strip("# \t") for line in cell.source.splitlines() if line.strip()[:1] == "#"
        ]
        as_tags = [comment.lower().replace("_", "-") for comment in comments]
        used = [s for s in SWITCHES if s in as_tags or s in cell.metadata.get("tags", [])]
        if used and not any(tag not in SWITCHES for tag in as_tags):
            yield f"{_named(cell)} is kept from nbval ({used[0]}) and no comment in it says why."


def _template(path: Path, notebook: NotebookNode, template: Template) -> Iterator[str]:
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = template.title.format(number=path.name[:2])
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith(title):
        yield f"It does not begin with its title (`{title}...`)."
    titles = re.findall(r"^# ", prose, re.MULTILINE)
    if len(titles) > 1:
        yield f"It has {len(titles)} titles (`# ...`)."
    sections = re.findall(r"^## (.+?)\s*$", prose, re.MULTILINE)
    there = [section for section in sections if section in template.headings]
    if there != list(template.headings):
        yield f"Its headings are {there}, and the template has {list(template.headings)}."
    yield from _exercise(path, notebook)
    if template.guides:
        if not TIME.search(prose):
            yield "No line says how long it takes (`Time: about 12 minutes.`)."
        yield from _predictions(notebook)
        yield from _asked(path, notebook)


def _predictions(notebook: NotebookNode) -> Iterator[str]:
    """A prediction comes before a code cell, and a reaction after it in the same section."""
    steps = [step for cell in notebook.cells for step in _steps(cell)]
    if not any(step.startswith(PREDICT) for step in steps):
        yield f"Nothing is predicted ({PREDICT})."
    open_, code = "", True
    for step in [*steps, "## "]:
        if step == "code":
            code = True
        elif step.startswith(PREDICT):
            if open_ and not code:
                yield f"No code cell follows `{open_}`"
            open_, code = step, False
        elif step.startswith(REACT):
            if not code:
                yield f"No code cell comes before `{step}`"
            open_, code = "", False
        elif open_:
            yield f"Its section ends before {REACT} comes after `{open_}`"
            open_ = ""


def _asked(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """Each prediction can be made and is answered, and the quiz is the notebook's own."""
    cells = notebook.cells
    for cell, after in pairwise(cells):
        question = cell.cell_type == "markdown" and PREDICT in cell.source
        if question and "lab.predict(" not in after.source:
            line = cell.source[cell.source.index(PREDICT) :].splitlines()[0]
            yield f"No `lab.predict(` follows `{line}`"
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    asked, answered = code.count("lab.predict("), code.count(".measured(")
    if asked != answered:
        yield f"Of {asked} predictions {answered} are answered (`.measured(`)."
    for told in BY_HAND.findall(code):
        yield f"`{told}` states by hand what was to be measured, and tells it beforehand."
    if f'lab.quiz("{path.name[:2]}")' not in code:
        yield f'No cell asks its questions (`lab.quiz("{path.name[:2]}")`).'


def _steps(cell: NotebookNode) -> list[str]:
    """The steps in a cell: `code`, or the lines that begin a section, a prediction, a reaction."""
    if cell.cell_type == "code":
        return ["code"]
    begins = ("## ", PREDICT, REACT)
    return [line for line in cell.source.splitlines() if line.startswith(begins)]


def _exercise(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """The exercise is checked under the notebook's own number."""
    wanted = f'lab.check("{path.name[:2]}"'
    if not any(cell.cell_type == "code" and wanted in cell.source for cell in notebook.cells):
        yield f"No cell checks its exercise (`{wanted}, answer)`)."


def _named(cell: NotebookNode) -> str:
    first = cell.source.strip().splitlines()[:1] or ["empty"]
    return f"The cell `{first[0]}`"
