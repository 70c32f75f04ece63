"""The names by which the lab marks what is its own: label, tags, cache folder, environment."""

import getpass
import os
import re
from pathlib import Path

from helpers.core.errors import LabError

TAG_PREFIX = "localhost/shrink/"
"""Every image that the lab builds is tagged below this. `localhost` is a registry name that no
engine asks Docker Hub for, so a missing image can't be replaced by a stranger's."""

BASE_PREFIX = TAG_PREFIX + "base/"
"""Bases that the lab made itself (stand-ins): `gcc:14` is `localhost/shrink/base/gcc:14`."""

HUB_PREFIX = TAG_PREFIX + "hub/"
"""Registries' own images at the digest they are pinned to, which follows the tag, shortened. Your
own `gcc:14` may be another one and stays as it is."""

VERSIONED = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*:\w[\w.-]{0,127}", re.ASCII)
"""A repository and a tag, narrower than engines allow: `docker image tag` documents theirs."""

REGISTRY_FOLDER = "shrink/"
"""Below this are the images in a registry of the lab: `127.0.0.1:49153/shrink/services:orders`."""

RECIPE_LABEL = "shrink.recipe"
"""Carried by stand-ins: a hash of what made them, so that a changed recipe is made again."""

MAKER_LABEL = "shrink.maker"
"""Carried by stand-ins: the `owner()` who made them. Images built on a stand-in inherit its labels,
also a learner's own, so it has no OWNER_LABEL, by which things are removed."""

CONTAINER_PREFIX = "shrink-"
"""The lab's containers are named so, with some random digits."""

OWNER_LABEL = "shrink.owner"
"""Carried by every image, container and network of the lab; its value is `owner()`."""

RUN_LABEL = "shrink.run"
"""Carried by containers that belong to one run of the tests; its value is `RUN_VARIABLE`'s."""

RUN_VARIABLE = "LAB_RUN"
"""In the environment of every process that a run of the tests starts: which run it is."""

BASES_VARIABLE = "LAB_BASES"
"""Where bases come from: `hub`, `stand-ins` or an archive's path. Unset: the first that works."""

CACHE_VARIABLE = "LAB_CACHE"
"""The cache folder, where it is not the system's usual place."""

PROGRESS_VARIABLE = "LAB_PROGRESS"
"""The file that keeps a learner's progress, where it is not in the system's usual place."""

ENGINE_ROOT_VARIABLE = "LAB_ENGINE_ROOT"
"""A folder with another Debian, whose engine is started instead of the host's, on the containerd
store: how the series is run on a newer engine. Unset: the host's own, if one must be started."""

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout: notebooks, samples and tests are beside the package."""

SAMPLES = ROOT / "samples"


def container_labels() -> dict[str, str]:
    """What a container of the lab carries: whose it is, and the run of the tests if it is one."""
    run = os.environ.get(RUN_VARIABLE)
    return {OWNER_LABEL: owner()} | ({RUN_LABEL: run} if run else {})


def owner() -> str:
    """The name of the user whose lab this is, as `OWNER_LABEL` carries it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"uid-{os.getuid()}"


def cache() -> Path:
    """The folder that keeps what is slow to make; it is made when it is missing.

    Raises LabError where it can't be made.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        folder = Path(chosen).expanduser()
    else:
        import platformdirs  # not in the standard library, which is all that set-up has

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
    """The file that keeps a learner's progress. It is no cache: nothing can make it again."""
    chosen = os.environ.get(PROGRESS_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs  # not in the standard library, which is all that set-up has

    return Path(platformdirs.user_data_dir("shrink-lab", appauthor=False)) / "progress.json"
