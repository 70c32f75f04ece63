"""The texts of causes.toml, and what more than one check needs to fill them in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from posixpath import basename
from typing import Any

from helpers.core import tables
from helpers.core.tables import TomlTable
from helpers.diagnosis.case import Case
from helpers.diagnosis.shell_words import SHELLS

FILE = Path(__file__).with_name("causes.toml")

TOOLCHAIN = re.compile(
    r"(lib(c|m|dl|pthread|rt|resolv|util|gcc_s|stdc\+\+|atomic)|ld-linux.*)\.so|libc\.musl-"
)
"""Libraries of a C library and GCC, which have all of them for static linking too."""

RUNTIMES = ("java", "node", "python", "ruby", "perl", "php")
"""Programs that load compiled modules at run time."""


@dataclass(frozen=True)
class CauseText:
    """What a check found: the text to show, and the values for its placeholders.

    name     which of the cause's texts
    facts    the values; a fix is left out if one of its placeholders has no value
    missing  the paths or sonames that aren't there
    ran      whether a program had started before it failed
    """

    name: str
    facts: Mapping[str, Any]
    missing: tuple[str, ...] = ()
    ran: bool = False


CauseCheck = Callable[[Case], CauseText | None]
"""A check for one cause. It returns None if the cause isn't certain."""


class Wording(TomlTable, frozen=True):
    """A text of a cause, with {placeholders}. A fix is a line of a Dockerfile or of a terminal."""

    explanation: str
    fixes: tuple[str, ...]


class SignalMeaning(TomlTable, frozen=True):
    """A signal. `find`: the address sanitizer finds the line at fault. `allow`: the engine's filter
    of system calls is the reason."""

    name: str
    means: str
    find: bool = False
    allow: bool = False


class Lookups(TomlTable, frozen=True):
    """The tables of causes.toml that checks look things up in.

    signals       by number
    bases         a base that has the loader and the C library, by the library
    packages      the package of an interpreter, in Debian and in Alpine
    interpreters  what runs a script, by the extension of its name
    systems       how the programs of another system begin, in hexadecimal
    """

    signals: Mapping[str, SignalMeaning]
    bases: Mapping[str, str]
    packages: Mapping[str, str]
    interpreters: Mapping[str, str]
    systems: Mapping[str, tuple[str, ...]]


@cache
def lookups(file: Path = FILE) -> Lookups:
    """What checks look up. Raises LabError where a table is not as it must be."""
    own = {name: rows for name, rows in tables.load(file).items() if name in _LOOKUPS}
    return tables.convert(own, Lookups, file, "")


@cache
def texts(file: Path = FILE) -> Mapping[str, Mapping[str, Wording]]:
    """Each cause's texts by their names. Raises LabError where one is not as it must be."""
    return {
        cause: {
            name: tables.convert(row, Wording, file, f"{cause}.{name}")
            for name, row in rows.items()
        }
        for cause, rows in tables.load(file).items()
        if cause not in _LOOKUPS
    }


_LOOKUPS = Lookups.__struct_fields__


def static(case: Case) -> str | None:
    """The line of a build stage that links the program statically; None if that can't be told. It
    has no names of source files, which an image doesn't have."""
    head, path = case.header, case.start.path
    if head and head.go:
        return "ENV CGO_ENABLED=0"
    if not head or not path or not is_own(case):
        return None
    if any(name.startswith("libstdc++") for name in head.needed):
        return f"RUN g++ -static -o {path} …"
    return f"RUN gcc -static -o {path} …"


def is_linked_here(case: Case) -> bool:
    """Whether the program only needs libraries that come with a compiler, so that its author can
    link it statically. Runtimes such as `java` bring libraries, or load some later."""
    needed = case.header.needed if case.header else ()
    runtime = basename(case.start.path or "").startswith(RUNTIMES)
    return not runtime and all(map(TOOLCHAIN.match, needed))


def is_own(case: Case) -> bool:
    """Whether the program seems to be the user's own, not from a distribution's package."""
    start = case.start
    packaged = (start.path or "").startswith(("/usr/bin/", "/usr/sbin/"))
    return start.by != "kernel" and not packaged and basename(start.name) not in SHELLS
