"""Why a program would not start or did not live: worked out from the files of its image and the
headers of its binaries, never from the words of an error. Gives `Diagnosis`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from helpers.core.value import Value
from helpers.diagnosis import causes, outcomes
from helpers.diagnosis.case import Case
from helpers.diagnosis.command import Process, Start, starts
from helpers.diagnosis.said import CauseText, table

if TYPE_CHECKING:
    from helpers.files.filesystem import RootFS

__all__ = ["CHECKS", "Diagnosis", "Examination", "Process", "diagnose", "examine"]

CHECKS: Mapping[str, Callable[[Case], CauseText | None]] = {
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
"""Each cause's function by the cause's word, in the order in which they are tried."""

AFTERWARDS = ("killed", "out-of-memory")
"""Causes of a program that had all it needs."""


@dataclass(frozen=True, repr=False)
class Diagnosis(Value):
    """Why a program did not start, or what ended it.

    cause        one word for it: `missing-loader`, `wrong-path`, ...
    explanation  what is so, and why the error's words lead elsewhere
    fixes        lines of a Dockerfile, each a way out or a step of one
    missing      what isn't there: paths or sonames
    """

    cause: str
    explanation: str
    fixes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examination:
    """What was found out: the diagnosis where there is one.

    nothing_ran  whether it proves that not one instruction of a program was run
    last         the last file that had to start, as far as that is certain
    """

    diagnosis: Diagnosis | None
    nothing_ran: bool = False
    last: Start | None = None


def diagnose(fs: RootFS, process: Process) -> Diagnosis | None:
    """Why a process failed, or None where the image doesn't tell. Nothing is run.

    fs       the files of the image
    process  what was to start, and how it ended
    """
    return examine(fs, process).diagnosis


def examine(fs: RootFS, process: Process) -> Examination:
    """As `diagnose`, with what else was found out on the way."""
    case = None
    for start in starts(fs, process):
        case = Case(fs, process, start)
        for cause, check in CHECKS.items():
            if cause not in AFTERWARDS and (said := check(case)):
                nothing_ran = start.is_direct and not said.ran
                return Examination(_write(cause, said), nothing_ran, last=start)
    for cause in AFTERWARDS if case else ():
        if said := CHECKS[cause](case):
            return Examination(_write(cause, said), last=case.start)
    return Examination(None, last=case.start if case else None)


def _write(cause: str, said: CauseText) -> Diagnosis:
    text = table()[cause][said.case]
    facts = {name: fact for name, fact in said.facts.items() if fact}
    return Diagnosis(
        cause=cause,
        explanation=" ".join(text["explanation"].format_map(said.facts).split()),
        fixes=tuple(line for template in text["fixes"] if (line := _filled(template, facts))),
        missing=said.missing,
    )


def _filled(template: str, facts: Mapping[str, Any]) -> str | None:
    try:
        return template.format_map(facts)
    except KeyError:  # nothing stands for one of its placeholders
        return None
