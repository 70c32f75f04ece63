"""Finds an engine that answers, or starts a private one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from helpers.core import names
from helpers.core.errors import EngineError
from helpers.engine.client import Absent, Engine, open_engine
from helpers.engine.endpoints import Endpoint, chosen, usual


def find_engine(*, start: bool = True, timeout: float = 10.0) -> Engine:
    """The first engine that answers of: DOCKER_HOST or the current docker context; the private
    engine of LAB_ENGINE_ROOT; Docker's usual sockets; Podman's; the private engine.

    start    start a private engine where no other answers
    timeout  seconds each engine has to answer

    Raises EngineError where none answers, and where the one that DOCKER_HOST or a context names
    doesn't: on another engine nobody would look for the images.
    """
    try:
        return _find(start, timeout)
    except Absent as none:  # learners see the class's name, so raise the public one
        error = EngineError(str(none))
        error.may_start_own = chosen() is None
        raise error from None


def _find(start: bool, timeout: float) -> Engine:
    if endpoint := chosen():
        return open_engine(endpoint, timeout)
    if os.environ.get(names.ENGINE_ROOT_VARIABLE):
        return _private(timeout, start)
    unusable = None
    for endpoint in usual():
        try:
            return open_engine(endpoint, timeout)
        except Absent:
            continue
        except EngineError as error:
            unusable = unusable or error
    try:
        # An engine that hangs or refuses us needs repair: start no other beside it.
        return _private(timeout, start and unusable is None)
    except Absent as none:
        raise unusable or none from None


def engine_inside(root: Path, *, timeout: float = 10.0) -> Engine:
    """The private engine inside another Debian system; it is started where it doesn't run.

    root     the folder of that system
    timeout  seconds it has to answer

    Raises EngineError where it can't be started or doesn't answer.
    """
    return _private(timeout, start=True, root=str(root))


def _private(timeout: float, start: bool, root: str | None = None) -> Engine:
    if sys.platform != "linux":
        raise Absent(
            "No Docker engine answers: start Docker Desktop, or Podman's machine with "
            "`podman machine start`, and try again."
        )
    from helpers.engine import private

    attachment = private.attach(start=start, root=root)
    if attachment is None:
        raise Absent(
            "No Docker engine answers: run `python3 -m helpers lab`, which starts one or says how."
        )
    try:
        engine = open_engine(Endpoint(f"unix://{attachment.socket}"), timeout)
    except BaseException:
        attachment.close()
        raise
    engine.private, engine.leave = True, attachment.close
    return engine
