"""Runs the command that was typed, in an interpreter that has the packages."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.commands import image_commands, lab_commands
from helpers.commands.arguments import parse, unasked
from helpers.commands.lab_commands import say
from helpers.core import names
from helpers.core.errors import LabError
from helpers.setup import environment as setup
from helpers.setup import host

COMMANDS = {
    "lab": lab_commands.lab,
    "test": lab_commands.test,
    "run": lab_commands.run,
    "book": lab_commands.book,
    "bases": lab_commands.bases,
    "clean": lab_commands.clean,
    "why": image_commands.why,
    "advise": image_commands.advise,
    "explore": image_commands.explore,
    "compare": image_commands.compare,
}
"""All but `doctor`, which must also run where the packages can't be installed."""

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit status.

    0 done, 1 failed, 2 the person must do something first, 130 interrupted.
    """
    # Both end it tidily, even in the background, where a shell has Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = parse(arguments)
    try:
        return _do(options, list(arguments))
    except LabError as error:
        print(error, file=sys.stderr)
        return getattr(error, "status", 1)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED


def _do(options: argparse.Namespace, arguments: list[str]) -> int:
    if options.command == "doctor":
        venv = names.ROOT / ".venv"
        inside = Path(sys.prefix).resolve() == venv.resolve()
        if not inside and setup.lacking() and setup.is_current(venv):
            return setup.continue_in(setup.python_of(venv), arguments)
        return lab_commands.doctor(options)
    python = _interpreter(options)
    if python:
        return setup.continue_in(python, arguments)
    return COMMANDS[options.command](options)


def _interpreter(options: argparse.Namespace) -> Path | None:
    try:
        return setup.interpreter(say)
    except setup.NoVenv:
        if not host.provide_venv(yes=unasked(options), say=say):
            raise
        return setup.interpreter(say)
