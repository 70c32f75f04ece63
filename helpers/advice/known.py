"""Knows `known.toml`: what tools leave in images, and gives it as rows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from pathlib import Path
from re import Pattern
from typing import Any

FILE = Path(__file__).with_name("known.toml")


@dataclass(frozen=True)
class Leftover:
    """What a tool leaves.

    remedy, says, do, notebook  as a `Finding` has them
    paths                       matches the files, from the first character to the last
    mount                       ends of the folders that a cache mount can take
    """

    remedy: str
    says: str
    do: str
    notebook: str
    paths: Pattern[str]
    mount: tuple[str, ...] = ()

    def folder(self, path: str) -> str | None:
        """The folder that a cache mount would take for that file, or None."""
        for end in self.mount:
            at = path.find(f"{end}/")
            if at >= 0:
                return path[: at + len(end)]
        return None


@cache
def leftovers() -> tuple[Leftover, ...]:
    """The rows, in the order in which they count."""
    rows = table()["leftover"]
    return tuple(
        Leftover(
            row["remedy"],
            row["says"],
            row["do"],
            row["notebook"],
            re.compile("|".join(map(translate, row["paths"]))),
            tuple(row.get("mount", ())),
        )
        for row in rows
    )


@cache
def pattern(table_name: str, field: str) -> Pattern[str]:
    """The regular expressions of a table as one."""
    return re.compile("|".join(f"(?:{each})" for each in table()[table_name][field]))


@cache
def table() -> Mapping[str, Any]:
    """The file as it is."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
