"""The tests of an exercise's conditions: whether an image, its stages and its runs are as asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from helpers.advice.advise import advise
from helpers.core.errors import EngineError, LabError
from helpers.elf.linking import linkage
from helpers.image.open_image import OpenImage
from helpers.image.packages import packages
from helpers.run.container_run import Run, run

SECOND = 1.1
"""Seconds after which a new file has another time: in a layer times are whole seconds."""


@dataclass
class Inspected:
    """An image that a learner built, and how to build it again.

    stage  builds a stage of the same Dockerfile by its name; raises LabError where there is none
    again  builds the Dockerfile once more, without the cache; raises LabError too
    """

    image: OpenImage
    stage: Callable[[str], OpenImage]
    again: Callable[[], OpenImage]

    @cached_property
    def run(self) -> Run:
        """The run of the image's command, which waits for the first test that needs it."""
        return run(self.image)


def _linked(built: Inspected, path: str, *, static: bool) -> bool:
    try:
        with built.image.rootfs as fs:
            return linkage(fs, path, *built.image.process).static == static
    except EngineError:
        raise
    except LabError:  # there is no such file, or it is no ELF file
        return False


def _without(built: Inspected, paths: list[str]) -> bool:
    return not any(built.image.rootfs.exists(path) for path in paths)


def _empty(built: Inspected, folders: list[str]) -> bool:
    """Whether no layer has bytes below the folders: files that a later layer hides count too. Empty
    files don't, since bases have empty lock files there."""
    below = tuple(folder.rstrip("/") + "/" for folder in folders)
    return not any(
        file.size and file.path.startswith(below)
        for layer in built.image.layers
        for file in layer.files
    )


def _recorded(built: Inspected, wants: list[str]) -> bool:
    """Whether a scanner finds packages of these names, among others or not."""
    with built.image.rootfs as fs:
        return {package.name for package in packages(fs, built.image.files)}.issuperset(wants)


def _stage_has(built: Inspected, wants: Mapping[str, list[str]]) -> bool:
    try:
        return all(
            built.stage(stage).rootfs.exists(path)
            for stage, paths in wants.items()
            for path in paths
        )
    except LabError:
        return False


def _last_layer_at_most(built: Inspected, most: int) -> bool:
    """The last layer is all that somebody pulls who has the others already."""
    layers = built.image.layers
    return bool(layers) and layers[-1].size <= most


def _share_all_but_last(built: Inspected, stages: list[str]) -> bool:
    """Whether these stages have all layers in common but the last, which differs in each."""
    try:
        found = [[layer.diff_id for layer in built.stage(stage).layers] for stage in stages]
    except LabError:
        return False
    below = {tuple(diff_ids[:-1]) for diff_ids in found}
    tops = {diff_ids[-1] for diff_ids in found if diff_ids}
    return len(below) == 1 and () not in below and len(tops) == len(stages)


def _same_layers(built: Inspected, wanted: bool) -> bool:
    """Whether another build makes the same layers again. The image itself need not be the same: it
    has the time of its build, which older builders can't be told.

    Two new builds are compared. The learner's own may have a file from the cache that has the same
    content, and was made at another time.
    """
    try:
        first = [layer.diff_id for layer in built.again().layers]
        time.sleep(SECOND)
        second = [layer.diff_id for layer in built.again().layers]
    except LabError:
        return False
    return (first == second) == wanted


def _nothing_to_advise(built: Inspected, wants: bool) -> bool:
    return (not advise(built.image).findings) == wants


TESTS: Mapping[str, Callable[[Inspected, Any], bool]] = {
    "prints": lambda b, text: b.run.ok and b.run.output == text,
    "runs": lambda b, commands: all(run(b.image, command).ok for command in commands),
    "keeps_running": lambda b, seconds: run(b.image, timeout=seconds).timed_out,
    "at_most": lambda b, size: b.image.size <= size,
    "download_at_most": lambda b, size: b.image.download_size <= size,
    "has": lambda b, paths: all(b.image.rootfs.exists(path) for path in paths),
    "without": _without,
    "empty": _empty,
    "static": lambda b, path: _linked(b, path, static=True),
    "dynamic": lambda b, path: _linked(b, path, static=False),
    "user": lambda b, user: b.image.config.user == user,
    "entrypoint": lambda b, words: list(b.image.config.entrypoint or ()) == words,
    "layers_at_most": lambda b, most: len(b.image.layers) <= most,
    "last_layer_at_most": _last_layer_at_most,
    "share_all_but_last": _share_all_but_last,
    "stage_has": _stage_has,
    "recorded": _recorded,
    "same_layers": _same_layers,
    "nothing_to_advise": _nothing_to_advise,
}
"""The test of each kind of condition; it also gets what the condition wants."""

WANTS: Mapping[str, Any] = {
    "prints": str,
    "runs": list[list[str]],
    "keeps_running": int,
    "at_most": int,
    "download_at_most": int,
    "has": list[str],
    "without": list[str],
    "empty": list[str],
    "static": str,
    "dynamic": str,
    "user": str,
    "entrypoint": list[str],
    "layers_at_most": int,
    "last_layer_at_most": int,
    "share_all_but_last": list[str],
    "stage_has": dict[str, list[str]],
    "recorded": list[str],
    "same_layers": bool,
    "nothing_to_advise": bool,
}
"""What each kind of test compares with, as its type."""
