"""The errors of the lab: each is one sentence that says what happened and what to do."""

from __future__ import annotations


class LabError(Exception):
    """What a person can do something about. `str()` is the whole message."""

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in place of a traceback: our frames help no learner."""
        return [f"{type(self).__name__}: {self}"]


class EngineError(LabError):
    """No engine answers, or the one that does can't do what was asked.

    absent  whether none was chosen and none is in the usual places, so that one may be started
    """

    absent = False


def engine_gone(host: str, error: Exception) -> EngineError:
    """The error of an engine, at `host`, that answered before and does not any more."""
    return EngineError(
        f"The engine at {host} stopped answering ({error}): "
        "see whether it still runs, and try again."
    )


class BaseUnavailable(LabError):
    """A base image can't be had from any source; says which were tried."""
