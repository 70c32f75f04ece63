"""Removes what a lab made on an engine, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.core import names
from helpers.image import records

if TYPE_CHECKING:
    from docker import DockerClient

    from helpers.engine.client import Engine


def clean(engine: Engine) -> None:
    """Removes this user's containers, networks and images of the lab.

    What is built on one of its images, or started from one, inherits its label: so a container has
    to have the lab's name too, and an image the lab's tag or its record. The build cache goes only
    where the engine is the lab's own.
    """
    client = engine.client
    label = {"label": f"{names.OWNER_LABEL}={names.owner()}"}
    for container in client.containers.list(all=True, filters=label):
        if container.name.startswith(names.CONTAINER_PREFIX):
            container.remove(force=True, v=True)
    for network in client.networks.list(filters=label):
        network.remove()
    # The engine's list says enough; the SDK would ask for each image again.
    named = client.api.images(filters={"reference": f"{names.TAG_PREFIX}*"})
    # what was loaded carries nobody's label
    loads = [i for i in named if names.OWNER_LABEL not in (i["Labels"] or {})]
    loads = [i for i in loads if records.known(i["Id"])]
    for image in [*client.api.images(filters=label), *loads]:
        tags = [tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"]
        ours = [tag for tag in tags if _is_ours(tag)]
        if not tags and records.known(image["Id"]):
            ours = [image["Id"]]
        for name in ours:
            _remove_image(client, name)
    if engine.private:
        client.api.prune_builds()


def _is_ours(tag: str) -> bool:
    """Whether an image has that name from the lab, or from a registry of the lab."""
    host, _, path = tag.partition("/")
    pulled = host.startswith("127.0.0.1:") and path.startswith(names.REGISTRY_FOLDER)
    return pulled or tag.startswith(names.TAG_PREFIX)


def _remove_image(client: DockerClient, name: str) -> None:
    import docker.errors

    try:
        client.images.remove(name)
    except docker.errors.ImageNotFound:
        pass  # it went with another that shared its layers
    except docker.errors.APIError as error:
        if error.status_code != 409:  # in use by somebody's container: it stays
            raise
