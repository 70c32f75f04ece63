"""The names that mark what belongs to the lab: labels, tags, folders, environment variables."""

import getpass
import os
import re
from pathlib import Path

from helpers.core.errors import LabError

TAG_PREFIX = "localhost/shrink/"
"""Prefix of the tag of every image that the lab builds. For `localhost` no engine asks Docker Hub,
so a missing image can't be replaced by a stranger's."""

BASE_PREFIX = TAG_PREFIX + "base/"
"""Prefix of stand-ins, bases that the lab made: `gcc:14` is `localhost/shrink/base/gcc:14`."""

HUB_PREFIX = TAG_PREFIX + "hub/"
"""Prefix of pulled bases; the tag ends in the pinned digest, shortened. Your own `gcc:14` may be
another image and stays as it is."""

VERSIONED = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*:\w[\w.-]{0,127}", re.ASCII)
"""Repository and tag, stricter than what engines allow (see the docs of `docker image tag`)."""

REGISTRY_FOLDER = "shrink/"
"""Prefix of images in the lab's registry: `127.0.0.1:49153/shrink/services:orders`."""

RECIPE_LABEL = "shrink.recipe"
"""On stand-ins: a hash of the recipe, so that a changed recipe is built again."""

MAKER_LABEL = "shrink.maker"
"""On stand-ins: the `owner()` who made them. Not OWNER_LABEL: a learner's own
image on a stand-in inherits its labels, and `clean` would remove it."""

CONTAINER_PREFIX = "shrink-"
"""Prefix of the names of the lab's containers; random digits follow."""

OWNER_LABEL = "shrink.owner"
"""On every image, container and network of the lab; its value is `owner()`."""

RUN_LABEL = "shrink.run"
"""On containers of one run of the tests; its value is that of `RUN_VARIABLE`."""

RUN_VARIABLE = "LAB_RUN"
"""The id of a test run, set for every process that it starts."""

BASES_VARIABLE = "LAB_BASES"
"""Where bases come from: `hub`, `stand-ins` or an archive's path. Unset: the first that works."""

CACHE_VARIABLE = "LAB_CACHE"
"""The cache folder, if not the system's usual one."""

PROGRESS_VARIABLE = "LAB_PROGRESS"
"""The file of a learner's progress, if not in the system's usual place."""

ENGINE_ROOT_VARIABLE = "LAB_ENGINE_ROOT"
"""A folder with another Debian root. Its engine is started instead of the host's, on the containerd
store: so the series runs on a newer engine. Unset: the host's own engine, if any must start."""

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout, with notebooks, samples and tests beside the package."""

SAMPLES = ROOT / "samples"


def container_labels() -> dict[str, str]:
    """The labels of a container of the lab: its owner and, in a test run, the run's id."""
    run = os.environ.get(RUN_VARIABLE)
    return {OWNER_LABEL: owner()} | ({RUN_LABEL: run} if run else {})


def owner() -> str:
    """The current user's name, the value of `OWNER_LABEL`."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"uid-{os.getuid()}"


def cache() -> Path:
    """The cache folder, made if it is missing. Raises LabError if it can't be made."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        folder = Path(chosen).expanduser()
    else:
        import platformdirs  # set-up runs before this is installed

        folder = Path(platformdirs.user_cache_dir("shrink-lab", appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"The cache folder {str(folder)!r} can't be made ({error.strerror}): "
            f"name another with {CACHE_VARIABLE}."
        ) from None
    return folder


def progress() -> Path:
    """The file of a learner's progress. Not in the cache folder: nothing could make it again."""
    chosen = os.environ.get(PROGRESS_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs  # set-up runs before this is installed

    return Path(platformdirs.user_data_dir("shrink-lab", appauthor=False)) / "progress.json"
