"""Knows what tools leave behind: finds caches, documents and bytecode, and gives findings."""

from __future__ import annotations

from collections.abc import Iterator

from helpers.advice import known
from helpers.advice.finding import Finding, Place, evidence, top
from helpers.advice.subject import Subject


def leftovers(subject: Subject) -> Iterator[Finding]:
    """One finding for each tool, of what the Dockerfile's own layers have. What the base has no
    instruction can take away."""
    own = subject.claims(lambda path: path not in subject.needed)
    for row in known.leftovers():
        claims: dict[Place, int] = {
            place: size for place, size in own.items() if row.paths.fullmatch(place[1])
        }
        own = {place: size for place, size in own.items() if place not in claims}
        if claims:
            yield Finding(
                remedy=row.remedy,
                says=row.says,
                do=row.do,
                notebook=row.notebook,
                claims=claims,
                evidence=evidence(
                    subject, claims, lambda path, row=row: row.folder(path) or top(path, 4)
                ),
            )
