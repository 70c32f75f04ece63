"""The commands about any image: why, advise, explore, compare."""

from __future__ import annotations

import argparse
from pathlib import Path


def why(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.image.open_image import OpenImage
    from helpers.run.container_run import run
    from helpers.view import terminal
    from helpers.view.facts import parts

    command = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    with find_engine(start=False) as engine:
        found = run(OpenImage.of(engine, options.image), command)
    terminal.show(parts(found))
    return 1 if found.error or found.diagnosis else 0


def advise(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.lab.facade import Lab
    from helpers.view import terminal
    from helpers.view.facts import parts

    path = Path(options.what).expanduser()
    with find_engine(start=False) as engine:
        lab = Lab(engine=engine)
        # a folder of that name wins: an image of the same name can be given with its tag
        found = lab.advise(path.resolve() if path.exists() else options.what)
        terminal.show(parts(found))
        terminal.show(parts(found.lint))
        if options.prove:
            terminal.show(parts(lab.prove(found)))
        elif found.dockerfile:
            terminal.show(parts(found.dockerfile))
    return 0


def explore(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.lab.handles import image_of
    from helpers.view import explored, terminal

    with find_engine(start=False) as engine:
        image = image_of(engine, options.image)
        for part in (explored.head, explored.folders, explored.waste):
            terminal.show(part(image))  # on most engines the first reads no layer
    return 0


def compare(options: argparse.Namespace) -> int:
    from helpers.engine.find import find_engine
    from helpers.image.difference import difference
    from helpers.lab.handles import image_of
    from helpers.view import terminal
    from helpers.view.facts import parts

    with find_engine(start=False) as engine:
        first, second = image_of(engine, options.first), image_of(engine, options.second)
        terminal.show(parts(difference(first, second)))
    return 0
