"""The commands of `python3 -m helpers`: what each takes, gets ready and does. Read with the
standard library alone; what needs the packages is imported when it is done."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from helpers.core import machine, names
from helpers.core.errors import LabError
from helpers.setup import environment as setup
from helpers.setup import host
from helpers.testing import processes

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Does one command and returns its exit status.

    0 done, 1 it failed, 2 the person must do something first, 130 interrupted.
    """
    # Both end it tidily, also where it was started in the background, which ignores Ctrl-C.
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


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was typed. What is for JupyterLab or pytest is in `.others`; argparse ends the program
    with status 2 for anything else that it doesn't know."""
    ours, dashes, others = list(arguments), [], []
    if "--" in ours and ours[0] in ("lab", "test"):
        at = ours.index("--")
        ours, dashes = ours[:at], ours[at + 1 :]
    known = parser()
    options, others = known.parse_known_args(ours)
    if others and options.command != "test":
        known.error(f"not understood: {' '.join(others)}")
    options.others = [*others, *dashes]
    return options


def parser() -> argparse.ArgumentParser:
    """What may be typed."""
    top = argparse.ArgumentParser(
        prog="python3 -m helpers", description="Notebooks that shrink real Docker images."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, does: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=does, description=does)
        command.set_defaults(yes=False)
        return command

    def asks(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
        command.add_argument(
            "--yes", "-y", action="store_true", help="install and start what is needed, unasked"
        )
        return command

    lab = asks(add("lab", "get everything ready, then open JupyterLab on the first notebook"))
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.epilog = "Options for JupyterLab itself stand after --."

    asks(add("test", "get everything ready, then run every test; other options go to pytest"))

    run = asks(add("run", "execute the notebooks without a browser and write the results table"))
    run.add_argument("notebooks", nargs="*", metavar="NN", help="some of them, by number or path")
    run.add_argument("--write", action="store_true", help="save them as executed, to be committed")

    book = add("book", "write the series, with the outputs that it has, as a static site")
    book.add_argument("folder", nargs="?", metavar="FOLDER", help="where (book, unless named)")

    bases = asks(add("bases", "the base images: which are here, and ways to get the others"))
    bases.add_argument("action", choices=["list", "pull", "build", "export", "load"])
    what = "an archive; names of bases, or notebooks (14, 00-11) for all that they need"
    bases.add_argument("what", nargs="*", metavar="FILE or NAME", help=what)

    why = add("why", "run an image of your own, and say why if it does not start")
    why.add_argument("image", metavar="IMAGE")
    why.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND ...")

    advise = add("advise", "what would make an image smaller, and how much each remedy saves")
    advise.add_argument("what", metavar="IMAGE|FOLDER", help="a folder is built first")
    advise.add_argument(
        "--prove", action="store_true", help="build the rewritten Dockerfile, and run both"
    )

    explore = add("explore", "an image's layers, its largest folders, and what it wastes")
    explore.add_argument("image", metavar="IMAGE")

    compare = add("compare", "what two images differ in, by folder and by file")
    compare.add_argument("first", metavar="IMAGE")
    compare.add_argument("second", metavar="IMAGE")

    add("doctor", "what is here, what is missing, and what to do about it")
    clean = add("clean", "remove what the lab has made on the engine, and nothing else")
    clean.add_argument(
        "--bases", action="store_true", help="the stand-in bases too, and the newer engine"
    )
    return top


def _do(options: argparse.Namespace, arguments: list[str]) -> int:
    if options.command == "doctor":
        venv = names.ROOT / ".venv"
        inside = Path(sys.prefix).resolve() == venv.resolve()
        if not inside and setup.lacking() and setup.is_current(venv):
            return setup.continue_in(setup.python_of(venv), arguments)
        return _doctor(options)
    python = _interpreter(options)
    if python:
        return setup.continue_in(python, arguments)
    return COMMANDS[options.command](options)


def _interpreter(options: argparse.Namespace) -> Path | None:
    try:
        return setup.interpreter(_say)
    except setup.NoVenv:
        if not host.provide_venv(yes=_unasked(options), say=_say):
            raise
        return setup.interpreter(_say)


def _lab(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.series import copies, notebooks
    from helpers.setup import doctor

    _provide_engine(options)
    left = copies.give()
    if left:
        _say(
            "The series has changed since you began these; rename yours, and the next start gives "
            f"you the new ones: {', '.join(path.name for path in left)}."
        )
    first, *_ = notebooks.find("00", folder=copies.FOLDER)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={names.ROOT}"]
    # Ctrl-C ends it without a question, and nothing is asked of the network.
    command += ["--ServerApp.answer_yes=True", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--allow-root"] if machine.is_root() else []
    command += ["--no-browser"] if options.no_browser else []
    # The address that is printed leads there too.
    at = first.relative_to(names.ROOT).as_posix()
    command += [f"--LabApp.default_url=/lab/tree/{at}"]
    with find_engine() as engine:  # held, so that a private one lives as long as this does
        doctor.check_room(engine)
        return _until_interrupted([*command, *options.others, str(first)])


def _until_interrupted(command: list[str]) -> int:
    """Runs a server until it ends by itself or Ctrl-C ends it. Returns its status, or 0."""
    process = processes.start(command, JUPYTER_PREFER_ENV_PATH="1")
    try:
        return process.wait()
    except KeyboardInterrupt:
        _say("JupyterLab is ending …")
        return 0
    finally:
        processes.end(process, signal.SIGTERM)


def _test(options: argparse.Namespace) -> int:
    from helpers.testing import suite as testing

    os.environ.setdefault(names.BASES_VARIABLE, "stand-ins")
    _provide_engine(options)
    host.provide_browser(yes=_unasked(options), say=_say)
    return testing.run(options.others, _say)


def _run(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.series import results
    from helpers.setup import doctor

    _provide_engine(options)
    with find_engine() as engine:
        doctor.check_room(engine)
        return results.run(options.notebooks, write=options.write)


def _book(options: argparse.Namespace) -> int:
    from helpers.series import book

    page = book.write(Path(options.folder) if options.folder else book.FOLDER)
    print(f"The book is in {page.parent}: open {page.as_uri()} in a browser.")
    return 0


def _bases(options: argparse.Namespace) -> int:
    from helpers.bases.source import EVERY, Bases
    from helpers.engine.find import find_engine
    from helpers.view import live_progress as progress
    from helpers.view import terminal
    from helpers.view.facts import parts
    from helpers.view.frontend import place

    if options.action in ("export", "load") and not options.what:
        raise LabError(f"Which file? Type `python3 -m helpers bases {options.action} FILE`.")
    _provide_engine(options)
    with find_engine() as engine:
        source = {"pull": "hub", "build": "stand-ins"}.get(options.action)
        bases = Bases(engine, source=source)
        if options.action == "export":
            file, *some = options.what
            with progress.listener(f"save {file}") as listen:
                bases.export(Path(file), bases.chosen(some) or None, listen)
        elif options.action == "load":
            for file in options.what:
                with progress.listener(f"load {file}") as listen:
                    bases.load(Path(file), listen)
        elif source:
            for name in bases.chosen(options.what or [EVERY]):
                began = time.monotonic()
                with progress.listener(f"base {name}") as listen:
                    base = bases.ensure(name, listen)
                if place() == "nowhere":  # a log, where nothing was drawn
                    _say(terminal.base_line(base, time.monotonic() - began))
        terminal.show(parts(bases.table()))
    return 0


def _why(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.image.stored import open_image
    from helpers.run.container_run import run
    from helpers.view import terminal
    from helpers.view.facts import parts

    command = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    with find_engine(start=False) as engine:
        found = run(open_image(engine, options.image), command)
    terminal.show(parts(found))
    return 1 if found.error or found.diagnosis else 0


def _advise(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.lab.facade import Lab
    from helpers.view import terminal
    from helpers.view.facts import parts

    path = Path(options.what).expanduser()
    with find_engine(start=False) as engine:
        lab = Lab(engine=engine)
        # what is a folder here is meant as one: images have the same name only with a tag
        found = lab.advise(path.resolve() if path.exists() else options.what)
        terminal.show(parts(found))
        terminal.show(parts(found.lint))
        if options.prove:
            terminal.show(parts(lab.prove(found)))
        elif found.dockerfile:
            terminal.show(parts(found.dockerfile))
    return 0


def _explore(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.lab.handles import image_of
    from helpers.view import explored, terminal

    with find_engine(start=False) as engine:
        image = image_of(engine, options.image)
        for part in (explored.head, explored.folders, explored.waste):
            terminal.show(part(image))  # the first needs no layer read, on most engines
    return 0


def _compare(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.image.difference import difference
    from helpers.lab.handles import image_of
    from helpers.view import terminal
    from helpers.view.facts import parts

    with find_engine(start=False) as engine:
        pair = [image_of(engine, name) for name in (options.first, options.second)]
        terminal.show(parts(difference(*pair)))
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from helpers.setup import doctor

    return doctor.report()


def _clean(options: argparse.Namespace) -> int:
    from helpers import newer
    from helpers.bases.source import Bases
    from helpers.engine.find import find_engine
    from helpers.lab.cleaning import clean

    with find_engine() as engine:
        clean(engine)
        if options.bases:
            Bases(engine).clean()
    if options.bases:
        newer.remove()
    elif newer.is_made() and not newer.obstacle():
        with newer.joined() as engine:
            clean(engine)
    return 0


COMMANDS = {
    "lab": _lab,
    "test": _test,
    "run": _run,
    "book": _book,
    "bases": _bases,
    "why": _why,
    "advise": _advise,
    "explore": _explore,
    "compare": _compare,
    "clean": _clean,
}


def _provide_engine(options: argparse.Namespace) -> None:
    host.provide_engine(stand_ins=_wants_stand_ins(), yes=_unasked(options), say=_say)


def _wants_stand_ins() -> bool:
    """Whether bases will have to be made here, as far as that is known."""
    chosen = os.environ.get(names.BASES_VARIABLE)
    if chosen or not host.has_engine():
        return chosen in (None, "stand-ins")
    from helpers.bases.source import Bases
    from helpers.engine.find import find_engine

    with find_engine(start=False) as engine:
        return Bases(engine).source_line.startswith("stand-ins")


def _unasked(options: argparse.Namespace) -> bool:
    return options.yes or os.environ.get("CI", "").lower() == "true"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
