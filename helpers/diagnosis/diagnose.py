"""Finds out why a program did not start, or what ended it, as a `Diagnosis`.

It reads the image's files and the headers of binaries, never the text of an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.core.value import Value
from helpers.diagnosis import causes, outcomes
from helpers.diagnosis.case import Case
from helpers.diagnosis.cause_text import CauseCheck, CauseText, texts
from helpers.diagnosis.command import Process, Start, starts
from helpers.files.filesystem import RootFS

CHECKS: Mapping[str, CauseCheck] = {
    check.__name__.replace("_", "-"): check
    for check in (
        causes.missing_shell,
        causes.missing_loader,
        outcomes.missing_library,
        causes.missing_file,
        causes.wrong_path,
        causes.wrong_architecture,
        causes.not_executable,
        causes.bad_shebang,
        causes.not_a_program,
        outcomes.symbol_version,
        outcomes.killed,
        outcomes.out_of_memory,
    )
}
"""The check for each cause, in the order in which they are tried."""

AFTERWARDS = ("killed", "out-of-memory")
"""Causes that end a program which has all it needs."""


@dataclass(frozen=True, repr=False)
class Diagnosis(Value):
    """Why a program did not start, or what ended it.

    cause        one word for it: `missing-loader`, `wrong-path`, ...
    explanation  what is wrong, and why the error message misleads
    fixes        lines of a Dockerfile, each a fix or a step of one
    missing      paths or sonames that aren't there
    """

    cause: str
    explanation: str
    fixes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examination:
    """A diagnosis, if there is one, and what else is certain.

    nothing_ran  whether not one instruction of any program ran
    last         the last file that had to start, as far as that is certain
    """

    diagnosis: Diagnosis | None
    nothing_ran: bool = False
    last: Start | None = None


def examine(fs: RootFS, process: Process) -> Examination:
    """Finds out why a process failed, as far as the image tells. Nothing is run.

    fs       the image's files
    process  what was to start, and how that ended
    """
    case: Case | None = None
    for start in starts(fs, process):
        case = Case(fs, process, start)
        for cause, check in CHECKS.items():
            if cause not in AFTERWARDS and (found := check(case)):
                nothing_ran = start.is_direct and not found.ran
                return Examination(_write(cause, found), nothing_ran, last=start)
    if case is None:
        return Examination(None)
    for cause in AFTERWARDS:
        if found := CHECKS[cause](case):
            return Examination(_write(cause, found), last=case.start)
    return Examination(None, last=case.start)


def _write(cause: str, found: CauseText) -> Diagnosis:
    """Fills in the text of a cause."""
    text = texts()[cause][found.name]
    facts = {name: fact for name, fact in found.facts.items() if fact}
    return Diagnosis(
        cause=cause,
        explanation=" ".join(text.explanation.format_map(found.facts).split()),
        fixes=tuple(line for template in text.fixes if (line := _filled(template, facts))),
        missing=found.missing,
    )


def _filled(template: str, facts: Mapping[str, Any]) -> str | None:
    try:
        return template.format_map(facts)
    except KeyError:  # a placeholder without a value
        return None
