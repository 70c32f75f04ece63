"""A Dockerfile as it is shown: marked where it differs from another, over its `docker build`."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from helpers.core.value import Value


@dataclass(frozen=True, repr=False)
class DockerfileView(Value):
    """A Dockerfile.

    text     the Dockerfile
    before   the Dockerfile it is marked against, or None: then nothing is marked
    command  the `docker build` line that does the same in a terminal, or ""
    """

    text: str
    before: str | None = None
    command: str = ""

    @property
    def marked(self) -> tuple[tuple[Literal["+", "-", ""], str], ...]:
        """The lines in order, each with `+` (new), `-` (gone) or nothing (as before)."""
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


def dockerfile(text: str, before: str | None = None, command: str = "") -> DockerfileView:
    """A Dockerfile to show, marked against the text `before`, over the `docker build` line."""
    return DockerfileView(text, before, command)


def _lines(text: str) -> list[str]:
    # Only a line feed ends a line of a Dockerfile: `splitlines` knows ten more that end one.
    return text.removesuffix("\n").split("\n")
