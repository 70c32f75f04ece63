"""Dockerfiles by choice: a program, its build base and final base, how it is linked.

Every combination gives a Dockerfile that builds. Whether its image then starts is the question, so
no combination is left out because it would fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from helpers.core import names
from helpers.core.errors import LabError

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

COMPILERS: Mapping[str, tuple[str, ...]] = {
    "gcc:14": (),
    "debian:trixie-slim": ("gcc", "libc6-dev"),
    "debian:bullseye-slim": ("gcc", "libc6-dev"),
}
"""Build bases for C, and the packages to install on each."""


@dataclass(frozen=True)
class Program:
    """A program that can be packaged.

    name      its folder in `samples`
    source    its file in that folder
    builds    the bases that it can be built on, and the packages to install on each
    linkings  the ways to link it, and the command for each
    """

    name: str
    source: str
    builds: Mapping[str, tuple[str, ...]]
    linkings: Mapping[str, str]

    @property
    def context(self) -> Path:
        """The folder to build in."""
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
    build    the base of the build stage
    final    the base of the last stage, one of BASES
    linking  how the program is linked
    strip    whether its symbols are removed
    """

    program: str = "c-hello"
    build: str = "gcc:14"
    final: str = SAME
    linking: str = "dynamic"
    strip: bool = False

    def options(self) -> dict[str, tuple[Any, ...]]:
        """The options for each field. Raises LabError where there is no such program."""
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
        """This choice. Raises LabError, which lists the options, where a field has none of them."""
        for field, options in self.options().items():
            if (chosen := getattr(self, field)) not in options:
                raise LabError(f"{field} can't be {chosen!r}: choose one of {_list(options)}.")
        return self

    def fitting(self) -> Choice:
        """This choice; where the program lacks the option of a field, its first one instead."""
        options = self.options()
        chosen = {f.name: getattr(self, f.name) for f in fields(self)}
        return Choice(**{k: v if v in options[k] else options[k][0] for k, v in chosen.items()})

    @property
    def label(self) -> str:
        """The choice in a few words, for tables and charts."""
        final = f"{self.build} alone" if self.final == SAME else f"{self.build} → {self.final}"
        return f"{self.program}: {final}, {self.linking}" + (", stripped" if self.strip else "")

    @property
    def dockerfile(self) -> str:
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


def _list(items: Iterable[object]) -> str:
    return ", ".join(map(repr, items))
