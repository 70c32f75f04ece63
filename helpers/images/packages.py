"""Which packages an image says that it has: reads the records that scanners read, and gives
`Packages`. What has no record is invisible to them, and here too."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from helpers.binaries import gobuild
from helpers.value import Value

if TYPE_CHECKING:
    from helpers.images.files import File
    from helpers.images.rootfs import RootFS

Kind = Literal["dpkg", "status.d", "apk", "go"]

DPKG = "/var/lib/dpkg/status"

STATUS_D = "/var/lib/dpkg/status.d/"
"""A file for each package, as Distroless keeps them: bazel-contrib/rules_distroless."""

APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
"""The second since Alpine 3.23: apk-tools, doc/apk-package.5 names the fields."""

LEAST = 300_000
"""Bytes: a Go program that prints nothing has more."""


@dataclass(frozen=True)
class Package:
    """One package that is recorded.

    name, version  as the record has them; of a Go program the path of its module, or of one that
                   is compiled in
    kind           `dpkg`, `status.d`, `apk`, or `go` (the build information in a Go program)
    record         path of the file that has the record
    size           bytes that are installed as the record has them, or None where it doesn't
    """

    name: str
    version: str
    kind: Kind
    record: str
    size: int | None = None


class Packages(Value, tuple[Package, ...]):
    """The packages that an image has a record of, by record, in the record's order."""

    @property
    def kinds(self) -> dict[Kind, int]:
        """How many there are of each kind."""
        return dict(Counter(package.kind for package in self))


def packages(fs: RootFS, files: Iterable[File]) -> Packages:
    """What the records of an image name: Debian's, Alpine's, and those in Go programs.

    files  all of the image's

    RPM's database is not read, nor are those of pip, npm and gem.
    """
    found: list[Package] = []
    for file in files:
        if file.kind not in ("file", "hardlink"):
            continue
        if file.path == DPKG:
            found += _debian(fs.read(file.path), "dpkg", file.path)
        elif file.path.startswith(STATUS_D):
            found += _debian(fs.read(file.path), "status.d", file.path)
        elif file.path in APK:
            found += _alpine(fs.read(file.path), file.path)
        elif file.mode & stat.S_IXUSR and file.size >= LEAST:
            found += _go(fs, file.path)
    return Packages(found)


def _debian(data: bytes, kind: Kind, record: str) -> Iterator[Package]:
    """Of the format that deb-control(5) describes; a package that was removed is recorded too."""
    for fields in _paragraphs(data, ": "):
        state = fields.get("Status", "install ok installed").split()
        if {"Package", "Version"} <= fields.keys() and state[-1:] == ["installed"]:
            size = fields.get("Installed-Size", "")
            kib = int(size) * 1024 if size.isascii() and size.isdigit() else None
            yield Package(fields["Package"], fields["Version"], kind, record, kib)


def _alpine(data: bytes, record: str) -> Iterator[Package]:
    for fields in _paragraphs(data, ":"):
        if {"P", "V"} <= fields.keys():
            size = fields.get("I", "")
            known = int(size) if size.isascii() and size.isdigit() else None
            yield Package(fields["P"], fields["V"], "apk", record, known)


def _paragraphs(data: bytes, colon: str) -> Iterator[Mapping[str, str]]:
    """Fields of the paragraphs, without the lines that go on with one; of a field that comes more
    than once the first."""
    fields: dict[str, str] = {}
    for line in [*data.decode("utf-8", "replace").split("\n"), ""]:
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif not line[0].isspace():
            name, _, value = line.partition(colon)
            fields.setdefault(name, value.strip())


def _go(fs: RootFS, path: str) -> Iterator[Package]:
    if fs.read(path, len(gobuild.ELF)) != gobuild.ELF:
        return
    for module in gobuild.modules(fs.read(path)):
        yield Package(module.path, module.version, "go", path)
