"""The base images that an engine has: list them, save them to an archive, load one, remove them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import docker.errors
import filelock

from helpers.bases import archive, standins
from helpers.bases import table as base_table
from helpers.bases.archive import Archive, ArchivedBase
from helpers.bases.hub import Hub
from helpers.bases.table import BaseInfo, BaseTable, short_name
from helpers.core import names
from helpers.core.errors import BaseUnavailable, LabError
from helpers.core.events import Event, ProgressCallback, ignore
from helpers.engine import transfer
from helpers.engine.client import Engine

ARCHIVE = "bases.tar"
"""An archive of this name in the cache folder is used without being asked for."""

EVERY, PART_ONE = "00-99", "00-11"
"""Ranges of notebooks: the bases of one more language can weigh as much as all of part one's."""

NOTEBOOKS = re.compile(r"\d\d(-\d\d)?")
"""The number of a notebook, or a range of them."""


class Inventory:
    """The bases of one engine.

    engine  the engine
    source  `hub`, `stand-ins`, the path of an archive, or None

    Raises LabError for an archive that can't be read.
    """

    def __init__(self, engine: Engine, source: str | None) -> None:
        self._engine = engine
        self._table = base_table.read()
        self._hub = Hub(engine)
        self._source = source
        self._archive = self._find_archive()

    def in_order(self, notebooks: str = EVERY) -> list[str]:
        """The names of the bases that notebooks need, in the order of the notebooks.

        notebooks  a number (`14`) or a range (`00-11`)
        """
        first, _, last = notebooks.partition("-")
        needed: dict[str, str] = {}
        for row in self._table.values():
            inside = [number for number in row.notebooks if first <= number <= (last or first)]
            if inside:
                needed[row.name] = min(inside)
        return sorted(needed, key=lambda name: needed[name])

    def chosen(self, words: Sequence[str]) -> list[str]:
        """The names of the bases that somebody asked for, each once.

        words  names of bases, or notebooks as `in_order` takes them

        Raises LabError for notebooks that need no base.
        """
        found = [self._needed(w) if NOTEBOOKS.fullmatch(w) else [w] for w in words]
        return list(dict.fromkeys(name for each in found for name in each))

    def _needed(self, notebooks: str) -> list[str]:
        if needed := self.in_order(notebooks):
            return needed
        numbers = sorted({number for row in self._table.values() for number in row.notebooks})
        raise LabError(
            f"No base is for {notebooks!r}: the notebooks that need one are {', '.join(numbers)}."
        )

    def table(self) -> BaseTable:
        """Every base of the table, and what the engine has of it."""
        return BaseTable(tuple(replace(r, here=self._here(r)) for r in self._table.values()))

    def export(
        self, file: Path, only: Sequence[str] | None = None, listener: ProgressCallback = ignore
    ) -> None:
        """Saves bases to an archive.

        only  the bases to save; without it all that notebooks need and the engine has

        Raises BaseUnavailable where the engine lacks one of them, LabError where the file can't be
        written.
        """
        wanted = self.in_order() if only is None else only
        found = {name: self._entry(self._row(name)) for name in wanted}
        entries = [entry for entry in found.values() if entry]
        missing = [name for name, entry in found.items() if entry is None] if only else []
        if missing or not entries:
            raise BaseUnavailable(
                f"The engine has no {' and no '.join(missing) or 'base'} to save: "
                "type `python3 -m helpers bases pull` or `bases build` first."
            )
        archive.write(self._engine, Path(file), entries, listener)

    def load(self, file: Path, listener: ProgressCallback = ignore) -> None:
        """Loads all bases of an archive; from then on they are preferred to Docker Hub's.

        Raises LabError where it can't be read or is for another architecture.
        """
        brought = Archive(self._engine, Path(file), archive.read(Path(file)))
        for name in brought.entries:
            with locked(name, listener):
                brought.get(name, listener)
        archive.remember(brought.entries.values())
        self._archive = archive.remembered(self._engine)

    def clean(self) -> None:
        """Removes this user's stand-ins, and the lab's names for Docker Hub's images."""
        client = self._engine.client
        tags = {tag for image in client.images.list() for tag in image.tags}
        hubs = {tag for tag in tags if tag.startswith(names.HUB_PREFIX)}
        for tag in hubs.union(standins.made(self._engine)):
            with suppress(docker.errors.ImageNotFound):
                client.images.remove(tag, force=True)
        archive.remember([])

    def _find_archive(self) -> Archive:
        """The archive that was chosen, the one in the cache folder, or what was loaded before."""
        file = names.cache() / ARCHIVE
        if self._source in ("hub", "stand-ins"):
            return Archive(self._engine, None, [])
        if self._source:
            file = Path(self._source).expanduser()
        elif not file.is_file():
            return archive.remembered(self._engine)
        return Archive(self._engine, file, archive.read(file))

    def _row(self, name: str) -> BaseInfo:
        row = self._table.get(short_name(name))
        if row is None:
            raise BaseUnavailable(f"No base is called {name!r}: there is {', '.join(self._table)}.")
        return row

    def _here(self, row: BaseInfo) -> str | None:
        entry = self._entry(row)
        return entry.source if entry else None

    def _entry(self, row: BaseInfo) -> ArchivedBase | None:
        """What the engine has of a base: the real image, else a stand-in whose recipe has not
        changed, else what an archive brought."""
        reference, recipe = self._hub.find(row), None
        if reference is None:
            reference = standins.find(self._engine, row, self._table)
            recipe = standins.fingerprint(row, self._table)
        if reference is None:
            return self._archive.find(row.name)
        return ArchivedBase(
            name=row.name,
            source="stand-in" if recipe else "hub",
            reference=reference,
            digest=None if recipe else row.digest,
            recipe=recipe,
            architecture=self._engine.architecture,
            size=transfer.size_of(self._engine, reference),
            file=row.name.replace(":", "-").replace("/", "-") + ".tar.gz",
        )


@contextmanager
def locked(name: str, listener: ProgressCallback) -> Iterator[None]:
    """Keeps all other processes of this user from getting the same base meanwhile."""
    folder = names.cache() / "locks"
    folder.mkdir(exist_ok=True)
    lock = filelock.FileLock(folder / f"base-{name.replace('/', '-').replace(':', '-')}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        waiting = f"{name}: waiting for another that gets it"
        listener(Event("waiting", waiting))
        lock.acquire()
        listener(Event("waiting", waiting, "done"))
    try:
        yield
    finally:
        lock.release()
