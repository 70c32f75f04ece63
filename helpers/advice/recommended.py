"""Knows what apt installs unasked: finds the packages that nothing asked for depends on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from helpers.advice.finding import Finding, Place, evidence
from helpers.advice.subject import Subject
from helpers.images.packages import DPKG_INFO, Package

INSTALL = re.compile(r"\bapt(?:-get)?\b([^&|;]*?\s)install(?=\s)([^&|;]*)")
"""One call of it, with what stands before and behind the word."""
NO_RECOMMENDS = "--no-install-recommends"

RECOMMENDED = "recommended packages"


def recommended(subject: Subject) -> Iterator[Finding]:
    """Packages that came in a `RUN apt-get install` because another recommends them."""
    extra: dict[str, str] = {}
    claims: dict[Place, int] = {}
    for number in range(subject.base, len(subject.layers)):
        asked = asked_for(subject.layers[number].created_by)
        if asked is None:
            continue
        came = {p.name: p for p in subject.packages if p.name in _added(subject, number)}
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
            evidence=evidence(subject, claims, lambda path: extra[path]),
        )


def asked_for(instruction: str) -> tuple[str, ...] | None:
    """The packages that an instruction's `apt-get install` names; None where there is none, or
    each says that it wants no others."""
    names: list[str] = []
    for before, after in INSTALL.findall(instruction):
        if NO_RECOMMENDS in before + after or "no-install-recommends=" in before + after.lower():
            continue
        try:
            words = shlex.split(after)
        except ValueError:  # a quote that ends elsewhere: this is no plain list of names
            continue
        names += [re.split(r"[=/:]", word)[0] for word in words if word[:1].isalnum()]
    return tuple(names) or None


def reached(packages: Mapping[str, Package], asked: Iterable[str]) -> set[str]:
    """The packages that are asked for, and all that they depend on, of those given by name."""
    by_name: dict[str, list[str]] = {}
    for package in packages.values():
        for name in (package.name, *package.provides):
            by_name.setdefault(name, []).append(package.name)
    found: set[str] = set()
    left = list(asked)
    while left:
        for name in by_name.get(left.pop(), ()):
            if name not in found:
                found.add(name)
                left += packages[name].needs
    return found


def _added(subject: Subject, number: int) -> set[str]:
    """The packages whose list of files a layer has brought."""
    start, end = f"{DPKG_INFO}/", ".list"
    return {
        file.path.removeprefix(start).removesuffix(end).partition(":")[0]
        for file in subject.layers[number].files
        if file.change == "added" and file.path.startswith(start) and file.path.endswith(end)
    }
