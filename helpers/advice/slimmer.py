"""Finds bases that are larger than they need be: one with a slimmer sibling, or one that the
program hardly needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.advice import known
from helpers.advice.finding import Finding, LayerPath, evidence
from helpers.advice.origin import RELEASES
from helpers.advice.subject import Subject
from helpers.bases import table as base_table
from helpers.bases.table import BaseInfo

SCRATCH = "scratch"

LATEST = "latest"

PROGRAMS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
"""The folders of `PATH` in the official images."""

SLIMMER, ALONE = "a slimmer base", "the program alone"


@dataclass(frozen=True)
class Sibling:
    """A slimmer base.

    name      its name
    notebook  the number of the notebook that compares the two
    like      the names of two bases in the table, a full one and its slim one: theirs are the
              figures; None where the table has no such pair
    complete  whether the same steps work on it: without a compiler some don't
    """

    name: str
    notebook: str
    like: tuple[str, str] | None
    complete: bool = True


def slimmer_base(subject: Subject) -> Iterator[Finding]:
    """A base whose publisher has a slim one. What that saves is not counted: it is the difference
    of two sizes in the table of bases."""
    found = sibling(subject.base_name)
    if not found or not found.like:
        return
    full, slim = (base_table.read()[name] for name in found.like)
    figure = _size(full, subject) - _size(slim, subject)
    claims = _base(subject)
    if figure <= 0 or not claims:
        return
    whose = "the stand-ins'" if subject.stand_in else "Docker Hub's"
    source = f"{found.like[0]} less {found.like[1]}, by {whose} sizes in the table of bases"
    yield Finding(
        remedy=SLIMMER,
        says=f"`{subject.base_name}` has a slimmer sibling, `{found.name}`.",
        do=f"Begin with `FROM {found.name}`, and install what turns out to be missing."
        if found.complete
        else f"Compile in a stage on this one, and end on `FROM {found.name}`.",
        notebook=found.notebook,
        claims=claims,
        evidence=evidence(subject.layers, claims, lambda path: "all of it"),
        figure=min(figure, sum(claims.values())),
        source=source,
    )


def program_alone(subject: Subject) -> Iterator[Finding]:
    """A compiled program that needs next to nothing of its base."""
    target = end_on(subject)
    if target is None:
        return
    claims = _base(subject)
    static = target == SCRATCH
    figure = None if static else sum(claims.values()) - _size(base_table.read()[target], subject)
    if not claims or (figure is not None and figure <= 0):
        return
    needs = "nothing but itself" if static else "a loader and libraries"
    more = "" if static else " What is static needs no base at all."
    yield Finding(
        remedy=ALONE,
        says=f"`{subject.program}` is compiled and needs {needs}.{more}",
        do=f"Build in a stage, and `COPY --from` the program to `{target}`, with the files that it "
        "reads: certificates, time zones, its own.",
        notebook="03" if static else "02",
        claims=claims,
        evidence=evidence(subject.layers, claims, lambda path: "all of it"),
        figure=figure,
        source="" if static else f"its base less {target}, by the table of bases",
    )


def end_on(subject: Subject) -> str | None:
    """The smallest base for the image's compiled program: `scratch` if it is static, else the slim
    image of the release that it was made on. None where that can't be told, where the program is
    the base's own, and where a static program's base has no other program."""
    program = subject.program
    if not program or not subject.linkage or not subject.base:
        return None
    if subject.layer_of(program) < subject.base:
        return None
    if any(start.by != "engine" for start in subject.starts):
        return None  # a script or a shell starts it
    if subject.linkage.static:
        return SCRATCH if _has_programs(subject) else None
    own = [path for path in subject.visible if path in subject.needed and ".so" in path]
    if subject.linkage.missing or any(subject.layer_of(path) >= subject.base for path in own):
        return None
    name = slim_of_release(subject.fs.read(RELEASES[0]).decode("utf-8", "replace"))
    return name if name in base_table.read() else None


def slim_of_release(os_release: str) -> str | None:
    """The slim image of the release that the text of an `/etc/os-release` names, or None."""
    said = dict(re.findall(r'(?m)^(\w+)="?([^"\n]*)"?$', os_release))
    system, codename, version = (
        said.get(key, "") for key in ("ID", "VERSION_CODENAME", "VERSION_ID")
    )
    names = {
        "debian": f"debian:{codename}-slim",
        "ubuntu": f"ubuntu:{version}",
        "alpine": f"alpine:{'.'.join(version.split('.')[:2])}",
    }
    return names.get(system)


def sibling(name: str) -> Sibling | None:
    """The slimmer base of the same publisher; None where there is none, or this one is slim."""
    if "@" in name:  # pinned by a digest, and the sibling's digest is unknown
        return None
    repository, _, tag = base_table.short_name(name).partition(":")
    tag = tag or LATEST
    row = known.table().siblings.get(repository)
    if not row or re.search(r"slim|alpine|-jre|windows|nanoserver|backports", tag):
        return None
    if row.instead and not tag.endswith(row.instead):
        return None
    slim = f"{repository}:{row.slim.format(tag=tag.removesuffix(row.instead))}"
    if tag == LATEST:
        if not row.latest:
            return None
        slim = f"{repository}:{row.latest}"
    rows = base_table.read()
    pairs = [
        (full, each)
        for full in rows
        if full.startswith(f"{repository}:")
        for each in [f"{repository}:{_slim_tag(row, full)}"]
        if each in rows and each != full
    ]
    exact = [pair for pair in pairs if pair == (f"{repository}:{tag}", slim)]
    return Sibling(slim, row.notebook, next(iter(exact or pairs), None), not row.instead)


def _slim_tag(row: known.SlimTags, full: str) -> str:
    return row.slim.format(tag=full.partition(":")[2].removesuffix(row.instead))


def _size(row: BaseInfo, subject: Subject) -> int:
    return row.size if subject.stand_in or row.hub_size is None else row.hub_size


def _base(subject: Subject) -> dict[LayerPath, int]:
    every = subject.claims(lambda path: path not in subject.needed, base=True)
    return {place: size for place, size in every.items() if place[0] < subject.base}


def _has_programs(subject: Subject) -> bool:
    """Whether the base has programs. One without, as Distroless's static, has little more than
    certificates, time zones and users, which a static program may read."""
    return any(
        number < subject.base and path.rpartition("/")[0] in PROGRAMS
        for path, (number, _) in subject.visible.items()
    )
