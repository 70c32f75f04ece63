"""Reads in a notebook's outputs on what its figures were measured: sizes are the same only on the
same architecture, with bases from the same place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.core.errors import ENGINE_PREFIX
from helpers.testing import figures

_PREFIX = re.escape(ENGINE_PREFIX)
ENGINE = re.compile(rf"^{_PREFIX}.+, (\w+), \w+ store, builder \w+$", re.MULTILINE)
BASES = re.compile(rf"^{_PREFIX}bases: (?:brought from [^:]+: )?(.+)$", re.MULTILINE)
"""The lines that a lab draws of itself. The engines' names don't matter."""

REASON = re.compile(r", since Docker Hub can't be used: .*?(?=; but |$)")


@dataclass(frozen=True)
class MeasuredOn:
    """What figures were measured on.

    architecture  the engine's: `amd64`
    bases         where base images came from, in the lab's own words
    """

    architecture: str
    bases: str

    def __str__(self) -> str:
        return f"{self.architecture} with {self.bases}"


def read(outputs: Sequence[Mapping]) -> MeasuredOn | None:
    """What the lab in a cell's outputs says that it is. None where there is no lab."""
    for texts in figures.texts(outputs).values():
        for text in texts:
            engine, bases = ENGINE.search(text), BASES.search(text)
            if engine and bases:
                return MeasuredOn(engine[1], REASON.sub("", bases[1]))
    return None
