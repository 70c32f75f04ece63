"""The options of a build: target, arguments, secrets, cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How to build.

    target             the name of the stage to stop at, or None
    args               build arguments
    secrets            by id, for `RUN --mount=type=secret`
    no_cache           run every step again
    rewrite_timestamp  set later times of files in new layers to SOURCE_DATE_EPOCH, a build
                       argument; needs BuildKit 0.13 with the containerd store
    """

    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    no_cache: bool = False
    rewrite_timestamp: bool = False

    @property
    def flags(self) -> list[str]:
        """The options as `docker build` takes them. Of a secret only the id."""
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
"""No options."""
