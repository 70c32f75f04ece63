"""Facts about this machine: who the user is, and which Debian packages are installed.

Imports the standard library only, since set-up runs before anything is installed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Debian's PATH for root; a user's own may lack the sbin folders."""


@dataclass(frozen=True)
class DebianPackage:
    """A Debian package.

    name  as apt knows it
    mark  a command, absolute path or soname; if that is here, the package counts as installed
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
"""What the host needs for a private engine that runs in a Debian root of its own."""


def is_root() -> bool:
    """Whether the user is root, and so may install packages; False on Windows."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_here(mark: str) -> bool:
    """Whether this machine has a command, absolute path or library (see `DebianPackage.mark`)."""
    if mark.startswith("/"):
        return Path(mark).exists()
    if ".so." in mark:
        try:
            ctypes.CDLL(mark)
        except OSError:
            return False
        return True
    return shutil.which(mark, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}") is not None
