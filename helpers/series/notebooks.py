"""Finds, reads and executes notebooks, and writes them in the form that is committed."""

from __future__ import annotations

import copy
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.core import names
from helpers.core.errors import LabError

FOLDER = names.ROOT / "notebooks"

CELL_LIMIT = 900
"""Seconds for one cell: it may have to make a base, and then build on it."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""All the metadata that a committed notebook has: the rest differs between machines."""

WIDGETS = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Executed:
    """A notebook that was executed.

    path      the file it was read from
    notebook  the notebook with its outputs, in the form that is committed
    cells     the number of code cells that were executed
    seconds   from the kernel's start to its end
    error     the first error that the notebook did not announce, on one line, or ""
    """

    path: Path
    notebook: NotebookNode
    cells: int
    seconds: float
    error: str


def find(*wanted: str, folder: Path = FOLDER) -> list[Path]:
    """The notebooks in reading order, then their solutions.

    wanted  numbers (`03`), beginnings of names, or paths; without any: all

    Raises LabError for one that matches nothing.
    """
    lessons = sorted(folder.glob("[0-9][0-9]-*.ipynb"))
    every = [*lessons, *sorted((folder / "solutions").glob("*.ipynb"))]
    if not wanted:
        return every
    chosen = []
    for each in wanted:
        path = Path(each)
        fits = [p for p in every if p.name.startswith(each) or p.resolve() == path.resolve()]
        if path.suffix == ".ipynb" and path.is_file():
            fits = fits or [path]
        if not fits:
            there = ", ".join(p.name[:2] for p in lessons) or "none"
            raise LabError(f"No notebook is called {each!r}: the numbers are {there}.")
        chosen += [p for p in fits if p not in chosen]
    return chosen


def read(path: Path) -> NotebookNode:
    """A notebook as it is on disk. Raises LabError for a file that is no notebook."""
    try:
        # not nbformat.read, which gives random new ids to cells that share one
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        if notebook["nbformat"] != 4:
            raise ValueError(f"its format is {notebook['nbformat']} and not 4")
    except (OSError, ValueError, LookupError, AttributeError) as error:
        raise LabError(f"{path} can't be read as a notebook: {error}.") from None
    return notebook


def write(path: Path, notebook: NotebookNode) -> None:
    """Writes a notebook in its committed form."""
    path.write_text(text(normalised(notebook)), encoding="utf-8")


def text(notebook: NotebookNode) -> str:
    """The notebook as a file's text, with one line break at its end."""
    return nbformat.v4.writes(notebook).rstrip("\n") + "\n"


def execute(
    path: Path,
    *,
    limit: float = CELL_LIMIT,
    on_cell: Callable[[int, int], None] = lambda done, total: None,
) -> Executed:
    """Executes a notebook from its first cell in a fresh kernel of this environment, in its folder.

    limit    seconds that one cell may take
    on_cell  progress callback: code cells done, code cells in all

    It ends at the first error of a cell that isn't tagged `raises-exception`. A learner's progress
    is not touched: the kernel gets an empty file of its own. On KeyboardInterrupt the kernel is
    interrupted first, so that a cell can clean up what it started.
    """
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = copy.deepcopy(read(path))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.update(outputs=[], execution_count=None)
    client = _client(notebook, path, limit, lambda: on_cell(_executed(code), len(code)))
    failures: list[BaseException] = []
    began = time.monotonic()
    over = _in_thread(lambda: _run(client), failures)
    try:
        while not over.is_set():  # `over.wait()` could keep its lock after Ctrl-C
            time.sleep(0.1)
    except KeyboardInterrupt:
        _interrupt(client, over)
        raise
    error = ""
    for failure in failures:
        if not isinstance(failure, CellExecutionError | CellTimeoutError | DeadKernelError):
            raise failure
        error = _line(failure)
    done = _executed(code)
    return Executed(path, normalised(notebook), done, time.monotonic() - began, error)


