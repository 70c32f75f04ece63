"""What may be typed after `python3 -m helpers`: the commands, their options and their help."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parses what was typed. Options for JupyterLab or pytest are kept in `.others`; for anything
    else that is unknown argparse ends the program with status 2."""
    ours, dashes = list(arguments), list[str]()
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
    """The parser of all commands."""
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


def unasked(options: argparse.Namespace) -> bool:
    """Whether everything is agreed to beforehand: by `--yes`, or because this is CI."""
    return options.yes or os.environ.get("CI", "").lower() == "true"
