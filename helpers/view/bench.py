"""The variant lab's widget: controls, the Dockerfile, a button that builds, and the results."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from helpers.compare import ComparisonTable
from helpers.core.errors import LabError
from helpers.learning.choice import Choice
from helpers.learning.workbench import Workbench
from helpers.view import facts, html, live_progress, plot, units
from helpers.view.blocks import Block, Title
from helpers.view.parts import parts

if TYPE_CHECKING:
    import ipywidgets

LABELS = {
    "program": "Program",
    "build": "Build base",
    "final": "Final base",
    "linking": "Linking",
    "strip": "Strip",
}

CLASS = "shrink-bench"

STYLE = f"""<style>
.{CLASS} td, .{CLASS} th {{padding: 2px 24px 2px 0}}
.{CLASS} table {{margin-top: 12px}}
.{CLASS} p {{margin: 4px 0; line-height: 1.5}}
.{CLASS}-dockerfile pre {{white-space: pre-wrap}}
</style>"""
"""JupyterLab styles the output of cells and not that of widgets. A Dockerfile's long lines wrap,
so that it stays beside the controls."""


def widget(bench: Workbench) -> ipywidgets.VBox:
    """The widget of a workbench. It builds in a thread of its own, so that the page stays alive."""
    return _Bench(bench).box


class _Bench:
    def __init__(self, bench: Workbench) -> None:
        import ipywidgets

        self._bench = bench
        self._lock = threading.RLock()
        self._busy = threading.Lock()
        self._settling = False
        self._failures: dict[Choice, str] = {}
        self._drawn: ComparisonTable | None = None
        self._fields = {name: self._control(name) for name in LABELS}
        self._dockerfile = ipywidgets.HTML(layout={"flex": "1 1 24em"})
        self._dockerfile.add_class(f"{CLASS}-dockerfile")
        self._button = ipywidgets.Button(description="Build and run", button_style="primary")
        self._progress = ipywidgets.VBox()
        self._outcome = ipywidgets.HTML()
        self._board = ipywidgets.HTML()
        self._progress.observe(lambda change: live_progress.close(change.old), "children")
        self._button.on_click(lambda _: self._begin())
        for name, control in self._fields.items():
            control.observe(lambda change, name=name: self._chosen(name, change.new), "value")
        self.box = ipywidgets.VBox(
            [
                ipywidgets.HBox(
                    [
                        ipywidgets.VBox([*self._fields.values(), self._button]),
                        self._dockerfile,
                    ],
                    layout={"flex_flow": "row wrap", "grid_gap": "1em"},
                ),
                self._progress,
                self._outcome,
                self._board,
                ipywidgets.HTML(STYLE, layout={"display": "none"}),
            ]
        )
        self.box.add_class(CLASS)
        self._draw()

    def _control(self, name: str) -> ipywidgets.DOMWidget:
        import ipywidgets

        options = self._bench.choice.options()[name]
        value = getattr(self._bench.choice, name)
        if name == "strip":
            return ipywidgets.Checkbox(value, description="leave out the symbols (strip)")
        return ipywidgets.Dropdown(options=options, value=value, description=LABELS[name])

    def _chosen(self, name: str, value: object) -> None:
        """Takes a new value of one control. Another program may change what the others offer."""
        with self._lock:  # changes come from several threads while a cell runs
            if self._settling:  # this thread sets the controls itself, below
                return
            # refused where a cell has changed the program since: that option is gone
            with suppress(LabError):
                self._bench.choose(**{name: value})
            self._settling = True
            try:
                self._settle()
            finally:
                self._settling = False

    def _settle(self) -> None:
        """Sets the controls to what is chosen now."""
        options = self._bench.choice.options()
        for each, control in self._fields.items():
            if each != "strip" and tuple(control.options) != options[each]:
                control.options = options[each]
            control.value = getattr(self._bench.choice, each)
        self._draw()

    def _draw(self) -> None:
        """Shows the Dockerfile of what is chosen, and the result if that was built: any other
        result would be taken for this choice's."""
        self._dockerfile.value = html.of(self._bench.dockerfile)
        if not self._busy.locked():
            self._progress.children = ()
        self._draw_outcome(self._bench.choice)

    def _draw_outcome(self, choice: Choice) -> None:
        """Shows the result of a choice under its name, and the comparison for its program."""
        self._outcome.value = html.render(self._result(choice))
        if (board := self._bench.comparison) != self._drawn:  # drawing a chart takes a moment
            self._board.value = html.of(board) + _chart(board) if board else ""
            self._drawn = board

    def _result(self, choice: Choice) -> list[Block]:
        name = self._bench.label(choice)
        if choice in self._failures:
            words = facts.message(self._failures[choice])
            return [Title(name), Title("not built", sign="bad"), *words]
        if choice in self._bench.built:
            image, run = self._bench.built[choice]
            return [Title(name, units.size(image.size)), *parts(run)]
        return []

    def _begin(self) -> None:
        with self._lock:  # what is chosen after the click is not built
            if not self._busy.acquire(blocking=False):
                return  # a second click, before the page heard of the first
            self._button.disabled = True
            self._outcome.value = ""
            choice = self._bench.choice
        threading.Thread(target=self._work, args=(choice,), daemon=True, name="workbench").start()

    def _work(self, choice: Choice) -> None:
        self._failures.pop(choice, None)
        try:
            with live_progress.drawn_in(self._progress):
                self._bench.build(choice)
        except LabError as failure:
            self._failures[choice] = str(failure)
        except Exception as error:  # otherwise the page would stay blank
            self._failures[choice] = f"Something else went wrong ({error!r}): try again."
        with self._lock:
            try:
                self._draw_outcome(choice)
            finally:
                self._busy.release()
                self._button.disabled = False


def _chart(board: ComparisonTable) -> str:
    """A chart of what runs: the size of an image that doesn't run is no result."""
    running = tuple(row for row in board.rows if row.runs)
    return plot.bars(ComparisonTable(running))._repr_html_() if running else ""
