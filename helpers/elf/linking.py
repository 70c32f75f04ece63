"""What a binary needs from its image in order to start, as `Linkage`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.elf.closure import Closure, closure
from helpers.elf.header import Header, NotElf, read_header
from helpers.files.filesystem import RootFS


@dataclass(frozen=True, repr=False)
class Linkage(Value):
    """What a binary needs from its image.

    static       whether it needs no other file to start, as also static-pie does
    interpreter  path of the loader that the kernel starts first, or None
    needed       sonames of the libraries that it needs directly
    missing      what it needs, directly or not, and isn't in the image: the interpreter's path,
                 sonames, and `libc.so.6 (GLIBC_2.34)` if that library is there but too old
    machine      the architecture, by Docker's name: `amd64`, `arm64`, ...
    libc         `glibc` or `musl`; None if it needs neither or doesn't say
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
    env      of the process that would run, for LD_LIBRARY_PATH
    workdir  of the process that would run

    Raises LabError if there is no such file, or it isn't an ELF file.
    """
    return examine(fs, path, env, workdir)[1]


def examine(
    fs: RootFS, path: str, env: Mapping[str, str] | None = None, workdir: str = "/"
) -> tuple[str, Linkage, Closure]:
    """The path with links followed, its `Linkage`, and what the loader would load. Takes and raises
    the same as `linkage`."""
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
