"""A Dockerfile to show: lines that changed are marked, and the `docker build` line is below it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from helpers.core.value import Value


@dataclass(frozen=True, repr=False)
class DockerfileView(Value):
    """A Dockerfile to show.

    text     the Dockerfile
    before   an older version to mark changes against, or None: no marks
    command  the `docker build` line that does the same in a terminal, or ""
    """

    text: str
    before: str | None = None
    command: str = ""

    @property
    def marked(self) -> tuple[tuple[Literal["+", "-", ""], str], ...]:
        """The lines in order, each with `+` (added), `-` (removed) or "" (unchanged)."""
        lines = _lines(self.text)
        if self.before is None:
            return tuple(("", line) for line in lines)
        old = _lines(self.before)
        found: list[tuple[Literal["+", "-", ""], str]] = []
        matcher = SequenceMatcher(None, old, lines, autojunk=False)
        for kind, i1, i2, j1, j2 in matcher.get_opcodes():
            if kind == "equal":
                found += (("", line) for line in lines[j1:j2])
            else:
                found += (("-", line) for line in old[i1:i2])
                found += (("+", line) for line in lines[j1:j2])
        return tuple(found)


def _lines(text: str) -> list[str]:
    # In a Dockerfile only a line feed ends a line; `splitlines` splits at ten more characters.
    return text.removesuffix("\n").split("\n")
