"""Knows which remedies are worth it: ranks findings, and counts no byte twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from helpers.advice.finding import Finding, Place

LEAST = 1_000_000
"""Bytes that a remedy must save to be worth a line in a Dockerfile."""

LEAST_SHARE = 0.01
"""And the share of the image."""


@dataclass(frozen=True)
class Ranked:
    """A finding in its place.

    finding  the finding
    adds     bytes that it saves when those before it are done
    """

    finding: Finding
    adds: int


@dataclass(frozen=True)
class Ranking:
    """What is worth it, and what is not.

    worth   those that save enough, the one that saves most first
    little  the others
    leaves  bytes that the image would have with all that are worth it
    """

    worth: tuple[Ranked, ...]
    little: tuple[Finding, ...]
    leaves: int


def ranked(size: int, findings: Iterable[Finding]) -> Ranking:
    """Ranks findings of an image.

    size  bytes of all its layers
    """
    order = sorted(findings, key=lambda f: (-f.saves, f.remedy))
    least = max(LEAST, LEAST_SHARE * size)
    worth: list[Ranked] = []
    taken: dict[Place, int] = {}
    for finding in order:
        if finding.saves >= least:
            worth.append(Ranked(finding, _adds(finding, taken)))
            for place, claimed in finding.claims.items():
                taken[place] = max(taken.get(place, 0), claimed)
    little = tuple(finding for finding in order if finding.saves < least)
    return Ranking(tuple(worth), little, size - sum(row.adds for row in worth))


def _adds(finding: Finding, taken: dict[Place, int]) -> int:
    """What a finding saves beyond the bytes that are gone already. Of one with a figure it is not
    known which of its bytes would go: those that are gone are taken to be among them."""
    gone = sum(min(taken.get(place, 0), claimed) for place, claimed in finding.claims.items())
    return max(0, finding.saves - gone)
