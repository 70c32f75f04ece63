"""What a cause has to say: chooses among the texts of causes.toml, and gives the lines of a
Dockerfile that more than one cause proposes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from posixpath import basename
from typing import Any

from helpers.diagnosis.case import Case
from helpers.diagnosis.command import SHELLS

TOOLCHAIN = re.compile(
    r"(lib(c|m|dl|pthread|rt|resolv|util|gcc_s|stdc\+\+|atomic)|ld-linux.*)\.so|libc\.musl-"
)
"""What a C library and GCC bring: each of these they have for static linking too."""

RUNTIMES = ("java", "node", "python", "ruby", "perl", "php")
"""Programs that load compiled modules while they run."""


@dataclass(frozen=True)
class CauseText:
    """What there is to say: which of the cause's texts, what its placeholders stand for (a fix
    whose placeholder stands for nothing is left out), and what isn't there. `ran` is whether
    something had started before it came to that."""

    case: str
    facts: Mapping[str, Any]
    missing: tuple[str, ...] = ()
    ran: bool = False


@cache
def table() -> Mapping[str, Any]:
    """What causes.toml says."""
    return tomllib.loads(Path(__file__).with_name("causes.toml").read_text(encoding="utf-8"))


def static(case: Case) -> str | None:
    """The line of a build stage that makes the program need nothing, where that can be told. The
    sources are yours: an image doesn't know their names."""
    head, path = case.header, case.start.path
    if head and head.go:
        return "ENV CGO_ENABLED=0"
    if not head or not path or not is_own(case):
        return None
    if any(name.startswith("libstdc++") for name in head.needed):
        return f"RUN g++ -static -o {path} …"
    return f"RUN gcc -static -o {path} …"


def is_linked_here(case: Case) -> bool:
    """Whether a compiler's own libraries are all that the program needs, so that its author can
    link it statically. A runtime such as `java` has libraries of its own, or loads some later."""
    needed = case.header.needed if case.header else ()
    runtime = basename(case.start.path or "").startswith(RUNTIMES)
    return not runtime and all(map(TOOLCHAIN.match, needed))


def is_own(case: Case) -> bool:
    """Whether the program looks as one that was built for this image, not a distribution's."""
    start = case.start
    packaged = (start.path or "").startswith(("/usr/bin/", "/usr/sbin/"))
    return start.by != "kernel" and not packaged and basename(start.name) not in SHELLS
