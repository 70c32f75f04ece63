"""The blocks that show what was found in images: packages, waste, differences, binaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helpers.elf.anatomy import Anatomy, Library
from helpers.files.waste import Waste
from helpers.image.difference import Difference, FolderChange
from helpers.image.packages import Packages
from helpers.image.shared import Shared
from helpers.registry.layout import Stored
from helpers.registry.server import Moved
from helpers.view import inside, safe, units
from helpers.view.blocks import (
    Bar,
    Block,
    Branch,
    Branches,
    Column,
    Fact,
    Prose,
    Sign,
    Table,
    Title,
)
from helpers.view.parts import parts

ROWS = 20
"""Rows of a table that are shown; of the rest only the number is."""

NAME = 60
"""Characters of an image's name that are shown in a label."""

COSTS = 200
"""Paths that the explorer shows."""

EFFICIENCY = (
    " of its bytes would do with one copy of each file; counted as dive does, a tool that shows an "
    "image's layers and the bytes that they waste"
)

SECTIONS = 12
"""Sections that have a row each; the rest share one."""

BRANCHES = 100
"""Lines of a tree that are shown."""

DEEPEST = 30
"""Depth to which a tree is shown."""

RECORDS = {
    "dpkg": "recorded by dpkg",
    "status.d": "recorded in status.d, as Distroless does",
    "apk": "recorded by apk",
    "go": "modules named in Go programs",
}


@parts.register
def packages(value: Packages) -> Iterator[Block]:
    if not value:
        yield Title("no package is recorded here", sign="bad")
        yield Prose("A scanner finds nothing to look up. It does not follow that nothing is there.")
        return
    for kind, count in value.kinds.items():
        yield Fact(RECORDS[kind], (f"{count:,}",), words=True)
    yield Table.of_first(
        ROWS,
        f"{len(value):,} packages",
        (Column("package"), Column("version"), Column("record")),
        value,
        lambda each: (each.name, each.version, each.record),
    )


def waste_sums(value: Waste) -> Iterator[Block]:
    """Waste without its files, which change with every update of a base's packages."""
    yield Title("efficiency", units.share(value.efficiency))
    yield Fact("hidden by later layers", (units.size(value.hidden),), words=True)


@parts.register
def waste(value: Waste) -> Iterator[Block]:
    yield from waste_sums(value)
    if not value.files:
        yield Title("no file is written twice or removed again", sign="good")
        return
    yield _costs(value, ROWS)


def _costs(value: Waste, most: int) -> Table:
    return Table.of_first(
        most,
        f"written twice, or removed again: {units.size(value.wasted)} with all copies",
        (Column("size", figures=True), Column("times", figures=True), Column("path")),
        value.files,
        lambda file: (units.size(file.size), f"{file.layers:,}", file.path),
    )


def whole(value: Waste) -> str:
    """The title for all layers together, which may hold more than the final file system shows."""
    if not value.hidden:
        return "the whole image"
    return f"the whole image, {units.size(value.hidden)} of it hidden by later layers"


def waste_lines(value: Waste) -> tuple[list[tuple[str, str]], list[Table]]:
    """Waste for the explorer: facts, and a table of the paths that cost bytes."""
    facts = [
        ("efficiency", f"{units.share(value.efficiency)}{EFFICIENCY}"),
        ("hidden by later layers", units.size(value.hidden)),
    ]
    return facts, [_costs(value, COSTS)] if value.files else []


@parts.register
def shared(value: Shared) -> Iterator[Block]:
    yield Fact(f"{value.images:,} images, one by one", (units.size(value.separate),), words=True)
    yield Fact("each layer counted once", (units.size(value.together),), words=True)
    if not value.layers:
        yield Title("no layer is shared", sign="bad")
        return
    yield Table.of_first(
        ROWS,
        "layers that more than one has",
        (Column("size", figures=True), Column("images", figures=True), Column("created by")),
        value.layers,
        lambda one: (units.size(one.size), f"{one.images:,}", inside.made_by(one.created_by)),
    )


@parts.register
def moved(value: Moved) -> Iterator[Block]:
    yield Title(
        f"{units.size(value.size)} in {_layers(value.layers)}", units.seconds(value.seconds)
    )


@parts.register
def stored(value: Stored) -> Iterator[Block]:
    yield Title(
        value.name,
        f"{units.size(value.size)} in {_layers(len(value.sizes))}, {value.compression}",
    )


