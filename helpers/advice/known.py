"""Reads `known.toml`, which lists what tools leave in images."""

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

    remedy, says, do, notebook  as in a `Finding`
    paths                       matches the whole paths of the files
    mount                       how the folders end that can be a cache mount
    """

    remedy: str
    says: str
    do: str
    notebook: str
    paths: Pattern[str]
    mount: tuple[str, ...] = ()

    def folder(self, path: str) -> str | None:
        """The folder of that file that can be a cache mount, or None."""
        for end in self.mount:
            at = path.find(f"{end}/")
            if at >= 0:
                return path[: at + len(end)]
        return None


@cache
def leftovers() -> tuple[Leftover, ...]:
    """The rows in order: the first that matches a file counts."""
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
    """A list of regular expressions in the file, joined into one."""
    return re.compile("|".join(f"(?:{each})" for each in table()[table_name][field]))


@cache
def table() -> Mapping[str, Any]:
    """The whole file, parsed."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
