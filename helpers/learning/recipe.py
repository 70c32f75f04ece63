"""Packaging a program by choosing: takes one choice of each kind, and gives the Dockerfile.

Every combination gives a Dockerfile that builds. Whether its image then starts is what the choosing
is about, so nothing is left out because it would fail.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.core import names
from helpers.core.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

SAME = "the build stage itself"
"""The final base of an image that has only one stage."""

BASES = (
    SAME,
    "ubuntu:24.04",
    "debian:trixie-slim",
    "debian:bullseye-slim",
    "alpine:3.22",
    "busybox:1.37-glibc",
    "busybox:1.37-musl",
    "scratch",
)

GCC = {
    "dynamic": "gcc",
    "dynamic with its libraries": "gcc",
    "static": "gcc -static",
    "dynamic with musl": "musl-gcc",
    "static with musl": "musl-gcc -static",
}

GO = {"static": "CGO_ENABLED=0 go build"}

COMPILERS = {
    "gcc:14": (),
    "debian:trixie-slim": ("gcc", "libc6-dev"),
    "debian:bullseye-slim": ("gcc", "libc6-dev"),
}
"""Build bases for C, with the packages that they lack."""


@dataclass(frozen=True)
class Program:
    """One that can be packaged.

    source    its file in the folder of its name in `samples`
    builds    the bases it can be built on, with the packages to install there
    linkings  how it can be linked, with the command that does it
    """

    name: str
    source: str
    builds: Mapping[str, tuple[str, ...]]
    linkings: Mapping[str, str]

    @property
    def context(self) -> Path:
        """The folder that is sent to the engine."""
        return names.SAMPLES / self.name


PROGRAMS = {
    program.name: program
    for program in (
        Program("c-hello", "hello.c", COMPILERS, GCC),
        Program("c-resolve", "resolve.c", COMPILERS, GCC),
        Program("go-hello", "hello.go", {"golang:1.24": ()}, GO),
    )
}


@dataclass(frozen=True)
class Choice:
    """One way to package a program.

    program  a key of PROGRAMS
    build    the base it is built on
    final    the base it is put on, one of BASES
    linking  how it is linked
    strip    whether symbols are left out
    """

    program: str = "c-hello"
    build: str = "gcc:14"
    final: str = SAME
    linking: str = "dynamic"
    strip: bool = False

    def options(self) -> dict[str, tuple]:
        """What can be chosen for each field, by program. Raises LabError where there is none."""
        program = PROGRAMS.get(self.program)
        if program is None:
            raise LabError(f"No program is called {self.program!r}: there are {_list(PROGRAMS)}.")
        return {
            "program": tuple(PROGRAMS),
            "build": tuple(program.builds),
            "final": BASES,
            "linking": tuple(program.linkings),
            "strip": (False, True),
        }

    def checked(self) -> Choice:
        """Itself. Raises LabError, which names what can be chosen, where a field is none of it."""
        for field, options in self.options().items():
            if (chosen := getattr(self, field)) not in options:
                raise LabError(f"{field} can't be {chosen!r}: choose one of {_list(options)}.")
        return self

    def fitting(self) -> Choice:
        """Itself, with the first of what can be chosen wherever the program doesn't have it."""
        options = self.options()
        chosen = {f.name: getattr(self, f.name) for f in fields(self)}
        return Choice(**{k: v if v in options[k] else options[k][0] for k, v in chosen.items()})

    @property
    def label(self) -> str:
        """The choice in a few words, for a row and a bar."""
        final = f"{self.build} alone" if self.final == SAME else f"{self.build} → {self.final}"
        return f"{self.program}: {final}, {self.linking}" + (", stripped" if self.strip else "")

    @property
    def dockerfile(self) -> str:
        """The Dockerfile."""
        program = PROGRAMS[self.program]
        stage = [f"FROM {self.build} AS build"] if self.final != SAME else [f"FROM {self.build}"]
        packages = [*program.builds[self.build]]
        if "musl" in self.linking:
            packages.append("musl-tools")
        if packages:
            install = "apt-get install -y --no-install-recommends"
            stage.append(f"RUN apt-get update && {install} {' '.join(packages)}")
        stage += ["WORKDIR /src", f"COPY {program.source} .", f"RUN {self._compile(program)}"]
        copied = self.linking.endswith("libraries") and self.final != SAME
        if copied:
            stage += [
                "RUN mkdir /needs \\",
                " && ldd /hello | grep -o '/[^ ]*' | xargs -I{} cp --parents -L {} /needs",
            ]
        if self.final != SAME:
            stage += ["", f"FROM {self.final}"]
            stage += ["COPY --from=build /needs /"] if copied else []
            stage += ["COPY --from=build /hello /"]
        return "\n".join([*stage, 'CMD ["/hello"]', ""])

    def _compile(self, program: Program) -> str:
        strip = (" -ldflags='-s -w'" if program.linkings is GO else " -s") if self.strip else ""
        return f"{program.linkings[self.linking]}{strip} -o /hello {program.source}"


def _list(items) -> str:
    return ", ".join(map(repr, items))
