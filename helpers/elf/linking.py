"""What a binary needs to start: reads it in its image, runs nothing, and gives `Linkage`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.elf.header import Header, NotElf, header, read_header
from helpers.elf.loader import Closure, closure

if TYPE_CHECKING:
    from helpers.files.filesystem import RootFS

__all__ = ["Header", "Linkage", "header", "linkage"]


@dataclass(frozen=True, repr=False)
class Linkage(Value):
    """What a binary needs from its image.

    static       whether it starts with nothing but itself; static-pie does
    interpreter  path of the loader that the kernel must start first, or None
    needed       sonames of the libraries that it names itself
    missing      what isn't in this image, for other libraries' sake too: the interpreter's path,
                 sonames, and `libc.so.6 (GLIBC_2.34)` where the library is there and too old
    machine      the architecture, in Docker's words: `amd64`, `arm64`, ...
    libc         `glibc` or `musl`, or None where it needs neither or doesn't say
    """

    static: bool
    interpreter: str | None
    needed: tuple[str, ...]
    missing: tuple[str, ...]
    machine: str
    libc: str | None


def linkage(
    fs: RootFS, path: str, env: Mapping[str, str] | None = None, workdir: str = "/"
) -> Linkage:
    """Reads what the binary at a path needs, and looks for it where its loader would.

    path     absolute; links are followed inside the image
    env      of the process that would run: LD_LIBRARY_PATH is heeded
    workdir  of the process that would run

    Raises LabError where there is no such file, or it is no ELF file.
    """
    return examine(fs, path, env, workdir)[1]


def examine(
    fs: RootFS, path: str, env: Mapping[str, str] | None = None, workdir: str = "/"
) -> tuple[str, Linkage, Closure]:
    """What `linkage` gives, with the path to which links lead, and what the loader would load.
    Takes and raises the same."""
    real = fs.resolve(path)
    file = fs.stat(real) if real else None
    if not real or not file:
        raise LabError(f"There is no {path} in this image: look for it with `image.files`.")
    try:
        head = read_header(fs, real) if file.kind in ("file", "hardlink") else None
    except NotElf as error:
        raise LabError(f"{path}: {error}") from None
    if head is None:
        raise LabError(f"{path} is a {file.kind}: name a compiled program or library.")
    found = closure(fs, real, head, env or {}, workdir)
    return (
        real,
        Linkage(
            static=head.static,
            interpreter=head.interpreter,
            needed=head.needed,
            missing=_missing(fs, head, found),
            machine=head.machine,
            libc=head.libc,
        ),
        found,
    )


def _missing(fs: RootFS, head: Header, found: Closure) -> tuple[str, ...]:
    loader = head.interpreter
    names = [loader] if loader and not fs.resolve(loader) else []
    names += [library.name for library in found.missing]
    names += [f"{old.name} ({version})" for old in found.outdated for version in old.versions]
    return tuple(dict.fromkeys(names))
