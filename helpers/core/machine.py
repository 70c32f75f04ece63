"""Facts about this machine: who runs this, and which Debian packages are here. Standard library."""

from __future__ import annotations

import ctypes
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where Debian has what is for root, which a user's own PATH may lack."""


@dataclass(frozen=True)
class DebianPackage:
    """A Debian package.

    name  as apt knows it
    mark  the command, absolute path or soname that shows that it, or another with the same, is here
    why   what it is for
    """

    name: str
    mark: str
    why: str


ENGINE = (
    DebianPackage("docker.io", "dockerd", "the engine"),
    DebianPackage("iptables", "iptables", "the rules of the engine's network"),
    DebianPackage("slirp4netns", "slirp4netns", "the way out of the private engine's own network"),
)

IN_A_ROOT = tuple(package for package in ENGINE if package.name == "slirp4netns")
"""What the host itself must have for a private engine that brings a system of its own."""


def is_root() -> bool:
    """Whether everything may be installed; never on Windows."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_here(mark: str) -> bool:
    """Whether a command, a file with an absolute path, or a library is on this machine."""
    if mark.startswith("/"):
        return Path(mark).exists()
    if ".so." in mark:
        try:
            ctypes.CDLL(mark)
        except OSError:
            return False
        return True
    return shutil.which(mark, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}") is not None


def newer_lacks() -> list[DebianPackage]:
    """What is not here of what it takes to start a newer engine beside another."""
    return [package for package in IN_A_ROOT if not is_here(package.mark)]
