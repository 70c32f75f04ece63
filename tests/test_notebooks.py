"""The committed notebooks keep the house rules, and nbval is told to hide no more than it must."""

import re

import pytest

from helpers.core import names
from helpers.learning import exercise, quiz
from helpers.series import notebooks
from helpers.series import rules as notebook_rules

pytestmark = pytest.mark.static

LESSONS = sorted(notebooks.FOLDER.glob("*.ipynb"))
SOLUTIONS = sorted((notebooks.FOLDER / "solutions").glob("*.ipynb"))


def shown(paths):
    """Every text that nbval compares in these notebooks."""
    for path in paths:
        for cell in notebooks.read(path).cells:
            for output in cell.get("outputs", []):
                yield from output.get("data", {}).values()
                yield from (output[key] for key in ("text", "ename", "evalue") if key in output)


def sanitizers():
    from nbval.plugin import get_sanitize_patterns

    return get_sanitize_patterns((names.ROOT / "tests/sanitize.cfg").read_text())


def sanitized(text):
    for regex, replace in sanitizers():
        text = re.sub(regex, replace, text)
    return text


@pytest.mark.parametrize("path", [*LESSONS, *SOLUTIONS], ids=lambda path: path.stem)
def test_a_notebook_keeps_the_rules(path):
    assert notebook_rules.problems(path, notebooks.read(path)) == []


@pytest.mark.parametrize("path", [*LESSONS, *SOLUTIONS], ids=lambda path: path.stem)
def test_the_file_is_as_it_is_written_here(path):
    assert path.read_text() == notebooks.text(notebooks.read(path))


def test_lessons_are_numbered_without_a_gap_and_each_has_its_solution():
    assert [path.name[:3] for path in LESSONS] == [f"{n:02}-" for n in range(len(LESSONS))]
    assert [path.name for path in SOLUTIONS] == [f"{path.name[:2]}.ipynb" for path in LESSONS]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_a_row_in_the_readme_and_questions_and_an_exercise(path):
    number = path.name[:2]
    assert f"](notebooks/{path.name})" in (names.ROOT / "README.md").read_text(), "a row"
    assert number in quiz.lengths() and number in exercise.numbers()


@pytest.mark.parametrize(("regex", "replace"), sanitizers())
def test_each_sanitizer_still_hides_something(regex, replace):
    pattern = re.compile(regex)
    assert any(pattern.search(str(text)) for text in shown([*LESSONS, *SOLUTIONS]))


def test_no_cause_is_hidden():
    cause = re.compile(r"\bcause(?:: <code>| +)([a-z-]+)")
    texts = [str(text) for text in shown(LESSONS)]

    assert any(map(cause.search, texts)), "no notebook shows a failure"
    for text in texts:
        assert cause.findall(sanitized(text)) == cause.findall(text)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_meets_its_own_check(path):
    """As it is committed; nbval sees that it still does."""
    (found,) = set(re.findall(r"(\d+) of (\d+) met", "\n".join(map(str, shown([path])))))
    assert found[0] == found[1]
