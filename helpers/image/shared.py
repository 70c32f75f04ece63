"""Finds the layers that several images share, and counts each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.image.open_image import OpenImage
from helpers.image.stored import Layer


@dataclass(frozen=True)
class SharedLayer:
    """A layer that at least two of the images have.

    created_by  the instruction that made it, as in `Layer`
    size        bytes of its files
    diff_id     its digest
    images      how many of the images have it
    """

    created_by: str
    size: int
    diff_id: str
    images: int


@dataclass(frozen=True, repr=False)
class Shared(Value):
    """What several images take together.

    images    number of images
    separate  bytes of all images, each counted in full
    together  bytes of all layers, each counted once: what an engine keeps
    layers    the layers that at least two images have, in the order of the images
    """

    images: int
    separate: int
    together: int
    layers: tuple[SharedLayer, ...]

    @property
    def saved(self) -> int:
        """Bytes that sharing saves."""
        return self.separate - self.together


def shared(images: Sequence[OpenImage]) -> Shared:
    """Counts the layers of images, which may be on several engines. An image that is given twice
    costs nothing the second time.

    A layer counts as shared only if all layers below it are shared too: an engine keeps it unpacked
    on top of those, and fetches it again for others.

    Raises LabError without an image.
    """
    if not images:
        raise LabError("Which images share? Name at least one.")
    known: dict[tuple[str, ...], Layer] = {}
    count: Counter[tuple[str, ...]] = Counter()
    for image in images:
        below: tuple[str, ...] = ()
        for layer in image.layers:
            below = (*below, layer.diff_id)
            known.setdefault(below, layer)
            count[below] += 1
    return Shared(
        images=len(images),
        separate=sum(image.size for image in images),
        together=sum(layer.size for layer in known.values()),
        layers=tuple(
            SharedLayer(layer.created_by, layer.size, layer.diff_id, count[below])
            for below, layer in known.items()
            if count[below] > 1
        ),
    )
