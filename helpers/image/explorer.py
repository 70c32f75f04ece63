"""An image to look into: its layers, the files of each and of all, and its wasted bytes."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.core.value import Value
from helpers.image.stored import OpenImage


@dataclass(frozen=True, repr=False)
class Explorer(Value):
    """An image, to be opened layer by layer and file by file where there is a front end."""

    image: OpenImage
