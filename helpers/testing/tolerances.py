"""Reads tests/figures.toml: the cells whose figures may be further from the committed ones."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from helpers.core import names
from helpers.testing.figures import Allowed

FILE = names.ROOT / "tests" / "figures.toml"


@dataclass(frozen=True)
class Tolerance:
    """A row of the table.

    notebook  as `name` has it
    cell      its id in the file
    why       what differs from run to run
    sizes     percent, as in `Allowed`
    shares    points, as in `Allowed`
    """

    notebook: str
    cell: str
    why: str
    sizes: float = Allowed.sizes
    shares: float = Allowed.shares

    @property
    def allowed(self) -> Allowed:
        """For each figure of the cell."""
        return Allowed(self.sizes, self.shares)


def read(file: Path = FILE) -> list[Tolerance]:
    """The table's rows."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return [Tolerance(**row) for row in table.get("cells", [])]


def name(path: Path) -> str:
    """A notebook's name in the table: `05-missing-libc`, `solutions/05`."""
    folder = path.resolve().parent.name
    return f"{folder}/{path.stem}" if folder == "solutions" else path.stem