def _layers(count: int) -> str:
    return f"{count:,} {'layer' if count == 1 else 'layers'}"


@parts.register
def difference(value: Difference) -> Iterator[Block]:
    yield Title(
        f"{value.first} -> {value.second}",
        f"{units.size(value.before)} -> {units.size(value.after)}",
    )
    counts = value.counts
    for label, change in (
        (f"only in {safe.name(value.second, NAME)}", "added"),
        (f"only in {safe.name(value.first, NAME)}", "removed"),
        ("changed", "changed"),
    ):
        yield Fact(label, (f"{counts[change]:,}",), words=True)
    yield Fact("the same", (f"{value.same:,}",), words=True)
    if not value.files:
        yield Title("nothing differs", sign="good")
        return
    yield _folders(value.folders)
    largest = sorted(value.files, key=lambda file: (-file.size, file.path))
    yield Table.of_first(
        ROWS,
        "what differs, the largest first",
        (Column("change", words=True), Column("size", figures=True), Column("path")),
        largest,
        lambda file: (file.change, units.size(file.size), file.path),
    )


def sizes_line(value: Difference) -> tuple[str, str]:
    """Two images' sizes, with the bytes that later layers hide."""
    first, second = value.sizes
    return "all layers together", f"{units.size(first)} → {units.size(second)}"


def difference_lines(value: Difference) -> tuple[list[tuple[str, str]], list[Table]]:
    """A difference for the explorer: facts, and the table by folder."""
    counts, first, second = value.counts, value.first, value.second
    facts = [
        (f"only in {safe.name(second, NAME)}", f"+ {counts['added']:,}"),
        (f"only in {safe.name(first, NAME)}", f"- {counts['removed']:,}"),
        ("changed", f"~ {counts['changed']:,}"),
        ("the same", f"{value.same:,}"),
    ]
    return facts, [_folders(value.folders)] if value.files else []


def _folders(folders: Sequence[FolderChange]) -> Table:
    most = max((size for row in folders for size in (row.before, row.after)), default=0) or 1
    return Table.of_first(
        ROWS,
        "by folder, the largest change first",
        (
            Column("folder"),
            Column("added", figures=True),
            Column("removed", figures=True),
            Column("changed", figures=True),
            Column("before", figures=True),
            Column(""),
            Column("after", figures=True),
            Column(""),
        ),
        folders,
        lambda row: (
            row.folder,
            *(f"{count:,}" for count in (row.added, row.removed, row.changed)),
            units.size(row.before),
            Bar(row.before / most),
            units.size(row.after),
            Bar(row.after / most),
        ),
    )


@parts.register
def anatomy(value: Anatomy) -> Iterator[Block]:
    yield Title(value.path, units.size(value.size))
    yield from inside.linkage(value.linkage)
    if value.libraries:
        shown = [library for library in value.libraries if library.depth <= DEEPEST][:BRANCHES]
        yield Branches(
            "needs, and what that needs",
            (Branch(0, value.path), *map(_branch, shown)),
            more=len(value.libraries) - len(shown),
        )
    yield _sections(value)


def _branch(library: Library) -> Branch:
    path = "" if library.path == library.name else library.path or ""
    notes: dict[str, tuple[str, Sign]] = {
        "found": (path, ""),
        "again": ("shown above", ""),
        "loader": ("the loader", ""),
        "missing": (_why_missing(library), "bad"),
        "outdated": (f"too old, lacks {', '.join(library.lacks)}: {path}", "bad"),
        "unknown": ("where it is can't be told from here", ""),
    }
    note, sign = notes[library.state]
    return Branch(library.depth, library.name, note, sign)


def _why_missing(library: Library) -> str:
    if not library.path:
        return "missing"
    what = f"for {' '.join(library.lacks)}" if library.lacks else "no library"
    return f"missing: {library.path} is {what}"


def _sections(value: Anatomy) -> Table:
    """The small ones of many sections share a row, so that the rows add up to the file."""
    first, others = value.sections[:SECTIONS], value.sections[SECTIONS:]
    rows = [(section.name or "(no name)", section.size) for section in first]
    if others:
        rows.append((f"{len(others):,} more", sum(section.size for section in others)))
    rest = "headers, and gaps between sections" if first else "all of it: no sections are listed"
    return Table(
        "the file by section",
        (Column("size", figures=True), Column("share", figures=True), Column("", words=True)),
        tuple(
            (units.size(size), units.share(size / value.size), name)
            for name, size in [*rows, (rest, value.rest)]
        ),
    )
