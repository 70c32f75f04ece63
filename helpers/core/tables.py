"""Reads the project's TOML files: a row becomes an object of its type, or an error says what is
wrong at which key of which file."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from helpers.core import names
from helpers.core.errors import LabError

T = TypeVar("T")


class TomlTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table in a file. Its fields are the keys: no other is allowed, and those without a default
    are required. `__post_init__` may raise ValueError for more; `convert` reports it with its key.
    Each subclass repeats `frozen=True`, as mypy asks."""


class DatedSource(TomlTable, frozen=True):
    """When and where a figure was read."""

    as_of: date
    source: str


def load(path: Path) -> dict[str, Any]:
    """What a file of TOML says. Raises LabError where it can't be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LabError(f"{shown(path)} can't be read: {error.strerror}.") from None
    except ValueError as error:  # no TOML, or not UTF-8; its words name the line or the byte
        raise LabError(f"{shown(path)} is no TOML: {error}.") from None


def rows(path: Path, kind: type[T]) -> dict[str, T]:
    """The rows of a file by their names. Raises LabError where one is not of this kind."""
    return {name: convert(row, kind, path, name) for name, row in load(path).items()}


def whole(path: Path, kind: type[T]) -> T:
    """All of a file as one object. Raises LabError where it is not of this kind."""
    return convert(load(path), kind, path, "")


def convert(value: Any, kind: type[T], path: Path, key: str) -> T:
    """What a file has at a key, as an object of this kind. Raises LabError where it is none."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        said, _, below = str(error).partition(" - at `$")
        raise wrong(path, (key + below.rstrip("`")).lstrip("."), f"{said}.") from None


def wrong(path: Path, key: str, says: str) -> LabError:
    """The error of a key in a file; "" is the whole file. `says` is what is wrong, and ends the
    sentence."""
    return LabError(f"{shown(path)}, {key}: {says}" if key else f"{shown(path)}: {says}")


def shown(path: Path) -> str:
    """A path as messages have it: from the checkout on, where it is in there."""
    return str(path.relative_to(names.ROOT) if path.is_relative_to(names.ROOT) else path)
