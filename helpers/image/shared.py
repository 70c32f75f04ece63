"""Knows which layers several images have in common, and gives their bytes, each counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.core.errors import LabError
from helpers.core.value import Value

if TYPE_CHECKING:
    from helpers.image.stored import Layer, OpenImage


@dataclass(frozen=True)
class SharedLayer:
    """A layer that at least two of the images have.

    created_by  the instruction that made it, as `Layer` has it
    size        bytes of its files
    diff_id     by which engines and registries know that it is the same
    images      how many of the images have it
    """

    created_by: str
    size: int
    diff_id: str
    images: int


@dataclass(frozen=True, repr=False)
class Shared(Value):
    """What several images need together.

    images    how many there are
    separate  bytes of all of them, each counted in full
    together  bytes of their layers, each counted once: what an engine keeps
    layers    those that at least two have, in the order in which they were met
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
    """Counts the layers of images, which may be of several engines; of one that is given twice,
    the second costs nothing.

    A layer is the same where all layers below it are the same too: an engine keeps it unpacked on
    these, and fetches it again for others.

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
