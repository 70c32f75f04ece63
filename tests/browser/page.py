"""JupyterLab in a browser, by what a learner does there: open, run, look."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat

from helpers.core import names
from helpers.series.notebooks import METADATA
from helpers.setup import host

SCREENS = names.ROOT / "results" / "screens"

FLAGS = (
    "--no-sandbox",  # root, as in CI, has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

HOLES = (
    "Error displaying widget",
    "Loading widget...",
    "Failed to load model class",
    "model not found",
)
"""What JupyterLab writes where a widget should be."""


def nothing_is_kept(empty: Path) -> str:
    """A cell after which every layer has to be read anew, with that folder for a cache."""
    return f"""\
import os
from helpers.core import names
os.environ[names.CACHE_VARIABLE] = {str(empty)!r}"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port: int, log: Path, seconds: float = 60) -> None:
    """Waits until a server answers."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(OSError):
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        assert time.monotonic() < deadline, f"JupyterLab did not start:\n{log.read_text()}"
        time.sleep(0.2)


@contextmanager
def chromium() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=host.browser(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """One page. `page` is Playwright's, for what isn't here."""

    def __init__(self, page, address: str, folder: Path, name: str) -> None:
        self.page = page
        self._address = address
        self._folder = folder
        self._name = re.sub(r"[^\w-]+", "-", name).strip("-")

    def open(self, notebook: str) -> None:
        """Opens a notebook of the folder and waits until its kernel is there."""
        self.page.goto(f"{self._address}/lab/tree/{notebook}?token=learner&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        # What is run before the kernel has answered once may never be run at all.
        self.page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel",
            timeout=60_000,
        )
        self.page.evaluate(
            """async () => {
                const context = window.jupyterapp.shell.currentWidget.sessionContext;
                await context.ready;
                await context.session.kernel.info;
            }"""
        )

    def new(self, *cells: str) -> None:
        """Opens a notebook with these code cells."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=METADATA
        )
        path = self._folder / "notebooks" / f"{self._name}.ipynb"
        nbformat.write(notebook, path)
        self.open(f"notebooks/{path.name}")

    def run_all(self, seconds: float = 300) -> None:
        """Runs all cells, and waits until the last has ended."""
        self.start_all()
        self.wait(seconds)

    def start_all(self) -> None:
        """Begins to run all cells."""
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def run_cell(self, at: int, seconds: float = 60) -> None:
        """Runs one cell, counted from 0."""
        self.page.evaluate(
            f"""async () => {{
                window.jupyterapp.shell.currentWidget.content.activeCellIndex = {at};
                await window.jupyterapp.commands.execute('notebook:run-cell');
            }}"""
        )
        self.wait(seconds)

    def close(self) -> None:
        """Ends the kernel and closes the page."""
        self.page.evaluate("window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown()")
        self.page.close()

    def wait(self, seconds: float = 300) -> None:
        """Waits until every code cell was run."""
        self.page.wait_for_function(
            """() => [...window.jupyterapp.shell.currentWidget.content.widgets]
                .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source)
                .every(cell => cell.model.executionCount && cell.model.executionState !== 'running'
                    && cell.inputArea.promptNode.textContent.indexOf('*') < 0)""",
            timeout=seconds * 1000,
        )

    def holes(self) -> list[str]:
        """What is in the page where a widget should be."""
        text = self.page.inner_text(".jp-Notebook")
        empty = self.page.evaluate(
            """() => [...document.querySelectorAll(
                '[data-mime-type="application/vnd.jupyter.widget-view+json"]')]
                .filter(each => each.getBoundingClientRect().height < 4).length"""
        )
        return [hole for hole in HOLES if hole in text] + ["an empty widget"] * empty

    def errors(self) -> list[str]:
        """The errors that cells show, but for those that are announced by a tag."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                .filter(cell => cell.model.type === 'code')
                .filter(cell => !(cell.model.getMetadata('tags') || [])
                    .includes('raises-exception'))
                .flatMap(cell => cell.model.outputs.toJSON())
                .filter(output => output.output_type === 'error')
                .map(output => output.ename + ': ' + output.evalue)"""
        )

    def theme(self, name: str) -> None:
        """`JupyterLab Light` or `JupyterLab Dark`."""
        arguments = json.dumps({"theme": name})
        self.page.evaluate(
            f"window.jupyterapp.commands.execute('apputils:change-theme', {arguments})"
        )
        dark = json.dumps("false" if "Dark" in name else "true")
        self.page.wait_for_function(f"document.body.dataset.jpThemeLight === {dark}")
        self.page.wait_for_selector(".jp-Splash", state="detached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def screenshot(self, what: str = "", selector: str | None = None) -> Path:
        """Keeps what is to be seen, of the page or of one part of it."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        path = SCREENS / f"{self._name}{'-' + what if what else ''}.png"
        if selector:
            self.page.locator(selector).first.screenshot(path=path)
        else:
            self.page.screenshot(path=path)
        return path
