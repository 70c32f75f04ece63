"""Why the program of a RUN would not start: looks into what its stage held before that step."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import docker.errors
import requests

from helpers.core import names
from helpers.core.errors import LabError
from helpers.diagnosis.command import Process
from helpers.diagnosis.diagnose import Examination, examine
from helpers.dockerfile.sent import options
from helpers.image.open_image import OpenImage

if TYPE_CHECKING:
    from helpers.build.failure import Failure
    from helpers.engine.client import Engine

NOT_RUN = (126, 127)
"""What a shell ends with when it can't run a program, or finds none."""

NOT_STARTED = (1, 255)
"""What engines say a program ended with that they could not start after all."""


def examined(
    engine: Engine,
    failed: Failure,
    dockerfile: str,
    args: Mapping[str, str],
    build: Callable[[str, str], object],
) -> Examination | None:
    """What the files say of a RUN that failed; None where there is no reason to ask them.

    args   build arguments, which the step sees as variables
    build  builds a Dockerfile under a tag; what it needs is in the builder's cache
    """
    if not failed.is_run or not failed.step:
        return None
    if failed.code not in NOT_RUN and not _may_not_have_started(failed):
        return None
    before = dockerfile.split("\n")[: failed.step.line - 1]
    tag = f"{names.TAG_PREFIX}before:{uuid.uuid4().hex}"
    try:
        build("\n".join(before), tag)
        image = OpenImage.of(engine, tag)
        with image.rootfs as fs:
            return examine(fs, _process(engine, image.id, failed, args))
    except (LabError, docker.errors.APIError, requests.RequestException):
        return None  # the failure itself is what the learner has to see
    finally:
        with suppress(docker.errors.APIError, requests.RequestException):
            # the layers below are the classic builder's cache
            engine.client.images.remove(tag, force=True, noprune=True)


def _may_not_have_started(failed: Failure) -> bool:
    """Whether what was printed can be the engine's words, of a program that it could not start."""
    words = failed.log.strip()
    one_line = failed.code in NOT_STARTED and "\n" not in words and "exec" in words
    return not failed.started or not words or one_line


def _process(engine: Engine, image: str, failed: Failure, args: Mapping[str, str]) -> Process:
    config = engine.client.api.inspect_image(image)["Config"] or {}
    _, command = options(failed.step.written.value)
    env = dict(line.partition("=")[::2] for line in config.get("Env") or ())
    return Process(
        argv=_listed(command) or (*(config.get("Shell") or ("/bin/sh", "-c")), command),
        instruction="RUN",
        workdir=config.get("WorkingDir") or "/",
        env={**args, **env},
        user=config.get("User") or "",
        architecture=engine.architecture,
        exit_code=failed.code,
        started=not _may_not_have_started(failed),
    )


def _listed(command: str) -> tuple[str, ...]:
    """The words of a command in JSON form, none where it is a string for the shell."""
    try:
        words = json.loads(command)
    except ValueError:
        return ()
    is_list = isinstance(words, list) and all(isinstance(word, str) for word in words)
    return tuple(words) if is_list else ()
