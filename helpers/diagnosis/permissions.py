"""Users of an image, and which files and folders they may execute or enter."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname

from helpers.files.filesystem import RootFS
from helpers.files.stack import File

EXECUTE = 0o1


@dataclass(frozen=True)
class Identity:
    """A user as the kernel knows it: by numbers."""

    uid: int
    gids: frozenset[int]

    def may_execute(self, file: File) -> bool:
        """Whether the mode lets the user execute a file, or enter a folder."""
        if self.uid == 0:
            return file.kind == "directory" or bool(file.mode & 0o111)
        shift = 6 if file.uid == self.uid else 3 if file.gid in self.gids else 0
        return bool(file.mode >> shift & EXECUTE)


def identity(fs: RootFS, user: str) -> Identity | None:
    """The ids of a container's user; None if the image doesn't tell.

    user  `name`, `uid`, `name:group` or `uid:gid`; "" is root
    """
    if user in ("", "0", "root"):
        return Identity(0, frozenset({0}))
    name, _, group = user.partition(":")
    rows = _rows(fs, "/etc/passwd")
    row = next((r for r in rows if len(r) > 3 and (r[0] == name or r[2] == name)), None)
    try:
        uid = int(row[2]) if row else int(name or "0")
        gid = int(row[3]) if row else 0
        groups = [r for r in _rows(fs, "/etc/group") if len(r) > 3]
        if group:
            given = next((r[2] for r in groups if r[0] == group), group)
            return Identity(uid, frozenset({int(given)}))
        member = {int(r[2]) for r in groups if row and row[0] in r[3].split(",")}
    except ValueError:
        return None
    return Identity(uid, frozenset({gid} | member))


def locked_folder(fs: RootFS, path: str, who: Identity) -> str | None:
    """The first folder above a file, from the root down, that the user may not enter."""
    folders = []
    while path != "/":
        path = dirname(path)
        folders.append(path)
    for folder in reversed(folders):
        file = fs.stat(folder)
        if file and file.kind == "directory" and not who.may_execute(file):
            return folder
    return None


def _rows(fs: RootFS, path: str) -> list[list[str]]:
    real = fs.resolve(path)
    text = fs.read(real).decode("utf-8", "replace") if real else ""
    return [line.strip().split(":") for line in text.splitlines()]
