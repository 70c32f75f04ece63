"""The error of a build: the step that failed, what it printed, and why it would not start."""

from __future__ import annotations

from helpers.core.errors import LabError
from helpers.diagnosis.diagnose import Diagnosis


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
