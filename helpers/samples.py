"""What the samples are: reads `samples/*/variants.toml` and gives `Variant`s."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from helpers.core import names, tables
from helpers.core.errors import LabError
from helpers.core.tables import TomlTable
from helpers.core.value import Value


class Expected(TomlTable, frozen=True):
    """What a variant's container must do when it runs.

    output         what it prints, both streams; None: anything
    exit_code      of the program, where that is not 0
    cause          the diagnosis of one that must not run, or None
    command        in place of the image's own command
    starts         whether the engine can start it
    keeps_running  whether it waits for ever, as a server does
    """

    output: str | None = None
    exit_code: int | None = None
    cause: str | None = None
    command: tuple[str, ...] = ()
    starts: bool = True
    keeps_running: bool = False

    @property
    def ends_with(self) -> int | None:
        """The exit code that it must have; None: any. Only the tests ask."""
        if self.exit_code is None and not self.cause and self.starts and not self.keeps_running:
            return 0
        return self.exit_code


class Article(TomlTable, frozen=True):
    """The article's figure: `size` in bytes, and `says`, the words it is printed in."""

    size: int
    says: str


class Bounds(TomlTable, frozen=True):
    """Between which sizes an image must be.

    smallest, largest  bytes, both included
    as_of, source      when and where the figures were read or measured; what the project's own
                       tests measure needs none
    """

    smallest: int
    largest: int
    as_of: date | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.smallest <= self.largest:
            raise ValueError(f"No size is between {self.smallest:_} and {self.largest:_} bytes")

    def hold(self, size: int) -> bool:
        """Whether `size` bytes is within the bounds."""
        return self.smallest <= size <= self.largest


class BoundsByArchitecture(TomlTable, frozen=True):
    """The bounds by architecture, where there are any."""

    amd64: Bounds | None = None
    arm64: Bounds | None = None


class BoundsBySource(TomlTable, frozen=True, rename={"stand_in": "stand-in"}):
    """The bounds by source of bases."""

    stand_in: BoundsByArchitecture = BoundsByArchitecture()
    hub: BoundsByArchitecture = BoundsByArchitecture()

    def __post_init__(self) -> None:
        for where, bounds in (
            ("stand-in.arm64", self.stand_in.arm64),
            ("hub.amd64", self.hub.amd64),
            ("hub.arm64", self.hub.arm64),
        ):
            if bounds and not (bounds.as_of and bounds.source):
                raise ValueError(
                    f"`{where}` needs `as_of` and `source`: who measured it, and when? "
                    "The project's own tests measure stand-ins on amd64 alone"
                )

    def on(self, source: str, architecture: str) -> Bounds | None:
        """The bounds for a source (`stand-in`, `hub`) and an architecture, or None."""
        return getattr(getattr(self, source.replace("-", "_")), architecture, None)


@dataclass(frozen=True, repr=False)
class Variant(Value):
    """One way to package one program.

    key         `c-hello/gcc`: the program's folder and the variant's name
    shows       one sentence: what there is to see
    notebook    the number of the notebook that builds it first, as `"01"`
    context     the folder that is sent to the engine
    dockerfile  path of the Dockerfile
    target      the stage to stop at, or None
    args        build arguments
    article     the article's figure, or None where it has none
    expected    what it does when it runs
    fails       part of what the engine or the step says where the build itself must fail, or None
    builder     the lowest version of BuildKit that can build it, or "" for any builder
    after       key of the variant whose Dockerfile this one is marked against, or None
    bounds      by source of bases and architecture, as far as somebody has measured
    """

    key: str
    shows: str
    notebook: str
    context: Path
    dockerfile: Path
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    article: Article | None = None
    expected: Expected = field(default_factory=Expected)
    fails: str | None = None
    builder: str = ""
    after: str | None = None
    bounds: BoundsBySource = field(default_factory=BoundsBySource)

    @property
    def text(self) -> str:
        """The Dockerfile."""
        return self.dockerfile.read_text()

    @property
    def tag(self) -> str:
        """The tag of its image: the key, with the variant's name as the tag's version."""
        return names.TAG_PREFIX + self.key.replace("/", ":")


