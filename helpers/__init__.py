"""The lab of the series: `from helpers import Lab`."""

from typing import TYPE_CHECKING, Any

from helpers.core.errors import LabError

if TYPE_CHECKING:
    from helpers.build.error import BuildFailed
    from helpers.lab.facade import Lab

__all__ = ["BuildFailed", "Lab", "LabError"]


def __getattr__(name: str) -> Any:
    # Imported late: they need installed packages, and set-up runs before there are any.
    if name == "Lab":
        from helpers.lab.facade import Lab

        return Lab
    if name == "BuildFailed":
        from helpers.build.error import BuildFailed

        return BuildFailed
    raise AttributeError(f"module 'helpers' has no attribute {name!r}")
