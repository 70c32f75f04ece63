"""A pytest plugin beside nbval: a cell fails when its figures are too far from the committed ones.

nbval runs the cells; this takes the outputs that it has then, so nothing runs twice. The figures of
a notebook that was measured on something else are not compared, and the summary says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from helpers.testing import figures, measured_on, tolerances
from helpers.testing.figures import Allowed
from helpers.testing.measured_on import MeasuredOn

if TYPE_CHECKING:
    from nbval.plugin import IPyNbCell

COMPARED, LEFT_OUT = "figures compared", "figures not compared"
"""What is noted for a cell: how many, and why not."""


def pytest_configure(config: pytest.Config) -> None:
    """Without nbval there is nothing to look at."""
    if config.getoption("nbval", default=False):
        config.pluginmanager.register(SameFigures(), "same-figures")


class SameFigures:
    """Looks at each cell when nbval is done with it, and keeps count."""

    def __init__(self) -> None:
        self._allowed = {(row.notebook, row.cell): row.allowed for row in tolerances.read()}
        self._labs: dict[Path, tuple[MeasuredOn | None, MeasuredOn]] = {}
        self._compared = 0
        self._left_out: defaultdict[str, list[str]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        from nbval.plugin import IPyNbCell

        if not isinstance(item, IPyNbCell):
            return (yield)
        try:
            result = yield  # raises where the text differs: then there are no figures to pair
        finally:
            self._note_lab(item)
        if item.options["check"] and self._is_comparable(item.path):
            self._compare(item)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes what was noted for a cell: reports come from pytest-xdist's workers too."""
        if report.when == "call":
            noted: dict[str, Any] = dict(report.user_properties)
            self._compared += noted.get(COMPARED, 0)
            if why := noted.get(LEFT_OUT):
                self._left_out[why].append(Path(report.fspath).stem.partition("-")[0])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("figures")
        terminalreporter.line(f"{self._compared:,} were compared with the committed ones.")
        for why, notebooks in self._left_out.items():
            terminalreporter.line(f"Those of notebook {', '.join(notebooks)} were not: {why}.")

    def _note_lab(self, item: IPyNbCell) -> None:
        """Notes the first lab that a notebook shows: on what it is measured now, and was before."""
        committed = measured_on.read(item.cell.outputs)
        if committed and item.path not in self._labs:
            fresh = measured_on.read(item.test_outputs or [])
            self._labs[item.path] = fresh, committed
            if fresh != committed:
                why = f"they are from {committed}, and this is {fresh or 'a lab that says nothing'}"
                item.user_properties.append((LEFT_OUT, why))

    def _is_comparable(self, path: Path) -> bool:
        """Whether a notebook is measured on the same as the committed one. One without a lab to
        see, as solutions are, shows limits alone, and those are the same everywhere."""
        fresh, committed = self._labs.get(path, (None, None))
        return fresh == committed

    def _compare(self, item: IPyNbCell) -> None:
        """Fails a cell, as nbval does, with a sentence for each figure that is too far away."""
        notebook, cell = tolerances.name(item.path), item.cell.get("id")
        pairs = figures.cell_pairs(item.test_outputs or [], item.cell.outputs)
        item.user_properties.append((COMPARED, len(pairs)))
        lines = figures.too_far(pairs, self._allowed.get((notebook, cell), Allowed()))
        if lines:
            where = f"notebook {notebook}, cell {item.cell_num} ({cell})"
            words = "\n".join(f"{where}: {line}" for line in lines)
            item.raise_cell_error("Cell figures differ", words)
