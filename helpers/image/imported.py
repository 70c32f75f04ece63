"""Makes an image of one layer from a tar, with no Dockerfile and no builder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.core.errors import LabError, engine_gone

if TYPE_CHECKING:
    from helpers.engine.client import Engine


def import_tar(
    engine: Engine, tar: Path, *, tag: str, command: Sequence[str], labels: Mapping[str, str]
) -> None:
    """The tar becomes the only layer of an image, as `docker import` does.

    tar      a file, streamed to the engine; compressed or not
    tag      `name:tag` of the image
    command  what its containers start

    Raises LabError for what is no tar, and EngineError where the engine does not answer.
    """
    import docker.errors
    import requests.exceptions

    if not tar.is_file():
        raise LabError(f"There is no file {str(tar)!r} to import: check the path.")
    changes = [f"CMD {json.dumps(list(command))}"]
    changes += [f"LABEL {json.dumps(name)}={json.dumps(value)}" for name, value in labels.items()]
    repository, _, version = tag.rpartition(":")
    try:
        said = engine.client.api.import_image(
            str(tar), repository=repository, tag=version, changes=changes
        )
    except docker.errors.APIError as error:
        raise LabError(
            f"{tar.name} can't be imported ({error.explanation}): is it a tar?"
        ) from None
    except requests.exceptions.RequestException as error:
        raise engine_gone(engine.host, error) from None
    for line in said.splitlines():
        problem = json.loads(line).get("error")
        if problem:
            raise LabError(f"{tar.name} can't be imported ({problem}): is it a tar?")
