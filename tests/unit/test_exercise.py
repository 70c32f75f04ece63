"""Exercises have complete tables, conditions that are tested, and hints that lead to them."""

import json
import tomllib
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from helpers.core import names
from helpers.core.errors import LabError
from helpers.files.filesystem import FolderFS
from helpers.learning import conditions, exercise
from helpers.learning.conditions import KINDS
from helpers.view import html
from tests.unit.elves import put

NUMBERS = list(tomllib.loads((names.SAMPLES / "exercises.toml").read_text()))


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exercise_has_a_folder_conditions_and_a_solution(number):
    task = exercise.exercise(number)
    assert task.context.is_dir()
    assert task.conditions
    assert (names.ROOT / "notebooks" / "solutions" / f"{number}.ipynb").is_file()


def test_an_unknown_exercise_lists_the_numbers_there_are():
    with pytest.raises(LabError, match="there are 0"):
        exercise.exercise("99")


def test_a_dockerfile_that_gives_no_image_meets_nothing():
    task = exercise.exercise(NUMBERS[0])
    found = exercise.not_built(task, "because")
    assert not found.ok
    assert found.met == ()
    assert len(found.unmet) == len(task.conditions)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_condition_has_hints_that_are_not_the_answer(number):
    dockerfile = solution(number)
    for condition in exercise.exercise(number).conditions:
        assert 1 <= len(condition.hints) <= 3, condition.says
        assert len(set(condition.hints)) == len(condition.hints)
        for hint in condition.hints:
            given = [line for line in dockerfile if line in hint]
            assert not given, f"{condition.says}: {hint}"


def solution(number):
    """The lines of the solution's Dockerfile, without what joins them."""
    path = names.ROOT / "notebooks" / "solutions" / f"{number}.ipynb"
    cells = json.loads(path.read_text())["cells"]  # nbformat itself takes seconds to be imported
    cells = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    text = next(source for source in cells if f'lab.check("{number}"' in source)
    _, dockerfile, _ = text.split('"""')
    lines = [line.strip().removeprefix("&& ").rstrip("\\ ") for line in dockerfile.splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize(
    ("wants", "met"),
    [(["libc6"], True), (["tzdata", "libc6"], True), (["libc6", "zlib1g"], False)],
)
def test_recorded_packages_are_those_that_a_scanner_finds(tmp_path, wants, met):
    for name in ("libc6", "tzdata"):
        record = f"Package: {name}\nVersion: 1\n"
        put(tmp_path, f"/var/lib/dpkg/status.d/{name}", record, 0o644)
    put(tmp_path, "/usr/share/doc/zlib1g", "Package: zlib1g\nVersion: 1\n", 0o644)
    fs = FolderFS(tmp_path)
    files = [fs.stat("/" + p.relative_to(tmp_path).as_posix()) for p in tmp_path.rglob("*")]
    built = SimpleNamespace(image=SimpleNamespace(rootfs=nullcontext(fs), files=files))
    assert KINDS["recorded"].test(built, wants) is met


@pytest.mark.parametrize(("most", "met"), [(99, False), (100, True)])
def test_the_download_size_is_a_condition_of_its_own(most, met):
    built = SimpleNamespace(image=SimpleNamespace(size=300, download_size=100))
    assert KINDS["download_at_most"].test(built, most) is met


def found(unmet, hints=("first", "second"), number="02"):
    return exercise.Check((), unmet, number=number, hints=hints if unmet else ())


def test_hints_come_one_after_the_other_and_start_over_at_another_condition():
    hints = exercise.Hints()
    hints.remember(found(("A.", "B.")))
    given = [hints.next("02") for _ in range(3)]
    assert [(h.says, h.position, bool(h.solution)) for h in given] == [
        ("first", 1, False),
        ("second", 2, True),
        ("second", 2, True),
    ]
    hints.remember(found(("B.",), ("third",)))
    assert (hints.next("02").about, hints.next("02").says) == ("B.", "third")


def test_a_condition_that_stays_unmet_goes_on_with_its_next_hint():
    hints = exercise.Hints()
    hints.remember(found(("A.", "B.")))
    hints.next("02")
    hints.remember(found(("A.",)))
    assert hints.next("02").says == "second"


def test_there_is_no_hint_before_a_check_or_where_all_is_met():
    hints = exercise.Hints()
    with pytest.raises(LabError, match=r'run `lab.check\("02", answer\)` first'):
        hints.next("02")
    hints.remember(found(()))
    with pytest.raises(LabError, match="is met"):
        hints.next("02")


def test_a_check_shows_its_hints_folded_into_each_other():
    check = found(("A.",))
    assert repr(check) == '✗ 0 of 1 met\n[ ] A.\nhints: lab.hint("02")'
    markup = html.of(check)
    parts = ("<summary>A hint<", "first", "<summary>Another hint<", "second", "solutions/02.ipynb")
    places = [markup.index(part) for part in parts]
    assert places == sorted(places)
    assert "</details>" not in markup[: places[-1]]
    assert "hint" not in html.of(found(())) + repr(found(()))


def image(*layers):
    """Of an image, its layers: diff ids, and sizes."""
    return SimpleNamespace(layers=[SimpleNamespace(diff_id=d, size=size) for d, size in layers])


def inspected(shown, **stages):
    def stage(name):
        if name not in stages:
            raise LabError("no such stage")
        return stages[name]

    return SimpleNamespace(image=shown, stage=stage)


def test_the_size_of_the_last_layer_is_limited():
    small = KINDS["last_layer_at_most"].test
    assert small(inspected(image(("base", 900), ("own", 10))), 10)
    assert not small(inspected(image(("base", 9), ("own", 11))), 10)
    assert not small(inspected(image()), 10)


def test_stages_share_all_but_their_last_layer():
    share = KINDS["share_all_but_last"].test
    one, two = image(("base", 9), ("one", 1)), image(("base", 9), ("two", 1))
    assert share(inspected(two, one=one, two=two), ["one", "two"])
    other = image(("another", 9), ("two", 1))
    assert not share(inspected(other, one=one, two=other), ["one", "two"])
    assert not share(inspected(one, one=one, two=one), ["one", "two"])  # the same image twice
    assert not share(inspected(one, one=one), ["one", "two"])
    alone = {"one": image(("one", 1)), "two": image(("two", 1))}
    assert not share(inspected(one, **alone), ["one", "two"])  # they have nothing below


def test_an_image_without_findings_meets_the_condition(monkeypatch):
    row = {"says": "A.", "nothing_to_advise": True, "hints": ["b"]}
    condition = exercise._condition(row, names.SAMPLES / exercise.FILE, "26")
    task = exercise.Exercise("26", "Mend it.", names.SAMPLES, (condition,))
    for findings, met in (((), ("A.",)), (("one",), ())):
        found = SimpleNamespace(findings=findings)
        monkeypatch.setattr(conditions, "advise", lambda image, found=found: found)
        assert exercise.check(task, object(), lambda target: None, object).met == met
