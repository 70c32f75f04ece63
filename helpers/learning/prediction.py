"""Predict, then measure: a guess that is made before a build, and what was measured then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

from helpers.core.errors import LabError
from helpers.core.value import Value

LEAST, MOST = 1, 10_000_000_000
"""The smallest and the largest size in bytes that can be predicted: ten compilers make 10 GB."""


@dataclass(frozen=True, repr=False)
class Answer(Value):
    """What was measured, and the guess.

    measured  bytes, or one of the choices
    guess     likewise; None where nobody guessed
    """

    measured: int | str
    guess: int | str | None = None


class Prediction(Value):
    """A question whose answer is a size, or one of several choices.

    choices  words to choose from; without any, a size is asked for
    guess    bytes or one of the choices; None until somebody guesses

    Raises LabError for a single choice, or a choice that is given twice.
    """

    def __init__(self, *choices: str) -> None:
        if len(choices) == 1 or len(set(choices)) != len(choices):
            raise LabError(
                "A prediction has two choices or more, each another: "
                'lab.predict("yes", "no"), or lab.predict() for a size.'
            )
        self.choices = choices
        self.guess: int | str | None = None

    def measured(self, found: float | str) -> Answer:
        """Puts what was found beside the guess.

        found  bytes where a size was asked for, else one of the choices

        Raises LabError for anything else.
        """
        if self.choices:
            return Answer(self._chosen(found), self.guess)
        return Answer(_bytes(found), self.guess)

    def _chosen(self, found: object) -> str:
        if not isinstance(found, str) or found not in self.choices:
            raise LabError(f"{found!r} is none of the choices: {', '.join(self.choices)}.")
        return found


def _bytes(found: Any) -> int:
    is_number = isinstance(found, Real) and not isinstance(found, bool)
    if is_number and math.isfinite(found) and found >= 0:
        return round(found)
    what = repr(found) if isinstance(found, str | Real) else f"a {type(found).__name__}"
    raise LabError(f"A size was predicted, and {what} is no number of bytes: give `image.size`.")
