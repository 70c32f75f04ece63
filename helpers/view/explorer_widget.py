"""The explorer's widget: answers the questions of its page, a folder or a search at a time.

The page gets sizes, signs and names that are safe to show, but no paths: it asks by number. So no
file name, whatever its bytes, ever comes back from the page.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from helpers.core.errors import LabError
from helpers.files.tree import Node, Tree
from helpers.image.layers import OnBytes
from helpers.view import inside, safe, units
from helpers.view.blocks import Bar, Table, TableCell
from helpers.view.frontend import running_cell, shell

HERE = Path(__file__).parent

SIGNS = {"added": "+", "changed": "~", "removed": "-"}
"""Drawn beside an entry, which has a colour too."""

STEP = 0.01
"""Share of the bytes after which the page is told of more."""

UNKNOWN = "…"
"""Shown until a size is known."""


@dataclass(frozen=True)
class TreeView:
    """One tree that can be chosen: a layer, or the whole image.

    title  the command that made it, or what it is
    size   bytes, None while that is unknown
    share  of the whole, from 0 to 1
    marks  whether entries are marked as added, changed, removed
    """

    title: str
    size: int | None
    share: float
    marks: bool = True


@dataclass(frozen=True)
class Opened:
    """What is known once the files are read.

    figure  the size, shown after the title
    views   the trees that can be chosen
    trees   for each view, what makes its tree when it is asked for
    facts   lines to show: labels and values
    tables  shown below the facts
    """

    figure: str
    views: Sequence[TreeView]
    trees: Sequence[Callable[[], Tree]]
    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()


class ExplorerWidget(anywidget.AnyWidget):
    """The widget; `explorer` makes one."""

    # as text: given a path, anywidget would watch the file and keep every widget alive for that
    _esm = (HERE / "explorer_widget.js").read_text(encoding="utf-8")
    _css = (HERE / "explorer_widget.css").read_text(encoding="utf-8")
    state = traitlets.Dict().tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        super().__init__(state=state)
        self._read: Opened | None = None
        self._paths: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()
        self._cell = running_cell()
        self.on_msg(lambda _, question, __: self._answer(question))
        self.comm.on_close(lambda _: self.close())
        if self._cell:
            shell().events.register("pre_run_cell", self._next)

    def hear(self, read: int, total: int) -> None:
        """Progress callback: bytes read, estimated total."""
        share = min(read / total, 1.0) if total else 0.0
        told = self.progress.get("share", -STEP)
        if share >= told + STEP or told < share == 1:
            said = f"{units.size(read)} of {units.size(total)}"
            self.progress = {"share": share, "said": said}

    def fill(self, read: Opened) -> None:
        """Takes files that were read: the page may ask for them."""
        if self.comm is None:  # it was closed meanwhile
            return
        self._read = read
        self.state = {
            **self.state,
            "ready": True,
            "figure": read.figure,
            "views": [_view(view) for view in read.views],
            "facts": _facts(read.facts),
            "tables": [_table(table) for table in read.tables],
        }

    def fail(self, sentence: str) -> None:
        """Shows why there are no files."""
        self.state = {**self.state, "error": safe.prose(sentence)}

    def close(self) -> None:
        """Removes the widget from the page, and forgets the files."""
        if self._cell and self._next in shell().events.callbacks["pre_run_cell"]:
            shell().events.unregister("pre_run_cell", self._next)
        self._read = None
        self._paths, self._numbers = [], {}
        super().close()

    def _next(self, _: object) -> None:
        """Called before each cell: the cell that showed this widget will show another in its
        place."""
        now = running_cell()
        if now and self._cell and now.cell == self._cell.cell and now.run != self._cell.run:
            self.close()

    def _answer(self, question: Mapping[str, Any]) -> None:
        read = self._read
        if read is None:
            return
        tree = read.trees[question["view"]]()
        answer: dict[str, Any] = {"to": question["to"]}
        if question["ask"] == "children":
            folder = "/" if question["of"] is None else self._paths[question["of"]]
            start = question["start"]
            nodes = tree.children(folder, start)
            answer["left"] = tree.node(folder).children - start - len(nodes)
        else:
            nodes, count = tree.search(question["text"])
            answer["left"] = count - len(nodes)
            answer["count"] = count
        full_paths = question["ask"] == "search"
        answer["nodes"] = [self._shown(node, full_paths, tree.size) for node in nodes]
        self.send(answer)

    def _shown(self, node: Node, full_path: bool, total: int) -> dict[str, Any]:
        with self._lock:  # a busy kernel answers in another thread
            number = self._numbers.setdefault(node.path, len(self._paths))
            if number == len(self._paths):
                self._paths.append(node.path)
        file = node.file
        folder = node.children > 0 or bool(file and file.kind == "directory")
        shown = node.path if full_path else node.name
        target = f" → {safe.name(file.target, 60)}" if file and file.target else ""
        change = file.change if file else ""
        below = {k: v - (k == change) for k, v in node.changes.items() if v - (k == change)}
        return {
            "id": number,
            "name": safe.name(shown) + target,
            "folder": folder,
            "children": node.children,
            "size": units.size(node.size),
            "share": node.size / total if total else 0,
            "change": change,
            "sign": SIGNS.get(change, ""),
            "inside": " ".join(f"{SIGNS[k]}{below[k]:,}" for k in SIGNS if k in below),
            "mode": " ".join(inside.owned(file)).strip() if file else "",
        }


def explorer(
    title: str,
    read: Callable[[OnBytes], Iterable[Opened]],
    *,
    figure: str = "",
    views: Sequence[TreeView] = (),
    facts: Sequence[tuple[str, str]] = (),
) -> ExplorerWidget:
    """Makes the widget at once; `read` then fills it from a thread of its own.

    title  the image's name
    read   gives what is known, and again when it knows more; gets a progress callback (bytes read,
           estimated total); raises LabError where the files can't be read

    The others are what is known before, as in `Opened`; the first of the views is shown.
    """
    widget = ExplorerWidget(
        title=safe.name(title),
        figure=figure,
        views=[_view(view) for view in views],
        ready=False,
        error="",
        facts=_facts(facts),
        tables=[],
    )

    def work() -> None:
        try:
            for known in read(widget.hear):
                widget.fill(known)
        except LabError as error:
            widget.fail(str(error))
        except Exception as error:  # otherwise the page would wait for ever
            widget.fail(f"The files can't be shown ({error!r}): run the cell again.")

    threading.Thread(target=work, daemon=True, name="explorer").start()
    return widget


def _view(view: TreeView) -> dict[str, Any]:
    title = inside.made_by(view.title)
    shown: dict[str, Any] = {"title": title, "marks": view.marks}
    if view.size is None:
        return shown | {"size": UNKNOWN, "share": 0, "percent": ""}
    size, percent = units.size(view.size), units.share(view.share)
    return shown | {"size": size, "share": view.share, "percent": percent}


def _facts(facts: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": safe.name(label), "value": safe.prose(value)} for label, value in facts]


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": safe.name(table.caption),
        "heads": [{"text": column.name, "figures": column.figures} for column in table.columns],
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "more": f"… and {table.more:,} more" if table.more else "",
    }


def _cell(cell: str | TableCell | Bar) -> str | float:
    """The text of a cell, or a bar's share."""
    if isinstance(cell, Bar):
        return cell.share
    return safe.name(cell.text if isinstance(cell, TableCell) else cell)
