"""Reads `known.toml`, which lists what tools leave in images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from functools import cache, cached_property
from pathlib import Path
from re import Pattern

from helpers.core import tables
from helpers.core.tables import TomlTable

FILE = Path(__file__).with_name("known.toml")


class Leftover(TomlTable, frozen=True, dict=True):  # dict=True: for the cached property
    """What a tool leaves.

    remedy, says, do, notebook  as in a `Finding`
    paths                       of the files; `*` stands for any characters
    mount                       how the folders end that can be a cache mount
    """

    remedy: str
    says: str
    do: str
    notebook: str
    paths: tuple[str, ...]
    mount: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> Pattern[str]:
        """Matches the whole paths of the files."""
        return re.compile("|".join(map(translate, self.paths)))

    def folder(self, path: str) -> str | None:
        """The folder of that file that can be a cache mount, or None."""
        for end in self.mount:
            at = path.find(f"{end}/")
            if at >= 0:
                return path[: at + len(end)]
        return None


class ToolNames(TomlTable, frozen=True):
    """What builds programs, as regular expressions: packages, and files that came without one."""

    packages: tuple[str, ...]
    paths: tuple[str, ...]


class JdkPaths(TomlTable, frozen=True):
    """How a JDK's compiler ends, and what a Java runtime lacks, as regular expressions."""

    tool: str
    paths: tuple[str, ...]


class CopiedFolders(TomlTable, frozen=True):
    """Folders that come along with `COPY . .`; `never`: those that nobody copies from a stage."""

    folders: tuple[str, ...]
    never: tuple[str, ...]


class SlimTags(TomlTable, frozen=True):
    """How the tag of a base becomes its slimmer sibling's.

    slim      the sibling's tag, with {tag} for the base's own
    notebook  the one that compares them
    latest    the sibling of `latest`, or "" where it has none
    instead   the end of the base's tag that `slim` replaces
    """

    slim: str
    notebook: str
    latest: str = ""
    instead: str = ""


class Known(TomlTable, frozen=True):
    """The whole file. Of the leftovers, the first that matches a file counts."""

    leftover: tuple[Leftover, ...]
    tools: ToolNames
    jdk: JdkPaths
    copied: CopiedFolders
    siblings: Mapping[str, SlimTags]


@cache
def table(file: Path = FILE) -> Known:
    """The whole file. Raises LabError where it is not as it must be."""
    return tables.whole(file, Known)


@cache
def pattern(expressions: tuple[str, ...]) -> Pattern[str]:
    """Regular expressions, joined into one."""
    return re.compile("|".join(f"(?:{each})" for each in expressions))
