"""Where to look for an engine: the address the user chose, or the usual ones."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.core.errors import EngineError

if TYPE_CHECKING:  # the SDK is slow to import
    from docker.tls import TLSConfig


@dataclass(frozen=True)
class Endpoint:
    """An address where an engine may answer.

    host    `unix:///var/run/docker.sock`, `tcp://…`, `ssh://…` or `npipe://…`
    tls     the certificates to use, or None
    chosen  the setting that names it (`DOCKER_HOST`), or "" for a usual address
    undo    how to choose another, as a clause; "" for a usual address
    """

    host: str
    tls: TLSConfig | None = None
    chosen: str = ""
    undo: str = ""


def chosen() -> Endpoint | None:
    """The endpoint that DOCKER_HOST, DOCKER_CONTEXT or the docker command's configuration names,
    by the docker command's own rules; None where they name none.

    Raises EngineError for a context that isn't there or certificates that can't be read.
    """
    import docker.errors
    from docker.context import ContextAPI
    from docker.context.config import get_current_context_name
    from docker.utils import kwargs_from_env

    if os.environ.get("DOCKER_HOST"):
        try:
            given = kwargs_from_env()
        except docker.errors.TLSParameterError as error:
            raise EngineError(
                f"The certificates for DOCKER_HOST can't be used ({_first_line(error)}): "
                "mend DOCKER_CERT_PATH, or unset DOCKER_TLS_VERIFY."
            ) from None
        undo = "unset DOCKER_HOST to use another"
        return Endpoint(given["base_url"], given.get("tls"), "DOCKER_HOST", undo)
    variable = os.environ.get("DOCKER_CONTEXT")
    name = variable or get_current_context_name() or "default"
    if name == "default":
        return None
    undo = "unset DOCKER_CONTEXT" if variable else "run `docker context use default`"
    try:
        context = ContextAPI.get_context(name)
        host = context and context.Host
    except Exception as error:  # the SDK raises plain Exceptions here
        raise EngineError(
            f"The docker context {name!r} can't be read ({_first_line(error)}): {undo}."
        ) from None
    if not host:
        raise EngineError(
            f"The docker context {name!r} was chosen and isn't there: "
            f"see `docker context ls`, or {undo}."
        )
    return Endpoint(host, context.TLSConfig, f"the docker context {name!r}", undo)


def usual() -> Iterator[Endpoint]:
    """Where engines listen by default: Docker first, then Podman."""
    if sys.platform == "win32":
        for pipe in ("docker_engine", "podman-machine-default"):
            yield Endpoint(f"npipe:////./pipe/{pipe}")
        return
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    home = Path.home()
    for socket in (
        Path("/var/run/docker.sock"),
        runtime / "docker.sock",  # rootless
        home / ".docker/run/docker.sock",  # Docker Desktop without its link in /var/run
    ):
        yield Endpoint(f"unix://{socket}")
    machines = (
        *sorted(home.glob(".local/share/containers/podman/machine/**/podman.sock")),
        *sorted(Path(tempfile.gettempdir()).glob("podman/*-api.sock")),
    )
    for socket in (
        runtime / "podman/podman.sock",
        Path("/run/podman/podman.sock"),
        *machines,
    ):
        if os.access(socket, os.W_OK):  # not root's, which the user can't use anyway
            yield Endpoint(f"unix://{socket}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
