"""The errors of the lab: each is one sentence that says what happened and what to do."""

from __future__ import annotations

ENGINE_PREFIX = "engine | "
"""Begins each line that quotes the engine. `build.failure` writes it into messages, and `view` into
all that it draws as text or HTML; `view.facts.message` finds these lines in a message again, and
`testing` finds them in the outputs of notebooks, as tests/sanitize.cfg does. Output is indented, so
none can pass for one."""

OUTPUT_INDENT = "  "
"""Begins each line of a message that a program printed, or that is code to copy. `build.failure`
writes it, `view.facts.message` reads it."""


class LabError(Exception):
    """An error that the user can do something about. `str()` is the whole message."""

    def _render_traceback_(self) -> list[str]:
        """IPython prints this instead of a traceback, which would not help a learner."""
        return [f"{type(self).__name__}: {self}"]


class EngineError(LabError):
    """No engine answers, or the one that does can't do what was asked.

    may_start_own  True if nobody chose an engine and none is in the usual places: then the lab may
                   start its own
    """

    may_start_own = False


def engine_gone(
    host: str,
    error: Exception | None = None,
    *,
    during: str = "",
    advice: str = "see whether it still runs, and try again",
) -> EngineError:
    """The error for an engine at `host` that answered before and no longer does.

    error   how that showed
    during  what it was doing: `while a container ran`
    advice  what to do now
    """
    words = f" {during}" if during else ""
    reason = f" ({error})" if error is not None else ""
    return EngineError(f"The engine at {host} stopped answering{words}{reason}: {advice}.")


class BaseUnavailable(LabError):
    """No source has the base image; the message says which were tried."""
