"""The variant lab's controls: the choice, its Dockerfile, a button that builds, what came of it."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from helpers.errors import LabError
from helpers.show import html, plot, progress
from helpers.show.blocks import Title
from helpers.show.facts import message

if TYPE_CHECKING:
    import ipywidgets

    from helpers.learning.workbench import Workbench

LABELS = {
    "program": "Program",
    "build": "Build base",
    "final": "Final base",
    "linking": "Linking",
    "strip": "Strip",
}


def widget(bench: Workbench) -> ipywidgets.VBox:
    """The controls of a workbench. The page stays alive while it builds, in a thread of its own."""
    return _Bench(bench).box


class _Bench:
    def __init__(self, bench: Workbench) -> None:
        import ipywidgets

        self._bench = bench
        self._lock = threading.RLock()
        self._busy = threading.Lock()
        self._settling = False
        self._fields = {name: self._control(name) for name in LABELS}
        self._dockerfile = ipywidgets.HTML()
        self._button = ipywidgets.Button(description="Build and run", button_style="primary")
        self._progress = ipywidgets.VBox()
        self._outcome = ipywidgets.HTML()
        self._board = ipywidgets.HTML()
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
            ]
        )
        self._draw()

    def _control(self, name: str):
        import ipywidgets

        options = self._bench.choice.options()[name]
        value = getattr(self._bench.choice, name)
        if name == "strip":
            return ipywidgets.Checkbox(value, description="leave out the symbols (strip)")
        return ipywidgets.Dropdown(options=options, value=value, description=LABELS[name])

    def _chosen(self, name: str, value: object) -> None:
        """One control was moved. A new program may change what the others offer."""
        with self._lock:  # the page asks from more than one thread while a cell runs
            if self._settling:  # this very thread is setting it, below: it was not chosen
                return
            # What was offered for a program that a cell has changed since is not taken.
            with suppress(LabError):
                self._bench.choose(**{name: value})
            self._settling = True
            try:
                self._settle()
            finally:
                self._settling = False

    def _settle(self) -> None:
        """Shows what is chosen now."""
        options = self._bench.choice.options()
        for each, control in self._fields.items():
            if each != "strip" and tuple(control.options) != options[each]:
                control.options = options[each]
            control.value = getattr(self._bench.choice, each)
        self._draw()

    def _draw(self) -> None:
        self._dockerfile.value = html.of(self._bench.dockerfile)

    def _begin(self) -> None:
        if not self._busy.acquire(blocking=False):
            return  # a second click came before the page knew of the first
        self._button.disabled = True
        self._outcome.value = ""
        threading.Thread(target=self._work, daemon=True, name="workbench").start()

    def _work(self) -> None:
        try:
            with progress.drawn_in(self._progress):
                run = self._bench.build()
            self._outcome.value = html.of(run)
            board = self._bench.comparison
            self._board.value = html.of(board) + plot.bars(board)._repr_html_()
        except LabError as failure:
            self._fail(str(failure))
        except Exception as error:  # else the page would stay blank
            self._fail(f"Something else went wrong ({error!r}): try again.")
        finally:
            self._busy.release()
            self._button.disabled = False

    def _fail(self, words: str) -> None:
        self._outcome.value = html.render([Title("not built", sign="bad"), *message(words)])
