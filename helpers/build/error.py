"""The error that a failed build raises."""

from __future__ import annotations

from helpers.core.errors import LabError
from helpers.diagnosis.diagnose import Diagnosis


class BuildFailed(LabError):
    """A build failed.

    step       the failing step as in the Dockerfile (`RUN gcc hello.c`), "" where none ran
    line       its line in the Dockerfile, from 1, or None where it is not known
    code       the exit code of the step's program, None where none ran to its end
    log        all that the step printed
    error      the engine's own words
    diagnosis  why the step's program did not start, or None
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

    @property
    def last_line(self) -> str:
        """The last line that the step printed; the engine's own words where it printed none."""
        return self.log.strip().rpartition("\n")[2] or self.error
