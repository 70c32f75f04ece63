"""The blocks that show images, bases, comparisons, Dockerfiles and exercises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from helpers import samples
from helpers.bases import table as base_table
from helpers.bases.source import Base
from helpers.bases.table import BaseInfo, BaseTable
from helpers.compare import ComparisonTable, Row
from helpers.core.errors import ENGINE_PREFIX, OUTPUT_INDENT
from helpers.dockerfile.marks import DockerfileView
from helpers.engine.client import Engine
from helpers.image.explorer import Explorer
from helpers.image.open_image import OpenImage
from helpers.learning.exercise import Check
from helpers.learning.workbench import Workbench
from helpers.samples import Variant
from helpers.view import advised, findings, inside, learned, units
from helpers.view.blocks import (
    Block,
    Column,
    EngineLine,
    Fact,
    Fold,
    OutputLines,
    Prose,
    Source,
    Table,
    TableCell,
    Tasks,
    Title,
)
from helpers.view.parts import parts

REGISTERED = (advised, findings, inside, learned)
"""The other modules that register blocks: whoever imports `parts` from here has them all."""


@parts.register
def _image(value: OpenImage) -> Iterator[Block]:
    size = value.counted_size
    yield Title(value.name, "" if size is None else units.size(size))
    if origins := _origins(value):
        yield Fact("from", origins)
    if value.dockerfile:
        marked = DockerfileView(value.dockerfile, value.before, value.command or "")
        yield Fold("Dockerfile", tuple(_dockerfile(marked)))
    for base in value.bases:
        yield EngineLine(_provenance(base))


def _origins(value: OpenImage) -> tuple[str, ...]:
    """What the Dockerfile starts from: the bases, and `scratch`, which is none but says a lot."""
    scratch = re.search(r"(?im)^[ \t]*FROM[ \t]+scratch\b", value.dockerfile or "")
    return (*(base.name for base in value.bases), *(["scratch"] if scratch else []))


@parts.register
def _base(value: Base) -> Iterator[Block]:
    yield Title(value.name)
    yield EngineLine(_provenance(value))
    if value.note:
        yield EngineLine(value.note)


def _provenance(base: Base) -> str:
    """Where a base came from. A stand-in's size is followed by that of the real image, dated."""
    registry = base_table.registry(base.name)
    came = {
        "present": "was here already",
        "archive": f"{registry}'s image, from an archive",
        "hub": f"from {registry}",
        "stand-in": "a stand-in",
    }
    said = f"{base.name}: {came[base.source]}, {units.size(base.size)}"
    if base.source == "stand-in" and base.hub_size:
        row = base_table.read()[base_table.short_name(base.name)]
        if row.hub_size:
            said += f"; {registry}'s had {units.size(row.hub_size)} on {row.as_of}"
    return said


@parts.register
def _base_info(value: BaseInfo) -> Iterator[Block]:
    yield from _bases((value,))


@parts.register(BaseTable)
def _bases(value: Iterable[BaseInfo]) -> Iterator[Block]:
    rows = list(value)
    yield Table(
        "bases: the registry's image, and what stands in for it",
        (
            Column("base"),
            Column("notebooks", words=True),
            Column("registry", words=True),
            Column("its image", figures=True),
            Column("read on", words=True),
            Column("stand-in", figures=True),
            Column("time to make", figures=True),
        ),
        tuple(
            (
                row.name,
                " ".join(row.notebooks),
                row.registry,
                "-" if row.hub_size is None else units.size(row.hub_size),
                row.as_of or "-",
                units.size(row.size),
                units.seconds(row.seconds),
            )
            for row in rows
        ),
    )
    if loose := [row.name for row in rows if row.digest is None]:
        yield Prose(f"Not pinned to a digest: {', '.join(loose)}.")
    for here, said, every in (
        ("hub", "the registry's image", "all"),
        ("stand-in", "a stand-in", "all"),
        (None, "nothing", "any of the"),
    ):
        if found := [row.name for row in rows if row.here == here]:
            which = f"{every} {len(rows)}" if len(found) == len(rows) > 1 else ", ".join(found)
            yield EngineLine(f"{said} is here for {which}")


def lab(engine: Engine, source_line: str) -> Iterator[Block]:
    """A lab: its engine, and where its base images come from."""
    yield Title("a lab: one engine, and the base images for it")
    place = "of the lab's own" if engine.private else f"at {engine.host}"
    yield EngineLine(
        f"{engine.name} {engine.version} {place}, {engine.architecture}, "
        f"{engine.store} store, builder {engine.builder}"
    )
    yield EngineLine(f"bases: {source_line}")


