"""Makes base images local: knows where they can be had, and gives a reference for `gcc:14` and says
where it came from."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
import docker.utils
import filelock

from helpers.bases import archive, hub, standins
from helpers.bases import table as base_table
from helpers.bases.archive import Archive, ArchivedBase
from helpers.bases.table import BaseInfo, BaseTable, short_name
from helpers.core import names
from helpers.core.errors import BaseUnavailable, LabError
from helpers.core.events import Event, ProgressCallback, ignore
from helpers.engine import transfer
from helpers.image.stored import Base

if TYPE_CHECKING:
    from helpers.engine.client import Engine

ARCHIVE = "bases.tar"
"""The archive in the cache folder that is used without being named."""

EVERY, PART_ONE = "00-99", "00-11"
"""Notebooks by their numbers: a language's bases can weigh as much as all of part one's."""

NOTEBOOKS = re.compile(r"\d\d(-\d\d)?")
"""What stands for the bases of notebooks where a base's name could."""


class Bases:
    """Where one engine's base images come from.

    engine  the engine
    source  `hub`, `stand-ins` or an archive's path, and nothing else is tried; without it what
            `LAB_BASES` says; without that the first that has the base: here already at the pinned
            digest, an archive, Docker Hub, stand-ins. A name that begins with another registry is
            pulled from that one where others are pulled from Docker Hub
    beside  the bases of another engine, which this one gets its own from: what that one has not
            got, it makes local first

    May be used by several threads. Raises LabError for an archive that can't be read.
    """

    def __init__(
        self, engine: Engine, source: str | None = None, *, beside: Bases | None = None
    ) -> None:
        self._engine = engine
        self._beside = beside
        self._table = base_table.read()
        self._hub = hub.Hub(engine)
        self._chosen = source or os.environ.get(names.BASES_VARIABLE) or None
        self._archive = self._find_archive()
        self._from: dict[str, str] = {}

    def decide(self) -> None:
        """Finds out which source is used, unless that is known. Docker Hub is asked for, where
        that has to be known: 5 s at most."""
        if self._beside:
            self._beside.decide()
        else:
            self._usual()

    @property
    def source_line(self) -> str:
        """Which source is used and why, and what came from another one. Docker Hub is asked for,
        where that has to be known."""
        if self._beside:
            whose = f"{self._beside._engine.name} {self._beside._engine.version}"
            return f"brought from {whose}: {self._beside.source_line}"
        usual, words = self._usual()
        others: dict[str, list[str]] = {}
        for name, origin in self._from.items():
            if origin != usual:
                others.setdefault(origin, []).append(name)
        mixed = [f"{', '.join(sorted(found))} from {origin}" for origin, found in others.items()]
        return "; but ".join([words, *mixed])

    def in_order(self, notebooks: str = EVERY) -> list[str]:
        """The names of the bases that notebooks need, in the order in which they do.

        notebooks  of which notebooks: a number (`14`) or a range (`00-11`)
        """
        first, _, last = notebooks.partition("-")
        needed = {
            row.name: min((n for n in row.notebooks if first <= n <= (last or first)), default=None)
            for row in self._table.values()
        }
        found = [name for name, notebook in needed.items() if notebook]
        return sorted(found, key=lambda name: needed[name])

    def chosen(self, words: Sequence[str]) -> list[str]:
        """The names of bases, each once, that somebody asked for: by names, or by notebooks as
        `in_order` takes them."""
        lists = [self.in_order(w) if NOTEBOOKS.fullmatch(w) else [w] for w in words]
        return list(dict.fromkeys(name for names in lists for name in names))

    def table(self) -> BaseTable:
        """Every base, with what the engine has of it."""
        return BaseTable(tuple(replace(r, here=self._here(r)) for r in self._table.values()))

    def ensure(self, name: str, listener: ProgressCallback = ignore) -> Base:
        """Makes a base local, unless it is, and says where it came from.

        name  as Dockerfiles have it; one that isn't in the table may be any image's

        Whoever else wants it meanwhile, in another kernel too, waits for it. Raises
        BaseUnavailable, which says what was tried.
        """
        row = self._table.get(short_name(name))
        if self._beside and (row or not self._has(name)):
            return self._brought(self._beside, name, listener)
        if row is None:
            return self._other(name, listener)
        reasons: list[str] = []
        with _locked(row.name, listener):
            for source in self._sources():
                try:
                    base = source(row, _telling(reasons, row, listener))
                except LabError as error:
                    reasons.append(str(error).rstrip("."))
                else:
                    if base:
                        return replace(base, name=name)
        why = "; ".join(reasons) or f"{self._usual()[1]} does not have it"
        raise BaseUnavailable(f"The base {name} can't be had: {why}.")

    def export(
        self, file: Path, names: Sequence[str] | None = None, listener: ProgressCallback = ignore
    ) -> None:
        """Saves bases that the engine has to an archive.

        names  of those to save; without it all that notebooks need and the engine has

        Raises BaseUnavailable where it has not got one of them, LabError where the file can't be
        written.
        """
        found = [self._entry(self._row(name)) for name in names or self.in_order()]
        missing = [n for n, entry in zip(names or [], found, strict=False) if entry is None]
        entries = [entry for entry in found if entry]
        if missing or not entries:
            raise BaseUnavailable(
                f"The engine has no {' and no '.join(missing) or 'base'} to save: "
                "type `python3 -m helpers bases pull` or `bases build` first."
            )
        archive.write(self._engine, Path(file), entries, listener)

    def load(self, file: Path, listener: ProgressCallback = ignore) -> None:
        """Loads all of an archive into the engine; from then on these are preferred to Docker Hub.

        Raises LabError where it can't be read or is for another architecture.
        """
        brought = Archive(self._engine, Path(file), archive.read(Path(file)))
        for name in brought.entries:
            with _locked(name, listener):
                brought.get(name, listener)
        archive.remember(brought.entries.values())
        self._archive = archive.remembered(self._engine)

    def clean(self) -> None:
        """Removes this user's stand-ins, and the lab's names of Docker Hub's images."""
        client = self._engine.client
        tags = {tag for image in client.images.list() for tag in image.tags}
        hubs = {tag for tag in tags if tag.startswith(names.HUB_PREFIX)}
        for tag in hubs.union(standins.made(self._engine)):
            with suppress(docker.errors.ImageNotFound):
                client.images.remove(tag, force=True)
        archive.remember([])
        self._from.clear()

    def _sources(self) -> list[Callable[[BaseInfo, ProgressCallback], Base | None]]:
        """Ways to get a base, to be tried in this order. One gives None where it has not got it,
        and raises LabError, whose message is a reason, where it fails."""
        if self._chosen is None:
            return [self._present, self._from_archive, self._from_hub, self._stand_in]
        if self._chosen == "hub":
            return [self._present, self._from_hub]
        return [self._stand_in if self._chosen == "stand-ins" else self._from_archive]

    def _usual(self) -> tuple[str, str]:
        """Where the next base comes from, and that as the beginning of the line."""
        if self._archive.entries and self._chosen not in ("hub", "stand-ins"):
            return "an archive", str(self._archive)
        if self._chosen == "stand-ins":
            return "stand-ins", "stand-ins made of Debian packages"
        problem = None if self._chosen == "hub" else self._hub.problem()
        if problem:
            words = f"stand-ins made of Debian packages, since Docker Hub can't be used: {problem}"
            return "stand-ins", words
        return "Docker Hub", "Docker Hub, each at the digest that it is pinned to"

    def _present(self, row: BaseInfo, listener: ProgressCallback) -> Base | None:
        reference = self._hub.find(row)
        origin = "an archive" if row.name in self._archive.entries else _origin(row)
        return self._made(row, reference, "present", origin) if reference else None

    def _from_archive(self, row: BaseInfo, listener: ProgressCallback) -> Base | None:
        entry = self._archive.get(row.name, listener)
        if entry is None:
            return None
        kind = "stand-in" if entry.source == "stand-in" else "archive"
        return self._made(row, entry.reference, kind, "an archive")

    def _from_hub(self, row: BaseInfo, listener: ProgressCallback) -> Base:
        return self._made(row, self._hub.pull(row, listener), "hub", _origin(row))

    def _stand_in(self, row: BaseInfo, listener: ProgressCallback) -> Base:
        reference = standins.find(self._engine, row, self._table)
        if reference is None:
            begins_with = {}
            for name in standins.needs(row):
                with _locked(name, listener):
                    begins_with[name] = self._stand_in(self._table[name], listener).reference
            reference = standins.make(self._engine, row, self._table, begins_with, listener)
        return self._made(row, reference, "stand-in", "stand-ins")

    def _brought(self, beside: Bases, name: str, listener: ProgressCallback) -> Base:
        base = beside.ensure(name, listener)
        with _locked(f"{name} {self._engine.version}", listener):
            transfer.bring(beside._engine, self._engine, base.reference, listener)
        return base

    def _has(self, name: str) -> bool:
        with suppress(docker.errors.APIError):
            return bool(self._engine.client.images.get(name))
        return False

    def _made(self, row: BaseInfo, reference: str, source: str, origin: str) -> Base:
        if row.notebooks:
            self._from[row.name] = origin
        real = source != "stand-in"
        return Base(
            name=row.name,
            reference=reference,
            source=source,
            digest=row.digest if real else None,
            size=_size(self._engine, reference),
            hub_size=row.hub_size,
            note="" if real else row.note,
        )

    def _other(self, name: str, listener: ProgressCallback) -> Base:
        """A base that the table does not know: the engine's, or Docker Hub's where that is used."""
        client = self._engine.client
        source = "present"
        try:
            client.images.get(name)
        except docker.errors.APIError as error:
            if error.status_code == 400:
                raise BaseUnavailable(
                    f"{name!r} can't be an image's name: names are in lower case, as in "
                    "`docker images`."
                ) from None
            if error.status_code != 404:
                raise
            if self._chosen not in (None, "hub"):
                raise BaseUnavailable(
                    f"The base {name} is not here, and nothing stands in for it: there is "
                    f"{', '.join(self._table)}."
                ) from None
            source = "hub"
            repository, tag = docker.utils.parse_repository_tag(name)
            try:
                with _locked(name, listener):
                    self._hub.fetch(repository, tag or "latest", listener)
            except BaseUnavailable as error:
                raise BaseUnavailable(f"The base {name} can't be had: {error}.") from error
        return Base(name, name, source, None, _size(self._engine, name), None)

    def _row(self, name: str) -> BaseInfo:
        row = self._table.get(short_name(name))
        if row is None:
            raise BaseUnavailable(f"No base is called {name!r}: there is {', '.join(self._table)}.")
        return row

    def _here(self, row: BaseInfo) -> str | None:
        entry = self._entry(row)
        return entry.source if entry else None

    def _entry(self, row: BaseInfo) -> ArchivedBase | None:
        """What the engine has of a base, the real image before a stand-in; None where it has
        nothing, or a stand-in of a recipe that has changed."""
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
            size=_size(self._engine, reference),
            file=row.name.replace(":", "-").replace("/", "-") + ".tar.gz",
        )

    def _find_archive(self) -> Archive:
        """The archive that was chosen, the one in the cache folder, or what was loaded before."""
        file = names.cache() / ARCHIVE
        if self._chosen in ("hub", "stand-ins"):
            return Archive(self._engine, None, [])
        if self._chosen:
            file = Path(self._chosen).expanduser()
        elif not file.is_file():
            return archive.remembered(self._engine)
        return Archive(self._engine, file, archive.read(file))


@contextmanager
def _locked(name: str, listener: ProgressCallback) -> Iterator[None]:
    """One at a time gets a base, among all processes of this user."""
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


def _telling(reasons: list[str], row: BaseInfo, listener: ProgressCallback) -> ProgressCallback:
    """A listener that is told, before the first news of a source, why others were passed over."""
    told = threading.Event()

    def tell(event: Event) -> None:
        if reasons and not told.is_set():
            told.set()
            listener(Event("source", f"{row.name}: {'; '.join(reasons)}", "done"))
        listener(event)

    return tell


def _origin(row: BaseInfo) -> str:
    """A row's registry, as the line of sources names it."""
    return row.registry if row.digest else f"{row.registry}, not pinned to a digest"


def _size(engine: Engine, reference: str) -> int:
    return sum(layer["Size"] for layer in engine.client.api.history(reference))