def variants(pattern: str = "*", *, samples: Path = names.SAMPLES) -> list[Variant]:
    """The variants whose keys match a shell pattern (`c-hello/*`), in the order of the tables.

    Raises LabError where nothing matches; the message names the nearest key.
    """
    files = sorted(samples.glob("*/variants.toml"))
    program, slash, _ = pattern.partition("/")  # a key has one `/`, so this part names the folder
    named = [f for f in files if not slash or fnmatchcase(f.parent.name, program)]
    found = [v for file in named for v in _read(file) if fnmatchcase(v.key, pattern)]
    if not found:
        raise LabError(_unknown(pattern, [v.key for file in files for v in _read(file)]))
    return found


def variant(key: str, *, samples: Path = names.SAMPLES) -> Variant:
    """The variant of that key. Raises LabError, which names the nearest key."""
    table = samples / key.partition("/")[0] / "variants.toml"
    if "/" in key and table.is_file():
        for each in _read(table):
            if each.key == key:
                return each
    dockerfile = samples / f"{key}.Dockerfile"
    if dockerfile.is_file():
        raise _without_row(dockerfile)
    known = [v.key for v in variants(samples=samples)]
    raise LabError(_unknown(key, known))


def check(causes: Collection[str], *, samples: Path = names.SAMPLES) -> None:
    """Raises LabError for what no row tells by itself: a Dockerfile without a row, an `after` that
    names no variant, a cause that is not among `causes`. Only the tests call it."""
    found = variants(samples=samples)
    dockerfiles = {each.dockerfile for each in found}
    for dockerfile in sorted(samples.glob("*/*.Dockerfile")):
        if dockerfile.parent.name != "bases" and dockerfile not in dockerfiles:
            raise _without_row(dockerfile)
    keys = [each.key for each in found]
    for each in found:
        table, name = each.context / "variants.toml", each.key.partition("/")[2]
        cause = each.expected.cause
        if each.after and each.after not in keys:
            raise tables.wrong(table, f"{name}.after", _unknown(each.after, keys))
        if cause and cause not in causes:
            there = ", ".join(sorted(causes))
            says = f"No cause is called {cause!r}: there are {there}."
            raise tables.wrong(table, f"{name}.run.cause", says)


def _without_row(dockerfile: Path) -> LabError:
    table = tables.shown(dockerfile.parent / "variants.toml")
    return LabError(
        f"{tables.shown(dockerfile)} has no row: {table} needs one for "
        f'["{dockerfile.stem}"], with `shows` and `notebook`.'
    )


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.3)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}."
    return f"No variant is called {key!r}: {hint}"


class _VariantRow(TomlTable, frozen=True):
    """A variant as its table has it; `Variant` says what the names mean."""

    shows: str
    notebook: str
    dockerfile: str = ""
    target: str | None = None
    args: Mapping[str, str] = msgspec.field(default_factory=dict)
    article: Article | None = None
    run: Expected = Expected()
    fails: str | None = None
    builder: str = ""
    after: str | None = None
    bounds: BoundsBySource = BoundsBySource()

    def __post_init__(self) -> None:
        if self.builder and not re.fullmatch(r"\d+(\.\d+)*", self.builder):
            raise ValueError(f"{self.builder!r} is no version of BuildKit: write it as '0.13'")


def _read(table: Path) -> list[Variant]:
    return [_variant(table, name, row) for name, row in tables.rows(table, _VariantRow).items()]


def _variant(table: Path, name: str, row: _VariantRow) -> Variant:
    folder = table.parent
    dockerfile = folder / (row.dockerfile or f"{name}.Dockerfile")
    if not dockerfile.is_file():
        raise tables.wrong(table, name, f"{tables.shown(dockerfile)} is missing.")
    return Variant(
        key=f"{folder.name}/{name}",
        shows=row.shows,
        notebook=row.notebook,
        context=folder,
        dockerfile=dockerfile,
        target=row.target,
        args=row.args,
        article=row.article,
        expected=row.run,
        fails=row.fails,
        builder=row.builder,
        after=f"{folder.name}/{row.after}" if row.after and "/" not in row.after else row.after,
        bounds=row.bounds,
    )
