"""The lab bench of the series: `from helpers import Lab`."""

from typing import TYPE_CHECKING

from helpers.core.errors import BuildFailed, LabError

if TYPE_CHECKING:
    from helpers.lab.facade import Lab

__all__ = ["BuildFailed", "Lab", "LabError"]


def __getattr__(name: str):
    # Lab needs the installed packages; set-up runs before they are there.
    if name == "Lab":
        from helpers.lab.facade import Lab

        return Lab
    raise AttributeError(f"module 'helpers' has no attribute {name!r}")
