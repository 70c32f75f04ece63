"""Finds what tools and `COPY . .` left in an image: caches, documents, bytecode, repositories."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from helpers.advice import known
from helpers.advice.finding import Finding, LayerPath, evidence, top
from helpers.advice.subject import Subject


def leftovers(subject: Subject) -> Iterator[Finding]:
    """One finding for each tool, about the Dockerfile's own layers: no instruction can take away
    what the base has."""
    own = subject.claims(lambda path: path not in subject.needed)
    for row in known.table().leftover:
        claims: dict[LayerPath, int] = {
            place: size for place, size in own.items() if row.pattern.fullmatch(place[1])
        }
        own = {place: size for place, size in own.items() if place not in claims}
        if claims:
            yield Finding(
                remedy=row.remedy,
                says=row.says,
                do=row.do,
                notebook=row.notebook,
                claims=claims,
                evidence=evidence(subject.layers, claims, _folder_of(row)),
            )


def _folder_of(row: known.Leftover) -> Callable[[str], str]:
    return lambda path: row.folder(path) or top(path, 4)


def copied(subject: Subject) -> Iterator[Finding]:
    """Repositories, installed packages and environments that were copied from the context.

    Builders record a `COPY` without its `--from`. Where only their record is known, a folder
    counts only if nobody would copy it from a stage.
    """
    table = known.table().copied
    folders = frozenset(table.folders if subject.written else table.never)
    from_context = {
        number
        for number in range(subject.base, len(subject.layers))
        if subject.layers[number].created_by.startswith(("COPY", "ADD"))
        and "--from=" not in subject.layers[number].created_by
    }
    claims = {
        place: size
        for place, size in subject.claims(lambda path: _folder(path, folders) is not None).items()
        if place[0] in from_context
    }
    if claims:
        found = {_folder(path, folders) or path for _, path in claims}
        names = sorted({folder.rpartition("/")[2] for folder in found})
        yield Finding(
            remedy="copied by mistake",
            says="`COPY` took folders along that belong to the machine it was built on.",
            do=f"Write a `.dockerignore` with {', '.join(f'`**/{name}`' for name in names)}.",
            notebook="02",
            claims=claims,
            evidence=evidence(subject.layers, claims, lambda path: _folder(path, folders) or path),
        )


def _folder(path: str, folders: Collection[str]) -> str | None:
    """The first folder on a path that has one of these names, or None."""
    parts = path.split("/")
    for at, part in enumerate(parts[:-1]):
        if part in folders:
            return "/".join(parts[: at + 1])
    return None
