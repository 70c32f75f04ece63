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


@dataclass(frozen=True)
class ConditionKind:
    """A kind of condition.

    wants  the type of what the test compares with
    test   whether an image is as wanted
    """

    wants: Any
    test: Callable[[Inspected, Any], bool]


KINDS: Mapping[str, ConditionKind] = {
    "prints": ConditionKind(str, lambda b, text: b.run.ok and b.run.output == text),
    "runs": ConditionKind(
        list[list[str]], lambda b, commands: all(run(b.image, command).ok for command in commands)
    ),
    "keeps_running": ConditionKind(int, lambda b, seconds: run(b.image, timeout=seconds).timed_out),
    "at_most": ConditionKind(int, lambda b, size: b.image.size <= size),
    "download_at_most": ConditionKind(int, lambda b, size: b.image.download_size <= size),
    "has": ConditionKind(
        list[str], lambda b, paths: all(b.image.rootfs.exists(path) for path in paths)
    ),
    "without": ConditionKind(list[str], _without),
    "empty": ConditionKind(list[str], _empty),
    "static": ConditionKind(str, lambda b, path: _linked(b, path, static=True)),
    "dynamic": ConditionKind(str, lambda b, path: _linked(b, path, static=False)),
    "user": ConditionKind(str, lambda b, user: b.image.config.user == user),
    "entrypoint": ConditionKind(
        list[str], lambda b, words: list(b.image.config.entrypoint or ()) == words
    ),
    "layers_at_most": ConditionKind(int, lambda b, most: len(b.image.layers) <= most),
    "last_layer_at_most": ConditionKind(int, _last_layer_at_most),
    "share_all_but_last": ConditionKind(list[str], _share_all_but_last),
    "stage_has": ConditionKind(dict[str, list[str]], _stage_has),
    "recorded": ConditionKind(list[str], _recorded),
    "same_layers": ConditionKind(bool, _same_layers),
    "nothing_to_advise": ConditionKind(bool, _nothing_to_advise),
}
"""Every kind by its name in `exercises.toml`."""
