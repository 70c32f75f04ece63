"""An image to look into: its layers, the files of each and of all, and what it carries in vain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from helpers.images.tree import Tree
from helpers.value import Value

if TYPE_CHECKING:
    from helpers.images.files import Files
    from helpers.images.image import Image
    from helpers.show.explorer import Read


@dataclass(frozen=True, repr=False)
class Explorer(Value):
    """An image, drawn as an explorer where there is a front end, else as its facts."""

    image: Image

    def widget(self):
        """The explorer as a widget. It is there at once; files follow when they are read."""
        from helpers.show.explorer import View, explorer

        image = self.image
        total = image.size
        views = [View("the whole image", total, 1.0, marks=False)]
        for layer in image.layers:
            views.append(View(layer.created_by, layer.size, layer.size / total if total else 0))
        return explorer(image.name, total, views, self._read)

    def _read(self) -> Read:
        from helpers.show.explorer import Read
        from helpers.show.findings import waste_lines

        image = self.image
        files = [image.files, *(layer.files for layer in image.layers)]
        facts, costs = waste_lines(image.waste)
        return Read([_Grown(each) for each in files], facts, costs)

    def _repr_mimebundle_(self, include=None, exclude=None):
        from helpers.show import live

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
