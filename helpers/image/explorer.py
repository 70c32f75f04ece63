"""An image to look into: its layers, the files of each and of all, and what it carries in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from helpers.core.value import Value
from helpers.files.tree import Tree

if TYPE_CHECKING:
    from helpers.files.stack import Files
    from helpers.image.history import Made
    from helpers.image.layers import Heard
    from helpers.image.stored import Image, Layer
    from helpers.view.explorer import Read, View


@dataclass(frozen=True, repr=False)
class Explorer(Value):
    """An image, drawn as an explorer where there is a front end, else as its facts."""

    image: Image

    def widget(self):
        """The explorer as a widget. It is there at once; files follow when they are read."""
        from helpers.view import units
        from helpers.view.explorer import explorer

        image, size = self.image, self.image.known_size
        figure = "" if size is None else units.size(size)
        return explorer(
            image.name, self._read, figure=figure, views=self._views(size, image.outline)
        )

    def _read(self, heard: Heard) -> Iterator[Read]:
        """The files, and then what is hidden of them, which takes as long to add up."""
        from helpers.view import units
        from helpers.view.explorer import Read
        from helpers.view.findings import waste_lines, whole

        image = self.image
        image.read(heard)
        files = [image.files, *(layer.files for layer in image.layers)]
        trees = [_Grown(each) for each in files]
        size = units.size(image.size)
        yield Read(size, self._views(image.size, image.layers), trees)
        views = self._views(image.size, image.layers, whole(image.waste))
        yield Read(size, views, trees, *waste_lines(image.waste))

    def _views(
        self, total: int | None, layers: Sequence[Layer | Made], title: str = "the whole image"
    ) -> list[View]:
        from helpers.view.explorer import View

        views = [View(title, total, 1.0, marks=False)]
        for layer in layers:
            share = layer.size / total if total and layer.size else 0
            views.append(View(layer.created_by, layer.size, share))
        return views

    def _repr_mimebundle_(self, include=None, exclude=None):
        from helpers.view import live

        return live.bundle(self, Explorer.widget, slow=True)


class _Grown:
    """A tree that is made when it is first asked for: of most layers nobody looks at the files."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def __call__(self) -> Tree:
        return self.tree

    @cached_property
    def tree(self) -> Tree:
        return Tree(self._files)
