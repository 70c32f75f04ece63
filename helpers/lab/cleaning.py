"""Removes what a lab made on an engine, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.core import names
from helpers.engine.client import Engine
from helpers.image import records

if TYPE_CHECKING:
    from docker import DockerClient


def clean(engine: Engine) -> None:
    """Removes this user's containers, networks and images of the lab.

    Containers and images inherit labels from the image they are made of. So a container must have
    the lab's name besides its label, and an image the lab's tag or record. The build cache is
    removed only from the lab's own engine.
    """
    client = engine.client
    label: dict[str, str | list[str] | bool] = {"label": f"{names.OWNER_LABEL}={names.owner()}"}
    for container in client.containers.list(all=True, filters=label):
        if (container.name or "").startswith(names.CONTAINER_PREFIX):
            container.remove(force=True, v=True)
    for network in client.networks.list(filters=label):
        network.remove()
    # the engine's own list is enough; the SDK would ask for each image again
    named = client.api.images(filters={"reference": f"{names.TAG_PREFIX}*"})
    # images that were loaded have no label
    unlabelled = [i for i in named if names.OWNER_LABEL not in (i["Labels"] or {})]
    loaded = [i for i in unlabelled if records.known(i["Id"])]
    for image in [*client.api.images(filters=label), *loaded]:
        tags = [tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"]
        ours = [tag for tag in tags if _is_ours(tag)]
        if not tags and records.known(image["Id"]):
            ours = [image["Id"]]
        for name in ours:
            _remove_image(client, name)
    if engine.private:
        client.api.prune_builds()


def _is_ours(tag: str) -> bool:
    """Whether the lab gave an image this tag, or one of the lab's registries."""
    host, _, path = tag.partition("/")
    pulled = host.startswith("127.0.0.1:") and path.startswith(names.REGISTRY_FOLDER)
    return pulled or tag.startswith(names.TAG_PREFIX)


def _remove_image(client: DockerClient, name: str) -> None:
    import docker.errors

    try:
        client.images.remove(name)
    except docker.errors.ImageNotFound:
        pass  # removed with another that shared its layers
    except docker.errors.APIError as error:
        if error.status_code != 409:  # it stays while somebody's container uses it
            raise
