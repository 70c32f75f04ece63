"""The table of base images, `samples/bases/bases.toml`: the real image and the stand-in of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.core import names, tables
from helpers.core.tables import DatedSource, TomlTable
from helpers.core.value import Value

FOLDER = names.SAMPLES / "bases"

HUB = "Docker Hub"
"""The registry of names that begin with none."""


@dataclass(frozen=True, repr=False)
class BaseInfo(Value):
    """A base as the table has it.

    name       as Dockerfiles have it
    digest     the digest that the registry's image is pinned to, or None
    hub_size   bytes of that image; None where nobody has published them
    as_of      when `hub_size` was read, or ""
    source     where it was read, or ""
    recipe     the file in `samples/bases` that makes the stand-in
    target     the stage of the recipe, or None for its last
    size       bytes of the stand-in on amd64
    seconds    to make it on two cores, once the bases that it is built on are there
    notebooks  the numbers of the notebooks that need it, as `"01"`
    note       how the stand-in differs, a sentence
    here       `hub` or `stand-in`: what the engine has; None: nothing, or nobody has looked
    """

    name: str
    digest: str | None
    hub_size: int | None
    as_of: str
    source: str
    recipe: str
    target: str | None
    size: int
    seconds: int
    notebooks: tuple[str, ...]
    note: str
    here: str | None = None

    @property
    def registry(self) -> str:
        """Where the real image is: `Docker Hub`, or the registry that the name begins with."""
        return registry(self.name)


@dataclass(frozen=True, repr=False)
class BaseTable(Value):
    """All bases of the series, in the table's order."""

    rows: tuple[BaseInfo, ...]

    def __iter__(self) -> Iterator[BaseInfo]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class _PublishedSize(DatedSource, frozen=True):
    """The size of a registry's image: bytes."""

    size: int


class _Makes(TomlTable, frozen=True):
    """What a recipe makes: bytes on amd64, and seconds on two cores."""

    size: int
    seconds: int


class _BaseRow(TomlTable, frozen=True):
    """A base as the file has it; `BaseInfo` says what the names mean."""

    recipe: str
    makes: _Makes
    notebooks: tuple[str, ...]
    note: str
    digest: str | None = None
    pinned: DatedSource | None = None
    hub: _PublishedSize | None = None
    target: str | None = None


def read(folder: Path = FOLDER) -> dict[str, BaseInfo]:
    """The table, by name. Raises LabError where a row is not as it must be."""
    return {
        name: BaseInfo(
            name=name,
            digest=row.digest,
            hub_size=row.hub.size if row.hub else None,
            as_of=str(row.hub.as_of) if row.hub else "",
            source=row.hub.source if row.hub else "",
            recipe=row.recipe,
            target=row.target,
            size=row.makes.size,
            seconds=row.makes.seconds,
            notebooks=row.notebooks,
            note=row.note,
        )
        for name, row in tables.rows(folder / "bases.toml", _BaseRow).items()
    }


def registry(name: str) -> str:
    """The registry that an image's name begins with, else `Docker Hub`. A registry has a dot or a
    port in its name; a user of Docker Hub has neither."""
    first, slash, _ = short_name(name).partition("/")
    return first if slash and re.search("[.:]|^localhost$", first) else HUB


def short_name(name: str) -> str:
    """A name as the table has it: `docker.io/library/gcc:14` is `gcc:14`."""
    for prefix in ("index.docker.io/", "docker.io/"):
        name = name.removeprefix(prefix)
    return name.removeprefix("library/")
