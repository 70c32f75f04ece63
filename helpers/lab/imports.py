"""Imports images that no builder made, from a tar or another tool's archive, and tags them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from helpers.core import names
from helpers.core.errors import LabError
from helpers.engine.client import Engine
from helpers.image import from_tar
from helpers.lab.handles import Image, counted, image_of


def import_tar(engine: Engine, tar: str | Path, name: str, command: Sequence[str]) -> Image:
    """An image whose only layer is a tar; see `Lab.import_tar`."""
    tag = _named(name)
    labels = {names.OWNER_LABEL: names.owner()}
    path = Path(tar).expanduser()
    from_tar.import_tar(engine, path, tag=tag, command=command, labels=labels)
    changes = ["--change", f"CMD {json.dumps(list(command))}"]
    shown = shlex.join(["docker", "import", *changes, str(tar), tag])
    return counted(image_of(engine, tag, command=shown))


def load(engine: Engine, tar: str | Path, name: str) -> Image:
    """An image that another tool made; see `Lab.load`."""
    tag = _named(name)
    from_tar.load(engine, Path(tar).expanduser(), tag)
    shown = shlex.join(["docker", "load", "-i", str(tar)])
    return counted(image_of(engine, tag, command=shown))


def _named(name: str) -> str:
    """The lab's tag for a name. Raises LabError for a name that can't be a tag."""
    if not names.VERSIONED.fullmatch(name):
        raise LabError(
            f"{name!r} can't be the name of an image: take small letters and digits, with a "
            "colon before its version, as in `page:imported`."
        )
    return names.TAG_PREFIX + name