def _run(client) -> None:
    with tempfile.TemporaryDirectory(prefix="shrink-progress-") as folder:
        progress = {names.PROGRESS_VARIABLE: str(Path(folder) / "progress.json")}
        client.execute(stderr=subprocess.DEVNULL, env={**os.environ, **progress})


def _client(notebook: NotebookNode, path: Path, limit: float, cell_over: Callable[[], None]):
    from ipykernel.kernelspec import RESOURCES, get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisEnvironment(KernelSpecManager):
        """Starts this interpreter, not a `python3` of the user's own Jupyter folder."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())

    class Manager(AsyncKernelManager):
        def _kernel_spec_manager_default(self) -> KernelSpecManager:
            return ThisEnvironment(parent=self)

    return NotebookClient(
        notebook,
        timeout=limit,
        startup_timeout=120,
        kernel_name="python3",
        kernel_manager_class=Manager,
        resources={"metadata": {"path": str(path.resolve().parent)}},
        store_widget_state=False,
        record_timing=False,
        on_cell_executed=lambda cell, cell_index, execute_reply: cell_over(),
    )


def _in_thread(work: Callable[[], object], failures: list[BaseException]) -> threading.Event:
    """Starts the work in another thread, and returns an event that is set when it is over.

    In the main thread nbclient would catch Ctrl-C and kill the kernel. It is an event, because a
    `Thread.join` that Ctrl-C interrupts takes the thread for ended (Python 3.11).
    """
    over = threading.Event()

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            over.set()

    threading.Thread(target=run, name="notebook", daemon=True).start()
    return over


def _interrupt(client, over: threading.Event) -> None:
    """Interrupts the kernel, and kills it if that does not end the notebook.

    It is interrupted several times, because a kernel between two cells ignores it, with longer and
    longer pauses, because a slow kernel must have time to react before the next one.
    """
    provisioner = client.km.provisioner if client.km else None
    process = getattr(provisioner, "process", None)
    if process is None:
        return
    import signal

    for seconds in (1, 2, 4, 8):
        process.send_signal(signal.SIGINT)
        if over.wait(seconds):
            return
    process.kill()
    over.wait(seconds)


def _executed(code: list[NotebookNode]) -> int:
    return sum(cell.execution_count is not None for cell in code)


def _line(failure: Exception) -> str:
    name, value = getattr(failure, "ename", ""), getattr(failure, "evalue", "")
    words = f"{name}: {value}" if name else str(failure)
    return " ".join(words.split())


def normalised(notebook: NotebookNode) -> NotebookNode:
    """The notebook in the form that is committed: the same outputs give the same bytes on every
    machine. Doing it twice changes nothing."""
    result = copy.deepcopy(notebook)
    result.metadata = nbformat.from_dict(METADATA)
    result.nbformat, result.nbformat_minor = 4, 5
    taken: set[str] = set()
    count = 0
    for position, cell in enumerate(result.cells):
        cell.id = _id(cell.get("id"), position, taken)
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            if cell.execution_count is not None:
                count += 1
                cell.execution_count = count
            cell.outputs = _outputs(cell.outputs, cell.execution_count)
    return result


def _id(old: str | None, position: int, taken: set[str]) -> str:
    """The cell's own id, or one made from its position where it has none or shares it."""
    new = old or f"cell-{position:02}"
    while new in taken:
        new = f"cell-{position:02}" if new != f"cell-{position:02}" else f"{new}-again"
    taken.add(new)
    return new


def _outputs(outputs: list[NotebookNode], count: int | None) -> list[NotebookNode]:
    kept: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output.output_type == "stream":
            if output.name in streams:
                streams[output.name].text += output.text
                continue
            streams[output.name] = output
        elif output.output_type == "error":
            # frames name files of one machine; nbval compares the error's name and value
            output.traceback = [f"{output.ename}: {output.evalue}"]
        else:
            output.data.pop(WIDGETS, None)
            if not output.data:
                continue
            output.pop("transient", None)
            if output.output_type == "execute_result":
                output.execution_count = count
        kept.append(output)
    return kept
