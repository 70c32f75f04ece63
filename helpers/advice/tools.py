"""Finds what only builds programs: compilers, headers, a JDK, npm's development packages."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from helpers.advice import known
from helpers.advice.finding import Finding, LayerPath, evidence, top
from helpers.advice.subject import Subject
from helpers.image.packages import Package, reached

NPM_RECORD = "node_modules/.package-lock.json"
"""npm's record of the packages that it has installed, and which of them are for development."""

LIBRARY = re.compile(r"lib(?!.*-(dev|dev-bin|headers)$).*")


def build_tools(subject: Subject) -> Iterator[Finding]:
    """Compilers, their libraries and headers. Nothing is found where the program that the image
    starts is one of them."""
    tools = known.table().tools
    wanted, paths = known.pattern(tools.packages), known.pattern(tools.paths)
    names = {package.name for package in subject.packages if wanted.fullmatch(package.name)}
    package_of = {
        path: name
        for name in sorted(names - _run_on(subject.packages, names))
        for path in subject.owners.files_of(name)
    }

    def is_tool(path: str) -> bool:
        return path in package_of or bool(paths.fullmatch(path))

    if subject.program and is_tool(subject.program):
        return
    claims = _unneeded(subject, is_tool)
    if claims:
        own = {number for number, _ in claims if number >= subject.base}
        yield Finding(
            remedy="build tools",
            says="Compilers, headers and the like are in the finished image.",
            do="Install them in a build stage, and copy what they make into the last one."
            if own
            else "They are the base's: build in a stage on it, and end on a base without them.",
            notebook="02",
            claims=claims,
            evidence=evidence(
                subject.layers, claims, lambda path: package_of.get(path, "") or top(path, 3)
            ),
        )


def _run_on(packages: Iterable[Package], tools: Collection[str]) -> set[str]:
    """The libraries among some tools that other packages depend on, as Mesa does on LLVM's."""
    others = [package.name for package in packages if package.name not in tools]
    libraries = [name for name in tools if LIBRARY.fullmatch(name)]
    walked = {package.name: package for package in packages}
    return reached({name: walked[name] for name in (*others, *libraries)}, others) & set(tools)


def jdk(subject: Subject) -> Iterator[Finding]:
    """What a JDK has beyond a Java runtime."""
    table = known.table().jdk
    tool, paths = table.tool.rstrip("$"), known.pattern(table.paths)
    homes = {path.removesuffix(tool) for path in subject.visible if path.endswith(tool)}
    claims = _unneeded(
        subject, lambda path: bool(paths.fullmatch(path)) and path.startswith(tuple(homes))
    )
    if homes and claims:
        yield Finding(
            remedy="a JDK",
            says="A JDK is in the finished image: a compiler, and modules to make runtimes of.",
            do="Compile in a stage with the JDK, and end on a JRE or on what `jlink` makes.",
            notebook="14",
            claims=claims,
            evidence=evidence(subject.layers, claims, posixpath.dirname),
        )


def development_packages(subject: Subject) -> Iterator[Finding]:
    """What npm installed only for development, by its own record."""
    folders: dict[str, str] = {}
    for path in subject.visible:
        if path.endswith(f"/{NPM_RECORD}"):
            top = path.removesuffix(NPM_RECORD)
            try:
                rows = json.loads(subject.fs.read(path))["packages"].items()
                names = [name for name, row in rows if row.get("dev")]
            except (ValueError, LookupError, TypeError, AttributeError):
                continue  # another tool's, or another version's
            folders.update({f"{top}{name}/": f"{top}{name}" for name in names})
    if not folders:
        return
    claims = {
        place: size
        for place, size in subject.claims(lambda path: "/node_modules/" in path).items()
        if _package(place[1], folders)
    }
    if claims:
        yield Finding(
            remedy="development packages",
            says="npm has installed what is needed for development alone.",
            do="Install with `npm ci --omit=dev`, or bundle in a build stage.",
            notebook="15",
            claims=claims,
            evidence=evidence(subject.layers, claims, lambda path: _package(path, folders) or path),
        )


def _package(path: str, folders: dict[str, str]) -> str | None:
    """The folder of the innermost package that a path is in, if it is one of these."""
    end = path.rfind("/node_modules/")
    rest = path[end + len("/node_modules/") :].split("/")
    name = "/".join(rest[:2] if rest[0].startswith("@") else rest[:1])
    return folders.get(f"{path[:end]}/node_modules/{name}/")


def _unneeded(subject: Subject, wanted: Callable[[str], bool]) -> dict[LayerPath, int]:
    return subject.claims(lambda path: wanted(path) and path not in subject.needed, base=True)
