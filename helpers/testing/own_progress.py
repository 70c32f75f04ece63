"""A pytest plugin: tests, and the kernels that they start, keep progress in a file of their own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from helpers.core import names


def pytest_configure(config: pytest.Config) -> None:
    """Begins with an empty file, whatever the environment names: a learner's own stays untouched.

    As a plugin it also counts for `pytest --nbval notebooks`, which reads no conftest of the tests.
    """
    folder = tempfile.TemporaryDirectory(prefix="shrink-progress-")
    config.add_cleanup(folder.cleanup)
    os.environ[names.PROGRESS_VARIABLE] = str(Path(folder.name) / "progress.json")
