"""Knows the two forms of an image in a tar, and gives one to an engine under a name.

An OCI layout says in `index.json` what is in it, and `docker save` in `manifest.json`. Engines
before Docker 25 read the latter alone, so a layout gets it here: it is a list of the same files.
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from helpers.errors import LabError, silent

if TYPE_CHECKING:
    from helpers.engines.engine import Engine

INDEX, MANIFEST = "index.json", "manifest.json"

LARGEST = 1 << 20
"""Bytes of a JSON in a layout that is read."""


def load(engine: Engine, tar: Path, tag: str) -> None:
    """Loads an image, as `docker load` does, and tags it.

    tar  a file with one image, streamed to the engine; compressed or not
    tag  what the image is called

    Raises LabError for what is neither form, and EngineError where the engine does not answer.
    """
    with tempfile.TemporaryFile() as file:
        try:
            _with_manifest(tar, file, tag)
        except OSError as error:
            raise LabError(
                f"The file {str(tar)!r} can't be read ({error.strerror or error}): check the path."
            ) from None
        except (tarfile.TarError, ValueError, LookupError, TypeError, EOFError) as error:
            raise LabError(
                f"{tar.name} can't be loaded ({error}): is it an OCI layout, or from `docker save`?"
            ) from None
        file.seek(0)
        _send(engine, file, tar.name)


def _with_manifest(tar: Path, file: IO[bytes], tag: str) -> None:
    """The same archive, with a `manifest.json` that has the one image under that tag."""
    with tarfile.open(tar) as archive, tarfile.open(fileobj=file, mode="w") as copy:
        members = {member.name.removeprefix("./"): member for member in archive if member.isfile()}

        def read(path: str) -> Any:
            if path not in members or members[path].size > LARGEST:
                raise ValueError(f"it has no {path}")
            return json.load(archive.extractfile(members[path]))

        if MANIFEST in members:
            (image,) = read(MANIFEST)
            image = {name: image[name] for name in ("Config", "Layers")}
        else:
            (only,) = read(INDEX)["manifests"]
            manifest = read(_blob(only))
            layers = [_blob(layer) for layer in manifest["layers"]]
            image = {"Config": _blob(manifest["config"]), "Layers": layers}
        # an index would be read in place of the list, and names the image otherwise
        for path, member in members.items():
            if path not in (MANIFEST, INDEX, "oci-layout", "repositories"):
                member.name = path
                copy.addfile(member, archive.extractfile(member))
        text = json.dumps([{**image, "RepoTags": [tag]}]).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        copy.addfile(entry, io.BytesIO(text))


def _blob(descriptor: Any) -> str:
    """The path of what a descriptor describes: https://github.com/opencontainers/image-spec."""
    return f"blobs/{str(descriptor['digest']).replace(':', '/')}"


def _send(engine: Engine, file: IO[bytes], name: str) -> None:
    import docker.errors
    import requests.exceptions

    try:
        for line in engine.client.api.load_image(file, quiet=True):
            if problem := line.get("error"):
                raise LabError(f"The engine can't load {name}: {problem}.")
    except docker.errors.APIError as error:
        raise LabError(f"The engine can't load {name}: {error.explanation}.") from None
    except requests.exceptions.RequestException as error:
        raise silent(engine.host, error) from None
