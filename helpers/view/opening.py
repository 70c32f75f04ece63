"""Opens the explorer on an image, or on what two images differ in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from helpers.files.stack import Files
from helpers.files.tree import Tree
from helpers.image.difference import Difference
from helpers.image.explorer import Explorer
from helpers.image.history import Made
from helpers.image.layers import OnBytes
from helpers.image.open_image import OpenImage
from helpers.image.stored import Layer
from helpers.view import units
from helpers.view.findings import difference_lines, sizes_line, waste_lines, whole

if TYPE_CHECKING:
    from helpers.view.explorer_widget import ExplorerWidget, Opened, TreeView


def image(value: Explorer) -> ExplorerWidget:
    """An image's layers and files. The widget is there at once; files follow when they are read."""
    from helpers.view.explorer_widget import explorer

    found, size = value.image, value.image.known_size
    figure = "" if size is None else units.size(size)
    return explorer(
        found.name,
        lambda on_bytes: _read(found, on_bytes),
        figure=figure,
        views=_views(size, found.outline),
    )


def difference(value: Difference) -> ExplorerWidget:
    """What differs, by folder and as a tree to be opened."""
    from helpers.view.explorer_widget import Opened, TreeView, explorer

    def opened(_: OnBytes) -> Iterator[Opened]:
        tree = Tree(value.files)
        facts, tables = difference_lines(value)
        figure = f"{units.size(value.before)} → {units.size(value.after)}"
        views = [TreeView("what differs", tree.size, 1.0)]
        yield Opened(figure, views, [lambda: tree], [sizes_line(value), *facts], tables)

    return explorer(f"{value.first} → {value.second}", opened, facts=[sizes_line(value)])


def _read(found: OpenImage, on_bytes: OnBytes) -> Iterator[Opened]:
    """The files, then what is hidden of them, which takes as long to add up."""
    from helpers.view.explorer_widget import Opened

    found.read(on_bytes)
    files = [found.files, *(layer.files for layer in found.layers)]
    trees = [_grown(each) for each in files]
    size = units.size(found.size)
    yield Opened(size, _views(found.size, found.layers), trees)
    views = _views(found.size, found.layers, whole(found.waste))
    yield Opened(size, views, trees, *waste_lines(found.waste))


def _views(
    total: int | None, layers: Sequence[Layer | Made], title: str = "the whole image"
) -> list[TreeView]:
    from helpers.view.explorer_widget import TreeView

    views = [TreeView(title, total, 1.0, marks=False)]
    for layer in layers:
        share = layer.size / total if total and layer.size else 0
        views.append(TreeView(layer.created_by, layer.size, share))
    return views


def _grown(files: Files) -> Callable[[], Tree]:
    """Makes the tree when it is first asked for: nobody looks at the files of most layers."""
    return cache(lambda: Tree(files))
