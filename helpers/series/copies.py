"""Copies the lessons for a learner: without answers, and kept as they are once the learner works
in them, also when the series changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from nbformat import NotebookNode

from helpers.core import names
from helpers.core.errors import LabError
from helpers.series import notebooks

FOLDER = names.ROOT / "my-notebooks"
"""Beside the series' own folder, so that `../samples` works in both."""

GIVEN = "shrink"
"""Notebook metadata of a copy: a digest of the cells that it was given with."""


def give(folder: Path = FOLDER, *, series: Path = notebooks.FOLDER) -> list[Path]:
    """Puts a copy of each lesson, without outputs, into a learner's folder.

    folder  where; it is made when it is missing
    series  the committed notebooks

    A copy that nobody has run or edited follows its lesson; any other is left as it is. Returns
    the copies that were left although their lesson has changed.

    Raises LabError where the folder can't be written.
    """
    left = []
    for lesson in notebooks.find(folder=series):
        if lesson.parent != series:
            continue
        fresh = _blank(notebooks.read(lesson))
        copy = folder / lesson.name
        if copy.exists() and not _is_as_given(copy):
            left += [copy] if _given(copy) != _cells(fresh) else []
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            copy.write_text(notebooks.text(fresh), encoding="utf-8")
        except OSError as error:
            raise LabError(
                f"Your copy {str(copy)!r} can't be written ({error.strerror}): see to the folder's "
                "permissions and to the space on the disk."
            ) from None
    return left


def _blank(lesson: NotebookNode) -> NotebookNode:
    blank = notebooks.normalised(lesson)
    for cell in blank.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    blank.metadata[GIVEN] = {"given": _cells(blank)}
    return blank


def _is_as_given(copy: Path) -> bool:
    """Whether nobody has run or edited it. JupyterLab may have saved it in another form."""
    try:
        notebook = notebooks.read(copy)
    except LabError:
        return False
    ran = any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    return not ran and _given(copy) == _cells(notebook)


def _given(copy: Path) -> str:
    try:
        return notebooks.read(copy).metadata.get(GIVEN, {}).get("given", "")
    except LabError:
        return ""


def _cells(notebook: NotebookNode) -> str:
    """A digest of what the cells say."""
    said = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
