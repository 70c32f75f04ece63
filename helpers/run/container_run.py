"""Runs an image's program in a container and says how it went, and why it failed.

A failing program is a result. Only an engine that fails raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from helpers.core.events import CancellationToken
from helpers.core.value import Value
from helpers.diagnosis.command import Process
from helpers.diagnosis.diagnose import Diagnosis, Examination, examine
from helpers.image.open_image import OpenImage
from helpers.image.stored import variables
from helpers.run.watched import ContainerOutcome, Settings, outcome_of

INIT_SAW_SIGNAL = re.compile(rb"Main child exited with signal \(")
"""What tini, Docker's init, prints of a program that a signal ended."""


@dataclass(frozen=True, repr=False)
class Run(Value):
    """How a container's run went.

    ok         whether the program ran and exited with 0
    exit_code  the program's, None where nothing started
    output     what the program printed, both streams as they came
    error      the engine's own words where it could not start the program, or None
    timed_out  whether it ran out of time and was stopped
    seconds    from start to end
    diagnosis  why it failed; None where it didn't, or the image doesn't tell
    """

    ok: bool
    exit_code: int | None
    output: str
    error: str | None
    timed_out: bool
    seconds: float
    diagnosis: Diagnosis | None

    @property
    def ending(self) -> str:
        """How it ended, in a few words: `ran`, `exit 1`, `did not start`."""
        if self.timed_out:
            return "stopped: it ran out of time"
        if self.exit_code is None:
            return "did not start"
        return "ran" if self.exit_code == 0 else f"exit {self.exit_code}"


def run(
    image: OpenImage,
    command: Sequence[str] = (),
    *,
    entrypoint: str | Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    user: str | int | None = None,
    memory: str | int | None = None,
    network: str | None = None,
    timeout: float = 60,
    token: CancellationToken | None = None,
) -> Run:
    """Runs an image once, and removes the container.

    command     words after the entry point; empty for the image's own command
    entrypoint  replaces the image's: one program, or its words; "" for none
    env         variables to add
    user        replaces the image's
    memory      the most that it may use, in bytes or as `64m`; it gets no swap
    network     a network's name, `none` or `host`
    timeout     seconds; a container that runs longer is stopped
    token       cancellation token

    Raises EngineError where the engine doesn't answer, LabError where the image is gone.
    """
    settings = Settings(
        command=tuple(command),
        entrypoint=(entrypoint,) if isinstance(entrypoint, str) else _tuple(entrypoint),
        env=tuple(f"{name}={value}" for name, value in (env or {}).items()),
        user=None if user is None else str(user),
        memory=memory,
        network=network,
    )
    token = token or CancellationToken()
    outcome = outcome_of(image.engine, image.id, settings, timeout, token)
    if outcome.exit_code == 0 or outcome.timed_out or not outcome.made:
        return as_run(outcome)
    process = _process(image, settings, outcome)
    with image.rootfs as fs:
        finding = examine(fs, process)
        if not finding.diagnosis:
            proven = _ended_by(image, settings, outcome, finding, token)
            finding = examine(fs, replace(process, **proven)) if proven else finding
    if finding.nothing_ran and outcome.exit_code is not None:
        outcome = outcome.as_not_started()  # though the engine said that it started
    return as_run(outcome, finding.diagnosis)


def as_run(outcome: ContainerOutcome, diagnosis: Diagnosis | None = None) -> Run:
    """What the engine says of a container, as a result."""
    return Run(
        ok=outcome.exit_code == 0 and not outcome.timed_out,
        exit_code=outcome.exit_code,
        output=outcome.text,
        error=outcome.error,
        timed_out=outcome.timed_out,
        seconds=outcome.seconds,
        diagnosis=diagnosis,
    )


def _process(image: OpenImage, settings: Settings, outcome: ContainerOutcome) -> Process:
    """What the container had to start, by the rules of ENTRYPOINT and CMD."""
    config = image.config
    own = tuple(config.entrypoint or ())
    entrypoint = own if settings.entrypoint is None else settings.entrypoint
    entrypoint = () if entrypoint == ("",) else entrypoint
    keeps_command = settings.entrypoint is None and not settings.command
    command = tuple(config.command or ()) if keeps_command else settings.command
    if settings.entrypoint is None and own:
        instruction, written = "ENTRYPOINT", len(own)
    else:
        instruction, written = "CMD" if keeps_command else "", None
    return Process(
        argv=(*entrypoint, *command),
        instruction=instruction,
        written=written,
        workdir=config.workdir or "/",
        env=variables((*config.env, *settings.env)),
        user=config.user or "" if settings.user is None else settings.user,
        architecture=image.engine.architecture,
        exit_code=outcome.exit_code,
        oom=outcome.oom,
        started=not outcome.may_not_have_started,
    )


def _ended_by(
    image: OpenImage,
    settings: Settings,
    outcome: ContainerOutcome,
    finding: Examination,
    token: CancellationToken,
) -> dict[str, Any]:
    """What ended a program from outside, as fields of `Process`, where that can be proven.

    A program that exits with 139 looks like one that a signal killed. So it is run again as the
    child of an init: the kernel tells the init which of the two it was, and the init prints it.
    """
    code, last = outcome.exit_code, finding.last
    if code is None or not 128 < code <= 128 + 64 or outcome.oom or not last or not last.path:
        return {}
    again = replace(
        settings,
        init=True,
        entrypoint=(last.path,),
        command=last.argv[1:],
        env=(*settings.env, "TINI_VERBOSITY=3"),
    )
    seconds = max(10, 2 * outcome.seconds)
    seen = outcome_of(image.engine, image.id, again, seconds, token)
    if seen.timed_out or seen.exit_code is None or seen.exit_code <= 128:
        return {}
    if seen.oom:  # the engine may have learnt that too late the first time
        return {"oom": True}
    return {"signal": seen.exit_code - 128} if INIT_SAW_SIGNAL.search(seen.output) else {}


def _tuple(words: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)
