"""Reads tests/figures.toml: the cells whose figures may be further from the committed ones."""

from __future__ import annotations

from pathlib import Path

from helpers.core import names, tables
from helpers.core.tables import TomlTable
from helpers.testing.figures import Allowed

FILE = names.ROOT / "tests" / "figures.toml"


class Tolerance(TomlTable, frozen=True):
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


class _Tolerances(TomlTable, frozen=True):
    """The file."""

    cells: tuple[Tolerance, ...] = ()


def read(file: Path = FILE) -> list[Tolerance]:
    """The table's rows. Raises LabError where one is not as it must be."""
    return list(tables.whole(file, _Tolerances).cells)


def name(path: Path) -> str:
    """A notebook's name in the table: `05-missing-libc`, `solutions/05`."""
    folder = path.resolve().parent.name
    return f"{folder}/{path.stem}" if folder == "solutions" else path.stem
