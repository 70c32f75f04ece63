"""Which modules a Go program was built of: reads the build information that its linker puts in."""

from __future__ import annotations

import io
from dataclasses import dataclass

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

ELF = b"\x7fELF"

SECTION = ".go.buildinfo"

MAGIC = b"\xff Go buildinf:"

INLINE = 2
"""The flag that the strings follow in the section, as they do since Go 1.18."""

HEADER = 32
"""Bytes before them. All of this is from debug/buildinfo of Go's source, which calls it private."""

MARK = 16
"""Bytes that stand before and after the list of modules."""


@dataclass(frozen=True)
class Module:
    """A module that is in a program; `std` is Go's own library, whose version is the compiler's."""

    path: str
    version: str


def modules(data: bytes) -> tuple[Module, ...]:
    """The modules of a program, Go's own library first; () for what is no Go program, or has no
    build information that can be read.

    data  the program, all of it
    """
    found = _information(data)
    if found is None:
        return ()
    version, listed = found
    named = [Module("std", version)]
    for line in listed.splitlines():
        kind, *words = line.split("\t")
        if kind in ("mod", "dep", "=>") and len(words) >= 2:
            if kind == "=>":  # it stands in for the one before
                named.pop()
            named.append(Module(words[0], words[1]))
    return tuple(named)


def _information(data: bytes) -> tuple[str, str] | None:
    """The compiler's version, and the list of modules."""
    try:
        section = ELFFile(io.BytesIO(data)).get_section_by_name(SECTION)
        found = section.data() if section else b""
    # What a damaged file makes the parser run into is not always its own error.
    except (ELFError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None
    if not found.startswith(MAGIC) or len(found) < HEADER or not found[15] & INLINE:
        return None
    version, rest = _string(found[HEADER:])
    listed, _ = _string(rest)
    whole = len(listed) > 2 * MARK and listed[-MARK - 1 : -MARK] == b"\n"
    text = listed[MARK:-MARK] if whole else b""
    return version.decode("utf-8", "replace"), text.decode("utf-8", "replace")


def _string(data: bytes) -> tuple[bytes, bytes]:
    """A string whose length stands before it, seven bits a byte, and what follows it."""
    length = shift = 0
    for place, byte in enumerate(data[:10], 1):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[place : place + length], data[place + length :]
    return b"", b""
