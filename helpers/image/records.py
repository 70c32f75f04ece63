"""Records of how images were built, in the cache folder, for every other process.

Several Dockerfiles may make the same image, so a record is for an image under one name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from helpers.core import names
from helpers.core.atomic import write

FORMAT_VERSION = 2


def keep(image_id: str, tag: str, facts: Mapping[str, Any]) -> None:
    """Keeps facts about an image, in any form that JSON can write."""
    text = json.dumps({"form": FORMAT_VERSION, "tag": tag, "facts": facts}, indent=1)
    write(_folder(image_id) / _file(tag), text.encode())


def known(image_id: str) -> bool:
    """Whether a lab built that image."""
    return bool(_latest(image_id))


def recall(image_id: str, tag: str) -> dict[str, Any]:
    """The facts about an image under that name, else under its latest one, else {}."""
    named = _folder(image_id) / _file(tag)
    for path in [named, *_latest(image_id)]:
        # skip the record of another version of the lab
        with suppress(OSError, ValueError, LookupError, TypeError):
            record = json.loads(path.read_text())
            if record["form"] == FORMAT_VERSION:
                return dict(record["facts"])
    return {}


def _latest(image_id: str) -> list[Path]:
    """The records of an image, the latest first."""
    with suppress(OSError):
        files = [(path.stat().st_mtime, path) for path in _folder(image_id).glob("*.json")]
        return [path for _, path in sorted(files, reverse=True)]
    return []


def _folder(image_id: str) -> Path:
    return names.cache() / "records" / image_id.rpartition(":")[2]


def _file(tag: str) -> str:
    """The file for a name, hashed: file names can't have every character and length."""
    return f"{hashlib.sha256(tag.encode()).hexdigest()[:16]}.json"
