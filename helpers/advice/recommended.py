"""Finds packages that apt installed only because others recommend them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from helpers.advice.finding import Finding, LayerPath, evidence
from helpers.advice.subject import Subject
from helpers.image.packages import DPKG_INFO, reached

INSTALL = re.compile(r"\bapt(?:-get)?\b([^&|;]*?\s)install(?=\s)([^&|;]*)")
"""A call of `apt-get install`: what stands before the word `install`, and after it."""
NO_RECOMMENDS = "--no-install-recommends"

STATES = "/var/lib/apt/extended_states"
"""apt's record of the packages that nobody asked for, which `apt-mark showauto` prints."""

RECOMMENDED = "recommended packages"


def recommended(subject: Subject) -> Iterator[Finding]:
    """Packages that a `RUN apt-get install` brought because another recommends them."""
    extra: dict[str, str] = {}
    claims: dict[LayerPath, int] = {}
    automatic = _automatic(subject)
    for number in range(subject.base, len(subject.layers)):
        instruction = subject.layers[number].created_by
        if not any(_wants_others(*call) for call in INSTALL.findall(instruction)):
            continue
        added = _added(subject, number)
        came = {p.name: p for p in subject.packages if p.name in added}
        asked = asked_for(instruction) if automatic is None else came.keys() - automatic
        if asked is None:
            continue
        unasked = sorted(came.keys() - reached(came, asked))
        own = {path: name for name in unasked for path in subject.owners.files_of(name)}
        found = subject.claims(own.__contains__)
        claims |= {place: size for place, size in found.items() if place[0] == number}
        extra |= own
    if claims:
        yield Finding(
            remedy=RECOMMENDED,
            says="apt has installed packages that nothing depends on: others recommend them.",
            do=f"Install with `{NO_RECOMMENDS}`, and name what turns out to be missing.",
            notebook="01",
            claims=claims,
            evidence=evidence(subject.layers, claims, lambda path: extra[path]),
        )


def asked_for(instruction: str) -> tuple[str, ...] | None:
    """The packages that the `apt-get install` of an instruction names. None where they can't be
    told, or where it installs no recommended packages."""
    calls = INSTALL.findall(instruction)
    if not any(_wants_others(*call) for call in calls):
        return None
    names: list[str] = []
    for _, after in calls:
        try:
            words = [word for word in shlex.split(after) if not word.startswith("-")]
        except ValueError:  # a quote that is never closed: this is no plain list of names
            return None
        if any(word[:1] in "$./" or "*" in word for word in words):
            return None
        names += [re.split(r"[=/:]", word)[0] for word in words if word[:1].isalnum()]
    return tuple(names) or None


def _wants_others(before: str, after: str) -> bool:
    said = before + after
    return NO_RECOMMENDS not in said and "no-install-recommends=" not in said.lower()


def _automatic(subject: Subject) -> set[str] | None:
    """The packages that nobody asked for, by apt's own record; None where there is no record."""
    if STATES not in subject.visible:
        return None
    rows = subject.fs.read(STATES).decode("utf-8", "replace").split("\n\n")
    said = [dict(re.findall(r"(?m)^([\w-]+): *(\S+)", row)) for row in rows]
    return {row["Package"] for row in said if row.get("Auto-Installed") == "1" and "Package" in row}


def _added(subject: Subject, number: int) -> set[str]:
    """The packages that a layer added, by their lists of files."""
    start, end = f"{DPKG_INFO}/", ".list"
    return {
        file.path.removeprefix(start).removesuffix(end).partition(":")[0]
        for file in subject.layers[number].files
        if file.change == "added" and file.path.startswith(start) and file.path.endswith(end)
    }
