"""The errors of the lab: each is one sentence that says what happened and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.diagnosis.diagnose import Diagnosis


class LabError(Exception):
    """What a person can do something about. `str()` is the whole message."""

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in place of a traceback: our frames help no learner."""
        return [f"{type(self).__name__}: {self}"]


class EngineError(LabError):
    """No engine answers, or the one that does can't do what was asked.

    absent  whether none was chosen and none is in the usual places, so that one may be started
    """

    absent = False


def silent(host: str, error: Exception) -> EngineError:
    """The error of an engine, at `host`, that answered before and does not any more."""
    return EngineError(
        f"The engine at {host} stopped answering ({error}): "
        "see whether it still runs, and try again."
    )


class BaseUnavailable(LabError):
    """A base image can't be had from any source; says which were tried."""


class BuildFailed(LabError):
    """A build ended with an error.

    step       the failing step as the Dockerfile has it (`RUN gcc hello.c`), or "" where none ran
    line       its line in the Dockerfile, from 1, or None where it is not known
    code       what the step's program ended with, or None where none ran to an end
    log        what the step printed, whole
    error      the engine's own words
    diagnosis  why the step's program would not start, or None
    """

    def __init__(
        self,
        message: str,
        *,
        step: str = "",
        line: int | None = None,
        code: int | None = None,
        log: str = "",
        error: str = "",
        diagnosis: Diagnosis | None = None,
    ) -> None:
        super().__init__(message)
        self.step = step
        self.line = line
        self.code = code
        self.log = log
        self.error = error
        self.diagnosis = diagnosis
