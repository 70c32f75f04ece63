"""Runs hadolint, a linter, on the text of a Dockerfile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from helpers.core.errors import LabError
from helpers.core.value import Value

LIMIT = 60
"""Seconds that hadolint may take; it needs less than one."""


@dataclass(frozen=True)
class Problem:
    """What hadolint says of a line: the rule (`DL3009`), its level and a sentence."""

    line: int
    rule: str
    level: str
    says: str


@dataclass(frozen=True, repr=False)
class Lint(Value):
    """What hadolint says of a Dockerfile.

    problems  in the order of the lines
    absent    why hadolint was not run, a sentence, or ""
    """

    problems: tuple[Problem, ...] = ()
    absent: str = ""


def lint(dockerfile: str | None) -> Lint:
    """Runs hadolint with its default rules, whatever configuration files are around. Raises
    LabError where hadolint itself fails."""
    if dockerfile is None:
        return Lint(absent="hadolint reads a Dockerfile, and this image came without one.")
    tool = _tool()
    if not tool.exists():
        return Lint(absent="hadolint is not made for this platform, so it was not asked.")
    options = ["--no-fail", "--format", "json", "--config", os.devnull, "-"]
    try:
        ran = subprocess.run(
            [tool, *options],
            input=dockerfile.encode(),
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        rows = json.loads(ran.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise LabError(
            f"hadolint could not read this Dockerfile ({error}): run `hadolint` on it by itself."
        ) from None
    return Lint(
        tuple(
            Problem(row["line"], row["code"], row["level"], row["message"])
            for row in sorted(rows, key=lambda row: (row["line"], row["code"]))
        )
    )


def _tool() -> Path:
    """Where pip puts a package's programs: beside the interpreter."""
    return Path(sys.executable).with_name("hadolint")
