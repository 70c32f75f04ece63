"""Knows where an image's base ends: finds the image that it was built on, and gives its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from helpers import names
from helpers.building.dockerfile import instructions, references
from helpers.images.layers import EMPTY

if TYPE_CHECKING:
    from helpers.images.image import Image

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


def origin(image: Image) -> Origin:
    """What an image was built on: by its Dockerfile; else the image of the engine that it begins
    with; else its first layer is taken for the base, where that has a distribution in it."""
    own = [layer.diff_id for layer in image.layers]
    if image.dockerfile is not None:
        name = base_of(image.dockerfile, image.target)
        found = next((base for base in image.bases if base.name == name), None)
        if found is None:
            return Origin()  # scratch
        inspected = image.engine.client.api.inspect_image(found.reference)
        ids = inspected["RootFS"].get("Layers") or []
        return Origin(name, _shared(own, ids), found.source == "stand-in")
    tag, count = max(_begins_with(image, own), key=lambda each: each[1], default=("", 0))
    if count:
        stand_in = tag.startswith(names.BASE_PREFIX)
        name = tag.removeprefix(names.BASE_PREFIX).removeprefix(names.HUB_PREFIX)
        return Origin(name, count, stand_in)
    first = image.layers[0] if len(own) > 1 else None
    is_distribution = first and any(file.path in RELEASES for file in first.files)
    return Origin("", 1 if is_distribution else 0)


def base_of(dockerfile: str, target: str | None = None) -> str:
    """The image at the bottom of a Dockerfile's last stage, or of that target's; "" for scratch."""
    stages: list[tuple[str, str]] = []  # what each begins with, and its name
    for each in instructions(dockerfile):
        if each.keyword == "FROM":
            words = [word for word in each.value.split() if not word.startswith("--")]
            named = words[2].lower() if len(words) > 2 and words[1].upper() == "AS" else ""
            stages.append((words[0] if words else "", named))
    if not stages:
        return ""
    by_name = {name: at for at, (_, name) in enumerate(stages) if name}
    at = len(stages) - 1
    if target is not None:
        at = int(target) if target.isdigit() else by_name.get(target.lower(), at)
    while stages[at][0].lower() in by_name and by_name[stages[at][0].lower()] < at:
        at = by_name[stages[at][0].lower()]
    base = stages[at][0]
    if "$" in base:  # its arguments have defaults: the name as the builder has it
        known = references(dockerfile)
        return known[-1] if known else ""
    return "" if base.lower() == "scratch" else base


def _begins_with(image: Image, own: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Images of the engine that this one begins with, with the number of layers that they share.
    What the lab built is no base, but for the bases that it made."""
    api = image.engine.client.api
    for row in api.images():
        tags = [tag for tag in row.get("RepoTags") or [] if _may_be_base(tag)]
        if tags and row["Id"] != image.id:
            count = _shared(own, _layers(api, row["Id"]))
            if 0 < count < len(own):
                yield tags[0], count


def _may_be_base(tag: str) -> bool:
    built = tag.startswith(names.TAG_PREFIX) and not tag.startswith(
        (names.BASE_PREFIX, names.HUB_PREFIX)
    )
    return not built and tag != "<none>:<none>"


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
