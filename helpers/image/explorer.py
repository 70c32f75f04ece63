"""What `lab.explore` returns: the image whose layers and files are to be looked into."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.core.value import Value
from helpers.image.open_image import OpenImage


@dataclass(frozen=True, repr=False)
class Explorer(Value):
    """An image to browse, layer by layer and file by file where there is a front end."""

    image: OpenImage
