"""A pytest plugin: `--nbval` works as ever, and nothing else waits the seconds that nbval takes to
be imported. pyproject.toml keeps pytest from loading it by itself."""

from __future__ import annotations

import pytest

from helpers.core import names

OPTIONS = (
    "--nbval-current-env",
    f"--nbval-sanitize-with={names.ROOT / 'tests/sanitize.cfg'}",
    "--nbval-cell-timeout=900",
)
"""How cells are run and compared here; what is typed comes after them, and counts."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Loads nbval where an option of its own is among pytest's arguments."""
    if any(each.startswith("--nbval") for each in args):
        early_config.pluginmanager.import_plugin("nbval.plugin")
        args[:0] = OPTIONS
