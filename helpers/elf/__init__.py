"""ELF binaries: what a program needs in order to start, read from its headers. Nothing is run.

No engine needed: `linkage(FolderFS("/"), "/bin/ls")` reads a program of this machine.
"""

from helpers.elf.linking import Linkage, linkage

__all__ = ["Linkage", "linkage"]
