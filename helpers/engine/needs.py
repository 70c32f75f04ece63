"""Requirements on an engine: a version of BuildKit, an image store."""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpers.core.errors import LabError
from helpers.engine.client import Engine

BUILDKIT = {
    "18.09": "0.3",
    "19.03": "0.6",
    "20.10": "0.8",
    "23.0": "0.10",
    "24.0": "0.11",
    "25.0": "0.12",
    "26.0": "0.13",
    "27.0": "0.14",
    "28.0": "0.20",
    "29.0": "0.25",
}
"""The version of BuildKit in each version of the engine, from Docker's release notes: the engine
does not say. A version in between has the listed one or a later."""

TAKES_CONTEXTS = "27.5"
"""The first version whose `POST /build` reads a context on the containerd store (moby issue 47717).
Older ones can't build what this lab sends."""

UPDATE = "29"
"""The first version of Docker that meets every need of the lab when it is newly installed."""


@dataclass(frozen=True)
class Needs:
    """What an engine must have.

    builder  the lowest version of BuildKit, such as `"0.13"`; "" for any builder
    store    `containerd` or `graph`; "" for either
    """

    builder: str = ""
    store: str = ""

    def __post_init__(self) -> None:
        if self.builder and not re.fullmatch(r"\d+(\.\d+)*", self.builder):
            raise LabError(f"{self.builder!r} is no version of BuildKit: write it as '0.13'.")
        if self.store not in ("", "containerd", "graph"):
            raise LabError(f"No store is called {self.store!r}: there is containerd and graph.")

    def met_by(self, engine: Engine) -> bool:
        """Whether an engine has all of it."""
        if self == Needs():
            return True
        if not takes_contexts(engine) or self.store not in ("", engine.store):
            return False
        return not self.builder or version(buildkit(engine)) >= version(self.builder)

    def __str__(self) -> str:
        builder = f"BuildKit {self.builder}" if self.builder else ""
        store = f"the {self.store} store" if self.store else ""
        return " and ".join(part for part in (builder, store) if part) or "any engine"


def buildkit(engine: Engine) -> str:
    """The version of an engine's BuildKit, or an earlier one; "" where it has none."""
    if engine.builder != "buildkit":
        return ""
    own = version(engine.version)
    return max((b for e, b in BUILDKIT.items() if version(e) <= own), key=version, default="")


def takes_contexts(engine: Engine) -> bool:
    """Whether an engine can build from a context that is sent to it."""
    if engine.name != "docker" or engine.store != "containerd":
        return True
    return version(engine.version) >= version(TAKES_CONTEXTS)


def described(engine: Engine) -> str:
    """The engine's version, BuildKit and store, as a clause for an error message."""
    builder = f"BuildKit {buildkit(engine)}" if buildkit(engine) else "no BuildKit"
    said = f"{engine.name} {engine.version} has {builder} and the {engine.store} store"
    if takes_contexts(engine):
        return said
    return f"{said}, on which it builds nothing that is sent to it before {TAKES_CONTEXTS}"


def version(text: str) -> tuple[int, ...]:
    """The numbers of `20.10.24+dfsg1`, to compare versions by; those of "" are lower than any."""
    leading = re.split(r"[^\d.]", text, maxsplit=1)[0]
    return tuple(int(part) for part in leading.split(".") if part)
