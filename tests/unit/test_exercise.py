"""Exercises are whole tables of conditions whose kinds exist."""

import tomllib

import pytest

from helpers import exercise, names
from helpers.errors import LabError

NUMBERS = list(tomllib.loads((names.SAMPLES / "exercises.toml").read_text()))


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exercise_is_whole(number):
    task = exercise.exercise(number)
    assert task.context.is_dir()
    assert task.conditions
    assert (names.ROOT / "notebooks" / "solutions" / f"{number}.ipynb").is_file()


def test_an_unknown_exercise_names_those_there_are():
    with pytest.raises(LabError, match="there are 0"):
        exercise.exercise("99")


def test_a_dockerfile_that_gives_no_image_meets_nothing():
    task = exercise.exercise(NUMBERS[0])
    found = exercise.not_built(task, "because")
    assert not found.ok
    assert found.met == ()
    assert len(found.unmet) == len(task.conditions)
