"""Finds the base of an image, and how many of the image's layers are the base's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import docker.errors

from helpers.core import names
from helpers.image.layers import EMPTY
from helpers.image.open_image import OpenImage

RELEASES = ("/etc/os-release", "/usr/lib/os-release")


@dataclass(frozen=True)
class Origin:
    """The base of an image.

    name      as the Dockerfile or the engine calls it, "" if unknown
    layers    how many of the image's layers are the base's
    stand_in  whether it is a stand-in
    """

    name: str = ""
    layers: int = 0
    stand_in: bool = False


def origin(image: OpenImage) -> Origin:
    """What an image was built on.

    The base that its Dockerfile names and whose layers it has. Without a Dockerfile, an image of
    the engine whose layers it begins with. Else its first layer, if there is a distribution in it.
    """
    own = [layer.diff_id for layer in image.layers]
    api = image.engine.client.api
    if image.dockerfile is not None:
        name, count = nearest(own, ((b.name, _layers(api, b.reference)) for b in image.bases))
        made = any(base.name == name and base.source == "stand-in" for base in image.bases)
        return Origin(name, count, made)  # without layers: from scratch, or the base was removed
    rows = ((base_name(row, image.tag), row["Id"]) for row in api.images())
    others = ((name, _layers(api, found)) for name, found in rows if name and found != image.id)
    below = ((name, ids) for name, ids in others if _shared(own, ids) < len(own))
    tag, count = nearest(own, below)
    if count:
        stand_in = tag.startswith(names.BASE_PREFIX)
        name = tag.removeprefix(names.BASE_PREFIX).removeprefix(names.HUB_PREFIX)
        return Origin(name, count, stand_in)
    first = image.layers[0] if len(own) > 1 else None
    is_distribution = first and any(file.path in RELEASES for file in first.files)
    return Origin("", 1 if is_distribution else 0)


def nearest(own: Sequence[str], bases: Iterable[tuple[str, Sequence[str]]]) -> tuple[str, int]:
    """The base of whose layers an image has all, and how many these are: of several such bases
    the one with most layers. "" and 0 where there is none.

    own    the image's layers
    bases  names, each with its layers
    """
    counted = [(name, _shared(own, ids)) for name, ids in bases]
    best = max(counted, key=lambda each: each[1], default=("", 0))
    return best if best[1] else ("", 0)


def base_name(row: Mapping[str, Any], own: str) -> str | None:
    """The name of an image of the engine, None where it can't be the base of another: it shares
    that one's repository, or the lab built it, and not as a base.

    row  the image as the engine lists it
    own  the name of the other image
    """
    for name in [*(row.get("RepoTags") or ()), *(row.get("RepoDigests") or ())]:
        is_base = name.startswith((names.BASE_PREFIX, names.HUB_PREFIX))
        built = name.startswith(names.TAG_PREFIX) and not is_base
        if not built and "<none>" not in name and _repository(name) != _repository(own):
            return name
    return None


def _repository(name: str) -> str:
    """A name without its tag or digest."""
    path, _, last = name.partition("@")[0].rpartition("/")  # a registry's port is no tag
    return f"{path}/{last.partition(':')[0]}"


def _layers(api: Any, image_id: str) -> list[str]:
    try:
        return api.inspect_image(image_id)["RootFS"].get("Layers") or []
    except docker.errors.NotFound:  # somebody has just removed it
        return []


def _shared(own: Sequence[str], base: Sequence[str]) -> int:
    """How many layers a base has, without empty ones, if the image begins with them; else 0."""
    whole = [diff_id for diff_id in base if diff_id != EMPTY]
    return len(whole) if list(own[: len(whole)]) == whole else 0
