"""Makes base images local: `gcc:14` becomes an image of the engine, from the first source that has
it, and a line says which source that was."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import docker.errors
import docker.utils

from helpers.bases import standins
from helpers.bases.inventory import Inventory, locked
from helpers.bases.table import BaseInfo, short_name
from helpers.core import names
from helpers.core.errors import BaseUnavailable, LabError
from helpers.core.events import Event, ProgressCallback, ignore
from helpers.engine import transfer
from helpers.engine.client import Engine
from helpers.image.stored import Base

BaseSource = Literal["present", "archive", "hub", "stand-in"]
"""Where a `Base` came from."""


class Bases(Inventory):
    """Gets one engine its base images.

    engine  the engine
    source  `hub`, `stand-ins` or the path of an archive, and nothing else is tried. Without it
            what `LAB_BASES` says. Without that each base comes from the first that has it: the
            engine at the pinned digest, an archive, Docker Hub, stand-ins. Where others come from
            Docker Hub, a name that begins with another registry comes from that one
    beside  the bases of another engine, from which this one gets its own; what that one lacks, it
            makes local first

    May be used by several threads. Raises LabError for an archive that can't be read.
    """

    def __init__(
        self, engine: Engine, source: str | None = None, *, beside: Bases | None = None
    ) -> None:
        super().__init__(engine, source or os.environ.get(names.BASES_VARIABLE) or None)
        self._beside = beside
        self._from: dict[str, str] = {}

    def decide(self) -> None:
        """Finds out which source is used, unless that is known. This may ask whether Docker Hub
        answers, which takes 5 s at most."""
        if self._beside:
            self._beside.decide()
        else:
            self._usual()

    @property
    def source_line(self) -> str:
        """Which source is used and why, and which bases came from another one. This may ask whether
        Docker Hub answers, as `decide` does."""
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

    def ensure(self, name: str, listener: ProgressCallback = ignore) -> Base:
        """Makes sure that the engine has a base, and says where it came from.

        name  as Dockerfiles have it; any image may be a base, in the table or not

        Others who want the same base meanwhile, in other kernels too, wait for it. Raises
        BaseUnavailable, which says what was tried.
        """
        row = self._table.get(short_name(name))
        if self._beside and (row or not self._has(name)):
            return self._brought(self._beside, name, listener)
        if row is None:
            return self._other(name, listener)
        reasons: list[str] = []
        with locked(row.name, listener):
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

    def clean(self) -> None:
        super().clean()
        self._from.clear()

    def _sources(self) -> list[Callable[[BaseInfo, ProgressCallback], Base | None]]:
        """Ways to get a base, to be tried in this order. Each returns None where its source lacks
        the base, and raises LabError, whose message is the reason, where it fails."""
        if self._source is None:
            return [self._present, self._from_archive, self._from_hub, self._stand_in]
        if self._source == "hub":
            return [self._present, self._from_hub]
        return [self._stand_in if self._source == "stand-ins" else self._from_archive]

    def _usual(self) -> tuple[str, str]:
        """The source of the next base, and how `source_line` begins with it."""
        if self._archive.entries and self._source not in ("hub", "stand-ins"):
            return "an archive", str(self._archive)
        if self._source == "stand-ins":
            return "stand-ins", "stand-ins made of Debian packages"
        problem = None if self._source == "hub" else self._hub.problem()
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
        kind: BaseSource = "stand-in" if entry.source == "stand-in" else "archive"
        return self._made(row, entry.reference, kind, "an archive")

    def _from_hub(self, row: BaseInfo, listener: ProgressCallback) -> Base:
        return self._made(row, self._hub.pull(row, listener), "hub", _origin(row))

    def _stand_in(self, row: BaseInfo, listener: ProgressCallback) -> Base:
        reference = standins.find(self._engine, row, self._table)
        if reference is None:
            begins_with = {}
            for name in standins.needs(row):
                with locked(name, listener):
                    begins_with[name] = self._stand_in(self._table[name], listener).reference
            reference = standins.make(self._engine, row, self._table, begins_with, listener)
        return self._made(row, reference, "stand-in", "stand-ins")

    def _brought(self, beside: Bases, name: str, listener: ProgressCallback) -> Base:
        base = beside.ensure(name, listener)
        with locked(f"{name} {self._engine.version}", listener):
            transfer.bring(beside._engine, self._engine, base.reference, listener)
        return base

    def _has(self, name: str) -> bool:
        with suppress(docker.errors.APIError):
            return bool(self._engine.client.images.get(name))
        return False

    def _made(self, row: BaseInfo, reference: str, source: BaseSource, origin: str) -> Base:
        if row.notebooks:
            self._from[row.name] = origin
        real = source != "stand-in"
        return Base(
            name=row.name,
            reference=reference,
            source=source,
            digest=row.digest if real else None,
            size=transfer.size_of(self._engine, reference),
            hub_size=row.hub_size,
            note="" if real else row.note,
        )

    def _other(self, name: str, listener: ProgressCallback) -> Base:
        """A base that is not in the table: the engine has it, or Docker Hub where that is used."""
        client = self._engine.client
        source: BaseSource = "present"
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
            if self._source not in (None, "hub"):
                raise BaseUnavailable(
                    f"The base {name} is not here, and nothing stands in for it: there is "
                    f"{', '.join(self._table)}."
                ) from None
            source = "hub"
            repository, tag = docker.utils.parse_repository_tag(name)
            try:
                with locked(name, listener):
                    self._hub.fetch(repository, tag or "latest", listener)
            except BaseUnavailable as error:
                raise BaseUnavailable(f"The base {name} can't be had: {error}.") from error
        return Base(name, name, source, None, transfer.size_of(self._engine, name), None)


def _telling(reasons: list[str], row: BaseInfo, listener: ProgressCallback) -> ProgressCallback:
    """A progress callback that says first why the sources before this one were passed over."""
    told = threading.Event()

    def tell(event: Event) -> None:
        if reasons and not told.is_set():
            told.set()
            listener(Event("source", f"{row.name}: {'; '.join(reasons)}", "done"))
        listener(event)

    return tell


def _origin(row: BaseInfo) -> str:
    """The registry of a base, as `source_line` names it."""
    return row.registry if row.digest else f"{row.registry}, not pinned to a digest"
