"""Knows where an image's base ends: finds the image that it was built on, and gives its layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from helpers.core import names
from helpers.image.layers import EMPTY

if TYPE_CHECKING:
    from helpers.image.stored import OpenImage

RELEASES = ("/etc/os-release", "/usr/lib/os-release")


@dataclass(frozen=True)
class Origin:
    """The base of an image.

    name      as the Dockerfile or the engine calls it, "" where nobody knows
    layers    how many of the image's layers are its
    stand_in  whether it is a stand-in
    """

    name: str = ""
    layers: int = 0
    stand_in: bool = False


def origin(image: OpenImage) -> Origin:
    """What an image was built on: of the bases that its Dockerfile names, the one whose layers it
    has; else the image of the engine that it begins with; else its first layer is taken for the
    base, where that has a distribution in it."""
    own = [layer.diff_id for layer in image.layers]
    api = image.engine.client.api
    if image.dockerfile is not None:
        name, count = nearest(own, ((b.name, _layers(api, b.reference)) for b in image.bases))
        made = any(base.name == name and base.source == "stand-in" for base in image.bases)
        return Origin(name, count, made)  # of none: from scratch, or the engine has it no more
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
    """Of some bases, given with their layers, the one of which an image has all and most; and how
    many these are. 0, and "", where it has none."""
    counted = [(name, _shared(own, ids)) for name, ids in bases]
    best = max(counted, key=lambda each: each[1], default=("", 0))
    return best if best[1] else ("", 0)


def base_name(row: Mapping[str, Any], own: str) -> str | None:
    """What to call an image of the engine as a base; None for what can be none: what the lab
    built, but for the bases that it made, and what has the name of the image itself.

    row  as the engine lists it
    own  the name of the image that is built on it
    """
    for name in [*(row.get("RepoTags") or ()), *(row.get("RepoDigests") or ())]:
        is_base = name.startswith((names.BASE_PREFIX, names.HUB_PREFIX))
        built = name.startswith(names.TAG_PREFIX) and not is_base
        if not built and "<none>" not in name and _repository(name) != _repository(own):
            return name
    return None


def _repository(name: str) -> str:
    """A name without its tag or digest; a port before a slash is no tag."""
    path, _, last = name.partition("@")[0].rpartition("/")
    return f"{path}/{last.partition(':')[0]}"


def _layers(api: Any, image_id: str) -> list[str]:
    import docker.errors

    try:
        return api.inspect_image(image_id)["RootFS"].get("Layers") or []
    except docker.errors.NotFound:  # somebody has just removed it
        return []


def _shared(own: Sequence[str], base: Sequence[str]) -> int:
    """How many layers an image has of a base, empty ones not counted; 0 where it lacks one."""
    whole = [diff_id for diff_id in base if diff_id != EMPTY]
    return len(whole) if list(own[: len(whole)]) == whole else 0
