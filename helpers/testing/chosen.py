"""Which tests pytest's arguments choose, and what has to be ready for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.core import names

NOTEBOOKS = names.ROOT / "notebooks"
TESTS = names.ROOT / "tests"
BROWSER = TESTS / "browser"

ALONE = (TESTS / "unit", *sorted(TESTS.glob("test_*.py")))
"""Tests that need nothing of this machine."""


@dataclass(frozen=True)
class Chosen:
    """What is to be run.

    arguments  for pytest, as they were typed
    paths      of files and folders among them, absolute; none of them: every test
    """

    arguments: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()

    @classmethod
    def by(cls, arguments: Sequence[str]) -> Chosen:
        """What pytest's arguments choose. `-k` and `-m` choose among those tests, and change
        nothing in what they need."""
        pairs = zip(["", *arguments], arguments, strict=False)
        words = [each for before, each in pairs if before not in ("-k", "-m")]
        paths = [names.ROOT / word.split("::")[0] for word in words if not word.startswith("-")]
        return cls(tuple(arguments), tuple(path.resolve() for path in paths if path.exists()))

    @property
    def everything(self) -> bool:
        """Whether no path narrows it."""
        return not self.paths

    @property
    def engine(self) -> bool:
        """Whether an engine may be needed; tests from elsewhere count as needing one."""
        return self.everything or not all(
            any(path.is_relative_to(each) for each in ALONE) for path in self.paths
        )

    @property
    def browser(self) -> bool:
        """Whether tests that drive a browser are among them."""
        return self.everything or any(_meet(path, BROWSER) for path in self.paths)

    @property
    def notebooks(self) -> bool:
        """Whether notebooks are among them."""
        return self.everything or any(
            path.suffix == ".ipynb" or _meet(path, NOTEBOOKS) for path in self.paths
        )


def _meet(one: Path, other: Path) -> bool:
    """Whether one of two is in the other, or is it."""
    return one.is_relative_to(other) or other.is_relative_to(one)
