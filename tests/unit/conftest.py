"""Unit tests get nothing of this machine: no engine, no package and none of this user's cache."""

from collections.abc import Iterator

import pytest

from helpers.core import names


@pytest.fixture(scope="package", autouse=True)
def nothing_of_this_machine(tmp_path_factory) -> Iterator[None]:
    """Whatever a test looks for by mistake is not there, and says so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///no-engine-for-unit-tests.sock")
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv(names.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield
