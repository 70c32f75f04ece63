"""The tables of the samples are whole, what is wrong in one is told in a sentence, and unknown
names are met with the nearest."""

import re
from copy import deepcopy
from fnmatch import fnmatchcase

import pytest

from helpers import samples
from helpers.bases import table as base_table
from helpers.core import names, tables
from helpers.core.errors import LabError
from helpers.diagnosis.diagnose import CHECKS
from helpers.dockerfile.instructions import references
from helpers.learning import exercise, quiz
from helpers.samples import variant, variants

EVERY = variants()
BASES = set(base_table.read())


@pytest.mark.parametrize("each", EVERY, ids=lambda v: v.key)
def test_a_row_is_whole(each):
    assert each.shows.endswith("."), "`shows` is a sentence"
    assert list(names.ROOT.glob(f"notebooks/{each.notebook}-*.ipynb")), "no such notebook"


def test_every_dockerfile_has_its_row_and_rows_name_what_is_there():
    samples.check(CHECKS)


@pytest.mark.parametrize("each", EVERY, ids=lambda v: v.key)
def test_every_base_is_in_the_table(each):
    assert set(references(each.text, each.args)) <= BASES


@pytest.mark.parametrize("pattern", ["*", "c-*", "c-hello/*", "*-hello/scratch", "[gr]*/s*", "*/*"])
def test_a_pattern_is_one_of_the_whole_key(pattern):
    """Though tables that it can't mean are not read."""
    assert variants(pattern) == [v for v in EVERY if fnmatchcase(v.key, pattern)]


def test_a_misspelt_key_is_answered_with_the_nearest():
    with pytest.raises(LabError, match="did you mean 'c-hello/gcc'"):
        variant("c-helo/gcc")
    with pytest.raises(LabError, match="No variant is called 'pascal"):
        variants("pascal-*")


# a row alone

ROW = 'shows = "A."\nnotebook = "01"\n'
BOUNDS = "{ smallest = 10, largest = 20 }"
DATED = '{ smallest = 10, largest = 20, as_of = "2026-12-01", source = "measured on a laptop" }'


@pytest.fixture
def folder(tmp_path):
    """A program's folder with one Dockerfile, below what is given as `samples=`."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "gcc.Dockerfile").touch()
    return tmp_path / "demo"


def write(folder, text):
    (folder / "variants.toml").write_text(text)


def test_the_shortest_row_says_what_there_is_to_see_and_in_which_notebook(folder):
    write(folder, f"[gcc]\n{ROW}")
    (found,) = variants(samples=folder.parent)
    assert (found.key, found.tag) == ("demo/gcc", "localhost/shrink/demo:gcc")
    assert found.expected.ends_with == 0
    assert found.bounds.on("stand-in", "amd64") is None


@pytest.mark.parametrize(
    ("run", "ends_with"),
    [
        ("{}", 0),
        ("{ exit_code = 3 }", 3),
        ('{ cause = "missing-loader" }', None),
        ('{ cause = "missing-library", exit_code = 127 }', 127),
        ("{ starts = false }", None),
        ("{ keeps_running = true }", None),
    ],
)
def test_a_program_ends_with_0_unless_it_does_not_start_or_does_not_end(folder, run, ends_with):
    write(folder, f"[gcc]\n{ROW}run = {run}\n")
    assert variant("demo/gcc", samples=folder.parent).expected.ends_with == ends_with


def test_bounds_are_for_a_source_of_bases_and_an_architecture(folder):
    write(folder, f"[gcc]\n{ROW}bounds.stand-in.amd64 = {BOUNDS}\nbounds.hub.arm64 = {DATED}\n")
    bounds = variant("demo/gcc", samples=folder.parent).bounds
    assert [bounds.on("stand-in", "amd64").hold(size) for size in (9, 10, 20, 21)] == [
        False,
        True,
        True,
        False,
    ]
    assert bounds.on("hub", "arm64").source == "measured on a laptop"
    assert bounds.on("hub", "amd64") is bounds.on("stand-in", "riscv64") is None


FAULTS = {
    "a missing field": (
        '[gcc]\nshows = "A."\n',
        "gcc: Object missing required field `notebook`.",
    ),
    "an unknown field": (
        f'[gcc]\n{ROW}notes = "a"\n',
        "gcc: Object contains unknown field `notes`.",
    ),
    "an unknown field further down": (
        f"[gcc]\n{ROW}run = {{ exitcode = 1 }}\n",
        "gcc.run: Object contains unknown field `exitcode`.",
    ),
    "a number for a text": (
        '[gcc]\nshows = "A."\nnotebook = 1\n',
        "gcc.notebook: Expected `str`, got `int`.",
    ),
    "a text for a list": (
        f'[gcc]\n{ROW}run = {{ command = "/gcc -v" }}\n',
        "gcc.run.command: Expected `array`, got `str`.",
    ),
    "no row": (
        "gcc = 1\n",
        "gcc: Expected `object`, got `int`.",
    ),
    "a row without its Dockerfile": (
        f"[clang]\n{ROW}",
        "clang: {folder}/clang.Dockerfile is missing.",
    ),
    "bounds without an end": (
        f"[gcc]\n{ROW}bounds.stand-in.amd64 = {{ smallest = 10 }}\n",
        "gcc.bounds.stand-in.amd64: Object missing required field `largest`.",
    ),
    "bounds that are no number": (
        f'[gcc]\n{ROW}bounds.stand-in.amd64 = {{ smallest = "10 MB", largest = 20 }}\n',
        "gcc.bounds.stand-in.amd64.smallest: Expected `int`, got `str`.",
    ),
    "bounds upside down": (
        f"[gcc]\n{ROW}bounds.stand-in.amd64 = {{ smallest = 20_000, largest = 10_000 }}\n",
        "gcc.bounds.stand-in.amd64: No size is between 20_000 and 10_000 bytes.",
    ),
    "bounds for no source of bases": (
        f"[gcc]\n{ROW}bounds.standin.amd64 = {BOUNDS}\n",
        "gcc.bounds: Object contains unknown field `standin`.",
    ),
    "bounds for no architecture": (
        f"[gcc]\n{ROW}bounds.hub.x86_64 = {BOUNDS}\n",
        "gcc.bounds.hub: Object contains unknown field `x86_64`.",
    ),
    "bounds that nobody measured": (
        f"[gcc]\n{ROW}bounds.stand-in.arm64 = {BOUNDS}\n",
        "gcc.bounds: `stand-in.arm64` needs `as_of` and `source`: who measured it, and when? "
        "The project's own tests measure stand-ins on amd64 alone.",
    ),
    "bounds of no day": (
        f"[gcc]\n{ROW}bounds.hub.amd64 = {DATED.replace('12-01', '13-01')}\n",
        "gcc.bounds.hub.amd64.as_of: Invalid RFC3339 encoded date.",
    ),
    "an unknown builder": (
        f'[gcc]\n{ROW}builder = "buildx"\n',
        "gcc: 'buildx' is no version of BuildKit: write it as '0.13'.",
    ),
    "an `after` that names no variant": (
        f'[gcc]\n{ROW}after = "gc"\n',
        "gcc.after: No variant is called 'demo/gc': did you mean 'demo/gcc'?",
    ),
    "an unknown cause": (
        f'[gcc]\n{ROW}run = {{ cause = "missing-loder" }}\n',
        "gcc.run.cause: No cause is called 'missing-loder': there are bad-shebang, missing-loader.",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_a_row_is_told_with_its_file_and_key(folder, text, sentence):
    write(folder, text)
    with pytest.raises(LabError) as told:
        samples.check(["missing-loader", "bad-shebang"], samples=folder.parent)
    assert str(told.value) == f"{folder}/variants.toml, " + sentence.format(folder=folder)


@pytest.mark.parametrize("table", ["", f"[gcc]\n{ROW}"], ids=["no table", "no row"])
def test_a_dockerfile_without_a_row_is_told(folder, table):
    other = folder.parent / "other"
    other.mkdir()
    (other / "a.Dockerfile").touch()
    write(other, f"[a]\n{ROW}")
    (folder / "clang.Dockerfile").touch()
    if table:
        write(folder, table)
    else:
        (folder / "gcc.Dockerfile").unlink()
    sentence = re.escape(
        f"{folder}/clang.Dockerfile has no row: {folder}/variants.toml needs one for "
        '["clang"], with `shows` and `notebook`.'
    )
    with pytest.raises(LabError, match=f"^{sentence}$"):
        samples.check(CHECKS, samples=folder.parent)
    with pytest.raises(LabError, match=f"^{sentence}$"):
        variant("demo/clang", samples=folder.parent)


# every table

READERS = {
    "c-hello/variants.toml": lambda root: variants("c-hello/*", samples=root),
    "exercises.toml": lambda root: [
        exercise.exercise(number, samples=root) for number in exercise.numbers(samples=root)
    ],
    "quizzes.toml": lambda root: [
        quiz.quiz(number, samples=root) for number in quiz.lengths(samples=root)
    ],
    "bases/bases.toml": lambda root: base_table.read(root / "bases"),
}
every_table = pytest.mark.parametrize(("table", "read"), READERS.items(), ids=READERS)


@every_table
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'[gcc]\nshows = "A.\n', r"is no TOML: .*\(at line 2, column 12\)\."),
        (b"[gcc]\n\n[gcc]\n", r"is no TOML: .*\(at line 3, column 5\)\."),
        (b'[gcc]\nshows = "\xff"\n', "is no TOML: 'utf-8' codec can't decode byte 0xff.*"),
        (None, r"can't be read: Is a directory\."),
    ],
    ids=["no end of a text", "a row twice", "not UTF-8", "a folder"],
)
def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path, table, read, text, says):
    path = tmp_path / table
    path.parent.mkdir(exist_ok=True)
    path.mkdir() if text is None else path.write_bytes(text)
    with pytest.raises(LabError, match=f"^{re.escape(str(path))} {says}$"):
        read(tmp_path)


def exercise_with(condition):
    return f'["00"]\ntask = "A."\ncontext = "note"\nconditions = [{{ says = "B.", {condition} }}]\n'


def question_with(option):
    return f'[["00"]]\nasks = "?"\noptions = [{{ says = "a", {option} }}]\n'


def base_with(line):
    return f'["gcc:14"]\nrecipe = "a"\nnote = "b"\n{line}\n'


@pytest.mark.parametrize(
    ("table", "text", "sentence"),
    [
        (
            "exercises.toml",
            '[["00".conditions]]\nsays = "It is."\nprints = "a"\nhints = ["b"]\n',
            "00: Object missing required field `task`.",
        ),
        (
            "exercises.toml",
            exercise_with('prints = "c"'),
            "00.conditions[0]: Object missing required field `hints`.",
        ),
        (
            "exercises.toml",
            exercise_with('prints = "c", hints = []'),
            "00.conditions[0]: A condition has at least one hint.",
        ),
        (
            "exercises.toml",
            exercise_with('at_most = "3 MB", hints = ["c"]'),
            "00.conditions[0].at_most: Expected `int`, got `str`.",
        ),
        (
            "exercises.toml",
            exercise_with('print = "c", hints = ["d"]'),
            f"00.conditions[0]: A condition has one kind, of {', '.join(exercise.KINDS)}; "
            "this one has print.",
        ),
        (
            "quizzes.toml",
            question_with("right = true"),
            "00[0].options[0]: Object missing required field `because`.",
        ),
        (
            "quizzes.toml",
            question_with('because = "b", right = "yes"'),
            "00[0].options[0].right: Expected `bool`, got `str`.",
        ),
        (
            "quizzes.toml",
            question_with('because = "b"'),
            "00[0]: A question has one right option: '?' has another number.",
        ),
        (
            "bases/bases.toml",
            base_with("notebooks = []"),
            "gcc:14: Object missing required field `makes`.",
        ),
        (
            "bases/bases.toml",
            base_with("notebooks = [1]"),
            "gcc:14.notebooks[0]: Expected `str`, got `int`.",
        ),
        (
            "bases/bases.toml",
            base_with('hub = { size = 1, source = "c" }'),
            "gcc:14.hub: Object missing required field `as_of`.",
        ),
    ],
)
def test_a_fault_in_another_table_is_told_with_its_file_and_key(tmp_path, table, text, sentence):
    path = tmp_path / table
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    with pytest.raises(LabError) as told:
        READERS[table](tmp_path)
    assert str(told.value) == f"{path}, {sentence}"


def changed(value):
    """A value of TOML with one thing in it gone or of another type, once for each thing."""
    if isinstance(value, dict):
        for name in value:
            yield {other: each for other, each in value.items() if other != name}
            yield from ({**value, name: each} for each in changed(value[name]))
        yield {**value, "another": 1}
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from ([*value[:at], each, *value[at + 1 :]] for each in changed(value[at]))
    yield from (other for other in (1, True, 1.5, "a", [], {}, [[]]) if other != value)


@every_table
def test_nothing_but_a_sentence_comes_out_of_a_table_that_is_wrong(table, read, monkeypatch):
    rows = list(tables.load(names.SAMPLES / table).items())[:2]
    outcomes = []
    for fault in changed(dict(rows)):
        if isinstance(fault, dict):  # as every file of TOML is
            monkeypatch.setattr(tables, "load", lambda path, fault=fault: deepcopy(fault))
            try:
                read(names.SAMPLES)
            except LabError as error:
                outcomes.append(str(error))
    assert len(outcomes) > 30
    assert all(f"samples/{table}, " in each or "No variant" in each for each in outcomes)
