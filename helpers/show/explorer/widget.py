"""The explorer as a widget: answers the page's questions, a folder or a search at a time.

The page is given sizes, signs and names that are fit to be shown, never a path: it asks by number.
So no name of an image, whatever its bytes, comes back from the page.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from helpers.errors import LabError
from helpers.show import inside, safe, units

if TYPE_CHECKING:
    from helpers.images.tree import Node, Tree

HERE = Path(__file__).parent

SIGNS = {"added": "+", "changed": "~", "removed": "-"}
"""What stands beside an entry, and beside its colour."""


@dataclass(frozen=True)
class View:
    """One tree that can be chosen: a layer, or all of them.

    title  what made it, or what it is
    size   bytes
    share  of the whole, from 0 to 1
    marks  whether its entries are marked as added, changed, removed
    """

    title: str
    size: int
    share: float
    marks: bool = True


@dataclass(frozen=True)
class Read:
    """What is known when the files were read.

    trees  one for each view, made when it is asked for
    facts  lines to show: a label, and what it is
    costs  paths and sizes of what is carried for nothing
    """

    trees: Sequence[Callable[[], Tree]]
    facts: Sequence[tuple[str, str]] = ()
    costs: Sequence[tuple[str, str, str]] = ()


class ExplorerWidget(anywidget.AnyWidget):
    """What the page shows; see `explorer`."""

    _esm = HERE / "explorer.js"
    _css = HERE / "explorer.css"
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        super().__init__(state=state)
        self._read: Read | None = None
        self._paths: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()
        self.on_msg(lambda _, question, __: self._answer(question))

    def fill(self, read: Read) -> None:
        """The files are here: the page may ask for them."""
        self._read = read
        costs = [dict(zip(("path", "size", "times"), row, strict=True)) for row in read.costs]
        facts = [{"label": label, "value": value} for label, value in read.facts]
        self.state = {**self.state, "ready": True, "facts": facts, "costs": costs}

    def fail(self, sentence: str) -> None:
        """The files can't be had."""
        self.state = {**self.state, "error": safe.prose(sentence)}

    def _answer(self, question: Mapping[str, Any]) -> None:
        if self._read is None:
            return
        view = question["view"]
        tree = self._read.trees[view]()
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
        whole = question["ask"] == "search"
        answer["nodes"] = [self._told(node, whole, tree.size) for node in nodes]
        self.send(answer)

    def _told(self, node: Node, full_path: bool, total: int) -> dict[str, Any]:
        with self._lock:  # questions come from the main thread and from those of a busy kernel
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
    title: str, size: int, views: Sequence[View], read: Callable[[], Read]
) -> ExplorerWidget:
    """The widget, at once; its files come when `read`, in a thread of its own, has them.

    title, size  of the image
    views        the trees that can be chosen, the first is shown
    read         raises LabError where the files can't be had
    """
    widget = ExplorerWidget(
        title=safe.name(title),
        size=units.size(size),
        views=[
            {
                "title": safe.command(view.title) or "not recorded",
                "size": units.size(view.size),
                "share": view.share,
                "percent": units.share(view.share),
                "marks": view.marks,
            }
            for view in views
        ],
        ready=False,
        error="",
        facts=[],
        costs=[],
    )

    def work() -> None:
        try:
            widget.fill(read())
        except LabError as error:
            widget.fail(str(error))
        except Exception as error:  # else the page would wait for ever
            widget.fail(f"The files can't be shown ({error!r}): run the cell again.")

    threading.Thread(target=work, daemon=True, name="explorer").start()
    return widget
