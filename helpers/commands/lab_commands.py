"""The commands that get the lab ready, run the series and tidy up: lab, test, run, book, bases,
doctor, clean."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from helpers.commands.arguments import unasked
from helpers.core import machine, names
from helpers.core.errors import LabError
from helpers.setup import host
from helpers.testing import processes


def lab(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.series import copies, notebooks
    from helpers.setup.doctor import check_room

    _provide_engine(options)
    left = copies.give()
    if left:
        say(
            "The series has changed since you began these; rename yours, and the next start gives "
            f"you the new ones: {', '.join(path.name for path in left)}."
        )
    first, *_ = notebooks.find("00", folder=copies.FOLDER)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={names.ROOT}"]
    # Ctrl-C ends it without a question, and it asks the network for nothing.
    command += ["--ServerApp.answer_yes=True", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    # Else each kernel warns that its connection is not encrypted.
    command += ["--KernelManager.transport_encryption=auto"]
    command += ["--allow-root"] if machine.is_root() else []
    command += ["--no-browser"] if options.no_browser else []
    # so that the address it prints leads to the first notebook too
    at = first.relative_to(names.ROOT).as_posix()
    command += [f"--LabApp.default_url=/lab/tree/{at}"]
    with find_engine() as engine:  # held, so that a private engine lives on
        check_room(engine)
        return _until_interrupted([*command, *options.others, str(first)])


def _until_interrupted(command: list[str]) -> int:
    """Runs a server until it ends by itself or Ctrl-C ends it. Returns its status, or 0."""
    process = processes.start(command, JUPYTER_PREFER_ENV_PATH="1")
    try:
        return process.wait()
    except KeyboardInterrupt:
        say("JupyterLab is ending …")
        return 0
    finally:
        processes.end(process, signal.SIGTERM)


def test(options: argparse.Namespace) -> int:
    from helpers.testing import suite
    from helpers.testing.chosen import Chosen

    os.environ.setdefault(names.BASES_VARIABLE, "stand-ins")
    chosen = Chosen.by(options.others)
    if chosen.engine:
        _provide_engine(options)
    if chosen.browser:
        host.provide_browser(yes=unasked(options), say=say)
    return suite.run(chosen, say)


def run(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.series import results
    from helpers.setup.doctor import check_room

    _provide_engine(options)
    with find_engine() as engine:
        check_room(engine)
        return results.run(options.notebooks, write=options.write)


def book(options: argparse.Namespace) -> int:
    from helpers.series.book import FOLDER, write

    page = write(Path(options.folder) if options.folder else FOLDER)
    print(f"The book is in {page.parent}: open {page.as_uri()} in a browser.")
    return 0


def bases(options: argparse.Namespace) -> int:
    from helpers.bases.inventory import EVERY
    from helpers.bases.source import Bases
    from helpers.engine.find import find_engine
    from helpers.view import live_progress, terminal
    from helpers.view.facts import parts
    from helpers.view.frontend import place

    if options.action in ("export", "load") and not options.what:
        raise LabError(f"Which file? Type `python3 -m helpers bases {options.action} FILE`.")
    _provide_engine(options)
    with find_engine() as engine:
        source = {"pull": "hub", "build": "stand-ins"}.get(options.action)
        here = Bases(engine, source=source)
        if options.action == "export":
            file, *some = options.what
            with live_progress.listener(f"save {file}") as listen:
                here.export(Path(file), here.chosen(some) if some else None, listen)
        elif options.action == "load":
            for file in options.what:
                with live_progress.listener(f"load {file}") as listen:
                    here.load(Path(file), listen)
        elif source:
            for name in here.chosen(options.what or [EVERY]):
                began = time.monotonic()
                with live_progress.listener(f"base {name}") as listen:
                    base = here.ensure(name, listen)
                if place() == "nowhere":  # no progress was drawn
                    say(terminal.base_line(base, time.monotonic() - began))
        terminal.show(parts(here.table()))
    return 0


def doctor(options: argparse.Namespace) -> int:
    from helpers.setup.doctor import report

    return report()


def clean(options: argparse.Namespace) -> int:
    from helpers import newer
    from helpers.bases.source import Bases
    from helpers.engine.find import find_engine
    from helpers.lab import cleaning

    with find_engine() as engine:
        cleaning.clean(engine)
        if options.bases:
            Bases(engine).clean()
    if options.bases:
        newer.remove()
    elif newer.is_made() and not newer.obstacle():
        with newer.joined() as engine:
            cleaning.clean(engine)
    return 0


def _provide_engine(options: argparse.Namespace) -> None:
    host.provide_engine(stand_ins=_wants_stand_ins(), yes=unasked(options), say=say)


def _wants_stand_ins() -> bool:
    """Whether bases will have to be built here, as far as is known before an engine runs."""
    chosen = os.environ.get(names.BASES_VARIABLE)
    if chosen or not host.has_engine():
        return chosen in (None, "stand-ins")
    from helpers.bases.source import Bases
    from helpers.engine.find import find_engine

    with find_engine(start=False) as engine:
        return Bases(engine).source_line.startswith("stand-ins")


def say(line: str) -> None:
    """Tells the person what is going on, apart from what a command prints."""
    print(line, file=sys.stderr, flush=True)
