"""The blocks that show sizes, layers, files, configurations, linkages, runs and diagnoses."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable, Iterator, Sequence

from helpers.diagnosis.diagnose import Diagnosis
from helpers.elf.linking import Linkage
from helpers.engine.container import Stopped
from helpers.files.stack import File, Files
from helpers.image.open_image import Layers
from helpers.image.stored import Config, Layer, Sizes
from helpers.run.container_run import Run
from helpers.view import safe, units
from helpers.view.blocks import (
    Block,
    Column,
    EngineLine,
    Fact,
    Items,
    OutputLines,
    Prose,
    Table,
    Title,
)
from helpers.view.parts import parts

ROWS = 40
"""Rows of a table that are shown; of the rest only the number is."""


@parts.register
def sizes(value: Sizes) -> Iterator[Block]:
    yield Fact("size: the files of all layers", (units.size(value.size),), words=True)
    yield Fact("download size: the layers compressed", (units.size(value.download),), words=True)
    yield EngineLine(f"disk size, what this engine keeps: {units.size(value.on_disk)}")


@parts.register(Layers)
def layers(value: Sequence[Layer]) -> Iterator[Block]:
    total = sum(layer.size for layer in value)
    yield Table.of_first(
        ROWS,
        f"layers, base first: {units.size(total)} in all",
        (Column("size", figures=True), Column("share", figures=True), Column("created by")),
        value,
        lambda layer: (
            units.size(layer.size),
            units.share(layer.size / total if total else 0),
            made_by(layer.created_by),
        ),
    )


@parts.register
def layer(value: Layer) -> Iterator[Block]:
    yield Title(made_by(value.created_by), units.size(value.size))


def made_by(instruction: str, limit: int = safe.NAME) -> str:
    """The instruction that made a layer, fit for a line."""
    return safe.command(instruction, limit) or "not recorded"


@parts.register(Files)
def files(value: Sequence[File]) -> Iterator[Block]:
    columns = [Column("mode"), Column("owner"), Column("size", figures=True), Column("path")]
    marked = any(file.change != "added" for file in value)  # a layer that changes what is below it
    if marked:
        columns.insert(0, Column("change", words=True))
    yield Table.of_first(
        ROWS,
        f"{len(value):,} {'entry' if len(value) == 1 else 'entries'}",
        columns,
        value,
        lambda file: (file.change, *_listed(file)) if marked else _listed(file),
    )


@parts.register
def file(value: File) -> Iterator[Block]:
    yield from files((value,))


def owned(file: File) -> tuple[str, str]:
    """Mode and owner as `ls -ln` writes them: `-rwxr-xr-x`, `0:0`; "" for a removed file."""
    if file.kind == "removed":
        return "", ""
    letter = {"directory": "d", "symlink": "l", "device": "c"}.get(file.kind, "-")
    return letter + stat.filemode(file.mode & 0o7777)[1:], f"{file.uid}:{file.gid}"


def _listed(file: File) -> tuple[str, ...]:
    """A file's cells: mode, owner, size and path."""
    if file.kind == "removed":
        return *owned(file), "", file.path
    size = units.size(file.size) if file.kind == "file" else ""
    path = safe.name(file.path, limit=60)
    if file.target is not None:
        arrow = "->" if file.kind == "symlink" else "is also"
        path = f"{path} {arrow} {safe.name(file.target, limit=50)}"
    return *owned(file), size, path


@parts.register
def config(value: Config) -> Iterator[Fact]:
    yield Fact("entrypoint", (_json(value.entrypoint),))
    yield Fact("command", (_json(value.command),))
    yield Fact("environment", tuple(value.env) or (units.NONE,))
    yield Fact("user", (value.user or "root",))
    yield Fact("working directory", (value.workdir or "/",))
    yield Fact("architecture", (value.architecture,))


def _json(words: Iterable[str] | None) -> str:
    """A command as a Dockerfile writes it."""
    return json.dumps(list(words), ensure_ascii=False) if words else units.NONE


@parts.register
def linkage(value: Linkage) -> Iterator[Block]:
    made = ", ".join(word for word in (value.machine, value.libc) if word)
    yield Title(f"{'static' if value.static else 'dynamic'} ({made})" if made else "static")
    if value.interpreter:
        yield Fact("interpreter", (value.interpreter,))
    if value.needed:
        yield Fact("needs", _some(value.needed))
    if value.missing:
        yield Fact("missing here", _some(value.missing), sign="bad")
    else:
        yield Title("nothing is missing", sign="good")


@parts.register
def run(value: Run) -> Iterator[Block]:
    yield Title(value.ending, sign="good" if value.ok else "bad")
    if value.output:
        yield OutputLines(value.output)
    if value.error:
        yield EngineLine(value.error)
    if value.diagnosis:
        yield from diagnosis(value.diagnosis)


@parts.register
def stopped(value: Stopped) -> Iterator[Block]:
    yield Title(f"exit {value.exit_code}", f"after {units.seconds(value.seconds)}")


@parts.register
def diagnosis(value: Diagnosis) -> Iterator[Block]:
    yield Fact("cause", (value.cause,))
    yield Prose(value.explanation)
    if value.missing:
        yield Fact("missing", _some(value.missing), sign="bad")
    if value.fixes:
        yield Items("ways out, as lines of a Dockerfile; one is enough", tuple(value.fixes))


def _some(values: Sequence[str], most: int = 20) -> tuple[str, ...]:
    """The first `most` values, and how many more there are."""
    more = len(values) - most
    return (*values[:most], f"and {more:,} more") if more > 0 else tuple(values)
