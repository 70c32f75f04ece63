"""Knows `samples/bases/bases.toml`: gives what each base's name means on Docker Hub and here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from helpers import names
from helpers.value import Value

FOLDER = names.SAMPLES / "bases"


@dataclass(frozen=True, repr=False)
class BaseInfo(Value):
    """A base as the table has it.

    name       as Dockerfiles have it
    digest     of the image on Docker Hub that it is pinned to, or None
    hub_size   bytes of that image, as dated and sourced
    as_of      when `hub_size` was read
    source     where it was read
    recipe     what makes the stand-in, in `samples/bases`
    target     the stage of the recipe, or None for its last
    size       bytes that the recipe makes on amd64
    seconds    that it takes on two cores, without what it is built on
    notebooks  the numbers of those that need it, as `"01"`
    note       how the stand-in differs, a sentence
    here       `hub` or `stand-in`: what the engine has; None: nothing, or nobody has looked
    """

    name: str
    digest: str | None
    hub_size: int
    as_of: str
    source: str
    recipe: str
    target: str | None
    size: int
    seconds: int
    notebooks: tuple[str, ...]
    note: str
    here: str | None = None


@dataclass(frozen=True, repr=False)
class BaseTable(Value):
    """All bases of the series, in the table's order."""

    rows: tuple[BaseInfo, ...]

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read(folder: Path = FOLDER) -> dict[str, BaseInfo]:
    """The table, by name."""
    table = tomllib.loads((folder / "bases.toml").read_text())
    return {
        name: BaseInfo(
            name=name,
            digest=row.get("digest"),
            hub_size=row["hub"]["size"],
            as_of=row["hub"]["as_of"],
            source=row["hub"]["source"],
            recipe=row["recipe"],
            target=row.get("target"),
            size=row["makes"]["size"],
            seconds=row["makes"]["seconds"],
            notebooks=tuple(row["notebooks"]),
            note=row["note"],
        )
        for name, row in table.items()
    }


def short_name(name: str) -> str:
    """A name as the table has it: `docker.io/library/gcc:14` is `gcc:14`."""
    for prefix in ("index.docker.io/", "docker.io/"):
        name = name.removeprefix(prefix)
    return name.removeprefix("library/")
