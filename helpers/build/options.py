"""What `docker build` can be asked for besides a context and a Dockerfile: its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How to build.

    target             the name of the stage to stop at, or None
    args               build arguments
    secrets            by id, for `RUN --mount=type=secret`
    no_cache           whether every step is done again
    rewrite_timestamp  whether no file of a new layer is left with a time after SOURCE_DATE_EPOCH, a
                       build argument: for BuildKit 0.13 with containerd's store
    """

    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    no_cache: bool = False
    rewrite_timestamp: bool = False

    @property
    def flags(self) -> list[str]:
        """The same on the command line. A secret is named, not told."""
        flags = ["--target", self.target] if self.target else []
        if self.no_cache:
            flags.append("--no-cache")
        if self.rewrite_timestamp:
            flags += ["--output", "type=image,unpack=false,rewrite-timestamp=true"]
        for name, value in self.args.items():
            flags += ["--build-arg", f"{name}={value}"]
        for name in self.secrets:
            flags += ["--secret", f"id={name}"]
        return flags


PLAIN = BuildOptions()
"""None of them."""
