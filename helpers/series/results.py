"""Executes the series with live progress and writes the tables of results: `results/results.md` and
`.csv`, and beside them the variants' sizes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from helpers import samples
from helpers.core import names
from helpers.series import notebooks
from helpers.series.notebooks import Executed
from helpers.view import facts, units

FOLDER = names.ROOT / "results"

COLUMNS = ("notebook", "cells", "seconds", "error")


def run(wanted: Sequence[str], *, write: bool, folder: Path = FOLDER) -> int:
    """Executes notebooks one after the other.

    wanted  which ones, as for `notebooks.find`; without any: all, and then the sizes of the
            article's variants are measured too
    write   whether those without an error are saved as executed, in the form that is committed

    Returns 0, or 1 where a notebook ended with an error. Raises LabError for an unknown one.
    """
    paths = notebooks.find(*wanted)
    done: list[Executed] = []
    with _progress() as progress:
        for path in paths:
            executed = _execute(path, progress)
            done.append(executed)
            if write and not executed.error:
                notebooks.write(path, executed.notebook)
    folder.mkdir(exist_ok=True)
    _write_executed(done, folder)
    if not wanted:
        _write_variants(folder)
    print(f"The results are in {folder}.")
    return 1 if any(each.error for each in done) else 0


def _progress() -> Progress:
    """Bars on a terminal. Elsewhere only the lines are seen that are printed beside them."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal)


def _execute(path: Path, progress: Progress) -> Executed:
    name = _name(path).removesuffix(".ipynb")
    task = progress.add_task(name, total=None)
    try:
        executed = notebooks.execute(
            path, on_cell=lambda done, total: progress.update(task, completed=done, total=total)
        )
    finally:
        progress.remove_task(task)
    sign = "✗" if executed.error else "✓"
    line = f"{sign} {name} · {executed.cells} cells · {units.seconds(executed.seconds)}"
    progress.console.print(f"{line}\n  {executed.error}" if executed.error else line, markup=False)
    return executed


def _write_executed(done: Sequence[Executed], folder: Path) -> None:
    rows = [(_name(each.path), str(each.cells), f"{each.seconds:.1f}", each.error) for each in done]
    with (folder / "results.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    (folder / "results.md").write_text(_table(COLUMNS, rows), encoding="utf-8")


def _name(path: Path) -> str:
    folder = path.resolve().parent
    return f"solutions/{path.name}" if folder.name == "solutions" else path.name


def _write_variants(folder: Path) -> None:
    """Measures the variants that have a figure in the article."""
    from helpers.lab.facade import Lab

    keys = [variant.key for variant in samples.variants() if variant.article]
    comparison = Lab().compare(*keys)
    comparison.frame.to_csv(folder / "variants.csv", index=False)
    rows = [
        (
            row.variant,
            units.size(row.size),
            facts.compared(comparison, row),
            row.says,
            facts.runs(row),
        )
        for row in comparison.rows
    ]
    head = ("variant", "size", "reduction", "article", "runs")
    (folder / "variants.md").write_text(_table(head, rows), encoding="utf-8")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
