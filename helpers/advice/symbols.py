"""Finds programs with symbols and debug information, which only debuggers read."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator

from helpers.advice.finding import Finding, LayerPath, evidence
from helpers.advice.subject import Subject
from helpers.elf.anatomy import sections
from helpers.elf.header import MAGIC
from helpers.image.packages import DPKG_INFO

PROGRAMS = 10
"""So many programs are read, the largest ones, each as a whole."""

ASKED = 40
"""So many files are looked at to find them."""

LEAST = 1_000_000
"""Bytes; the symbols of a smaller program are not worth a finding."""

INSTALLED = re.compile("/(site-packages|dist-packages|node_modules)/")
"""Folders with what others have compiled: their libraries are not yours to strip."""

GO = ".gopclntab"

SYMBOLS = "symbols"


def symbols(subject: Subject) -> Iterator[Finding]:
    """Symbols and debug information in the programs and libraries that the Dockerfile added."""
    claims: dict[LayerPath, int] = {}
    notebooks: set[str] = set()
    for place in _large(subject):
        parts = {part.name: part.size for part in sections(subject.fs.read(place[1]))}
        goes = sum(size for name, size in parts.items() if _is_for_debuggers(name))
        if goes:
            claims[place] = goes
            notebooks.add("12" if GO in parts else "13")
    if claims:
        yield Finding(
            remedy=SYMBOLS,
            says="Programs have symbols and debug information. Debuggers read them, and "
            "backtraces after a crash.",
            do='Strip them where they are made: `go build -ldflags "-s -w"`, `gcc -s`, '
            "`strip = true` for cargo.",
            notebook=min(notebooks),
            claims=claims,
            evidence=evidence(subject.layers, claims),
        )


def _large(subject: Subject) -> list[LayerPath]:
    """The largest ELF files that the Dockerfile added, but not with dpkg, pip or npm."""
    records = (f.path for f in subject.files if f.path.startswith(f"{DPKG_INFO}/"))
    packaged: set[str] = set()
    if any(records):
        for package in subject.packages:
            packaged.update(subject.owners.files_of(package.name))
    found = []
    for path, (number, file) in subject.visible.items():
        if number < subject.base or file.size < LEAST or path in packaged or INSTALLED.search(path):
            continue
        if file.mode & stat.S_IXUSR or ".so" in path:
            found.append((file.size, (number, path)))
    largest = [place for _, place in sorted(found, reverse=True)[:ASKED]]
    return [place for place in largest if _is_elf(subject, place[1])][:PROGRAMS]


def _is_elf(subject: Subject, path: str) -> bool:
    return subject.fs.read(path, len(MAGIC)) == MAGIC


def _is_for_debuggers(section: str) -> bool:
    return section in (".symtab", ".strtab") or section.startswith((".debug_", ".zdebug_"))
