"""Finds out why a RUN's program did not start, from the files its stage had before that step."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress

import docker.errors
import requests

from helpers.build.failure import Failure
from helpers.build.steps import Step
from helpers.core import names
from helpers.core.errors import LabError
from helpers.diagnosis.command import (
    EXEC_FAILED,
    NOT_RUN_BY_SHELL,
    Process,
    may_be_engines_words,
)
from helpers.diagnosis.diagnose import Examination, examine
from helpers.dockerfile.sent import options
from helpers.engine.client import Engine
from helpers.image.open_image import OpenImage
from helpers.image.stored import variables

ENGINES_OWN = EXEC_FAILED - NOT_RUN_BY_SHELL
"""Exit codes by which an engine may mean that it could not start a RUN's program. With the others
the RUN's shell, which did start, says so of a program of its own."""


def examined(
    engine: Engine,
    failed: Failure,
    dockerfile: str,
    args: Mapping[str, str],
    build: Callable[..., object],
) -> Examination | None:
    """Examines the files that a failed RUN had; None where they can't be the reason.

    args   build arguments, which the step sees as variables
    build  builds a Dockerfile's text as `tag=`; the builder's cache has all that it needs
    """
    step = failed.step
    if not failed.is_run or not step:
        return None
    if failed.code not in NOT_RUN_BY_SHELL and not _may_not_have_started(failed):
        return None
    before = dockerfile.split("\n")[: step.line - 1]
    tag = f"{names.TAG_PREFIX}before:{uuid.uuid4().hex}"
    try:
        build("\n".join(before), tag=tag)
        image = OpenImage.of(engine, tag)
        with image.rootfs as fs:
            return examine(fs, _process(engine, image.id, failed, step, args))
    except (LabError, docker.errors.APIError, requests.RequestException):
        return None  # the learner has to see the build's own failure
    finally:
        with suppress(docker.errors.APIError, requests.RequestException):
            # noprune: the layers below are the classic builder's cache
            engine.client.images.remove(tag, force=True, noprune=True)


def _may_not_have_started(failed: Failure) -> bool:
    """Whether the engine could not start the program, or may say so in the log, or says nothing."""
    words = failed.log.strip()  # builders add blank lines
    return (
        not failed.started
        or not words
        or may_be_engines_words(f"{words}\n", failed.code, ENGINES_OWN)
    )


def _process(
    engine: Engine, image: str, failed: Failure, step: Step, args: Mapping[str, str]
) -> Process:
    config = engine.client.api.inspect_image(image)["Config"] or {}
    _, command = options(step.written.value)
    env = variables(config.get("Env") or ())
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
    """The words of a command in JSON form; () where it is a line for the shell."""
    try:
        words = json.loads(command)
    except ValueError:
        return ()
    is_list = isinstance(words, list) and all(isinstance(word, str) for word in words)
    return tuple(words) if is_list else ()