@parts.register
def _comparison(value: ComparisonTable) -> Iterator[Block]:
    has_article = any(row.says or row.article is not None for row in value.rows)
    yield Table(
        _caption(value),
        (
            Column("variant"),
            Column("size", figures=True),
            Column("reduction", figures=True),
            *([Column("article", figures=True)] if has_article else []),
            Column("runs", words=True),
        ),
        tuple(_compared(value, row, has_article) for row in value.rows),
    )
    for base in value.stand_ins:
        yield EngineLine(_provenance(base))


def _caption(value: ComparisonTable) -> str:
    if value.first is None:
        return "size"
    return f"size, and how much less than the first{'' if value.rows[0].runs else ' that runs'}"


def _compared(value: ComparisonTable, row: Row, has_article: bool) -> tuple[str | TableCell, ...]:
    article = row.says or (units.NONE if row.article is None else units.size(row.article))
    return (
        row.variant,
        units.size(row.size),
        compared(value, row),
        *([article] if has_article else []),
        TableCell(runs(row), "good" if row.runs else "bad"),
    )


def runs(row: Row) -> str:
    """Whether a row's program runs, and else why not."""
    return "yes" if row.runs else f"no: {row.failure}"


def compared(value: ComparisonTable, row: Row) -> str:
    """A row's reduction: `-` for the first row that runs, and for one that does not."""
    if value.first is None or row is value.first or not row.runs:
        return units.NONE
    return units.reduction(value.first.size, row.size)


@parts.register
def _explorer(value: Explorer) -> Iterator[Block]:
    if not value.image.is_read:
        yield Title("Explorer: run the cell again to see it")
        return
    yield Title(value.image.name, units.size(value.image.size))
    yield from inside.layers(value.image.layers)
    yield from findings.waste_sums(value.image.waste)


@parts.register
def _workbench(value: Workbench) -> Iterator[Block]:
    yield Title("a variant lab: choose, build, compare")
    yield Prose(
        "In JupyterLab the choices are controls. Here `choose(final=..., linking=...)` changes "
        "them, and `build()` builds."
    )
    for name, options in value.choice.options().items():
        chosen = getattr(value.choice, name)
        yield Fact(name, tuple(f"[{o}]" if o == chosen else str(o) for o in options), words=True)
    yield from _dockerfile(value.dockerfile)
    if value.comparison:
        yield from _comparison(value.comparison)


@parts.register
def _variant(value: Variant) -> Iterator[Block]:
    yield Title(value.key)
    yield Prose(value.shows)
    if value.article:
        yield Fact("the article's figure", (value.article.says,), words=True)
    before = None
    if value.after:
        before = samples.variant(value.after, samples=value.context.parent).text
        yield Fact("marked against", (value.after,))
    yield from _dockerfile(DockerfileView(value.text, before))


@parts.register
def _dockerfile(value: DockerfileView) -> Iterator[Block]:
    yield Source(value.marked, marked=value.before is not None)
    if value.command:
        yield Source((("", f"$ {value.command}"),), marked=False)


@parts.register
def _check(value: Check) -> Iterator[Block]:
    total = len(value.met) + len(value.unmet)
    if not value.begun:
        yield Title(f"not begun: {total} conditions")
        yield Tasks(tuple((None, condition) for condition in value.unmet))
    else:
        yield Title(f"{len(value.met)} of {total} met", sign="bad" if value.unmet else "good")
        yield Tasks((*((True, m) for m in value.met), *((False, u) for u in value.unmet)))
    yield from message(value.note)
    yield from learned.hints(value)


def message(text: str) -> Iterator[Block]:
    """The message of a LabError: sentences, what was printed, and what the engine said."""
    for kind, lines in groupby(text.splitlines(), key=_kind):
        if kind is Prose:
            yield from map(Prose, lines)
        else:
            prefix = ENGINE_PREFIX if kind is EngineLine else OUTPUT_INDENT
            yield kind("\n".join(line.removeprefix(prefix) for line in lines))


def _kind(line: str) -> type[Prose | EngineLine | OutputLines]:
    if line.startswith(ENGINE_PREFIX):
        return EngineLine
    return OutputLines if line.startswith(OUTPUT_INDENT) else Prose
