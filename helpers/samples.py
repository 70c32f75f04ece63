"""What the samples are: reads `samples/*/variants.toml` and gives `Variant`s."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from helpers.core import names
from helpers.core.errors import LabError
from helpers.core.value import Value


@dataclass(frozen=True)
class Expected:
    """What a variant's container must do when it runs.

    output         what it prints, both streams; None: anything
    exit_code      of the program; None: not looked at
    cause          the diagnosis of one that must not run, or None
    command        in place of the image's own command
    starts         whether the engine can start it
    keeps_running  whether it waits for ever, as a server does
    """

    output: str | None = None
    exit_code: int | None = 0
    cause: str | None = None
    command: tuple[str, ...] = ()
    starts: bool = True
    keeps_running: bool = False


@dataclass(frozen=True)
class Article:
    """The article's figure: `size` in bytes, and `says`, the words it is printed in."""

    size: int
    says: str


@dataclass(frozen=True)
class Bounds:
    """Between which sizes an image must be.

    smallest, largest  bytes, both included
    as_of, source      when and where the figures were read; empty where they are measured by tests
    """

    smallest: int
    largest: int
    as_of: str = ""
    source: str = ""

    def hold(self, size: int) -> bool:
        """Whether `size` bytes is within the bounds."""
        return self.smallest <= size <= self.largest


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
    bounds      by source of bases (`stand-in`, `hub`), then by architecture (`amd64`, `arm64`)
    """

    key: str
    shows: str
    notebook: str
    context: Path
    dockerfile: Path
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    article: Article | None = None
    expected: Expected = Expected()
    fails: str | None = None
    builder: str = ""
    after: str | None = None
    bounds: Mapping[str, Mapping[str, Bounds]] = field(default_factory=dict)

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
    tables = sorted(samples.glob("*/variants.toml"))
    program, slash, _ = pattern.partition("/")  # a key has one `/`, so this part names the folder
    named = [t for t in tables if not slash or fnmatchcase(t.parent.name, program)]
    found = [v for table in named for v in _read(table) if fnmatchcase(v.key, pattern)]
    if not found:
        raise LabError(_unknown(pattern, [v.key for table in tables for v in _read(table)]))
    return found


def variant(key: str, *, samples: Path = names.SAMPLES) -> Variant:
    """The variant of that key. Raises LabError, which names the nearest key."""
    table = samples / key.partition("/")[0] / "variants.toml"
    if "/" in key and table.is_file():
        for each in _read(table):
            if each.key == key:
                return each
    known = [v.key for v in variants(samples=samples)]
    raise LabError(_unknown(key, known))


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.3)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}."
    return f"No variant is called {key!r}: {hint}"


def _read(table: Path) -> list[Variant]:
    program = table.parent.name
    rows = tomllib.loads(table.read_text())
    return [_variant(table.parent, f"{program}/{name}", name, row) for name, row in rows.items()]


def _variant(folder: Path, key: str, name: str, row: dict[str, Any]) -> Variant:
    run = dict(row.get("run", {}))
    if "command" in run:
        run["command"] = tuple(run["command"])
    if {"cause", "starts", "keeps_running"} & set(run):
        run.setdefault("exit_code", None)
    after = row.get("after")
    return Variant(
        key=key,
        shows=row["shows"],
        notebook=row["notebook"],
        context=folder,
        dockerfile=folder / row.get("dockerfile", f"{name}.Dockerfile"),
        target=row.get("target"),
        args=row.get("args", {}),
        article=Article(**row["article"]) if "article" in row else None,
        expected=Expected(**run),
        fails=row.get("fails"),
        builder=row.get("builder", ""),
        after=f"{folder.name}/{after}" if after and "/" not in after else after,
        bounds={
            source: {architecture: Bounds(**limits) for architecture, limits in by.items()}
            for source, by in row.get("bounds", {}).items()
        },
    )
