"""Which figures of a notebook are compared, and when one is too far from the committed one."""

import copy
import math
import re
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers.core import names
from helpers.core.errors import LabError
from helpers.series import notebooks
from helpers.testing import figures, measured_on, tolerances
from helpers.testing.figures import Allowed
from helpers.testing.measured_on import MeasuredOn
from helpers.testing.tolerances import Tolerance

COMMITTED = notebooks.find()
NAMES = [tolerances.name(path) for path in COMMITTED]
USUAL = Allowed()
each_notebook = pytest.mark.parametrize("path", COMMITTED, ids=NAMES)

FOUND = {
    "1.09 GB": [("size", 1.09e9)],
    "24.6 kB": [("size", 24_600)],
    "112 B": [("size", 112)],
    "6,872 B": [("size", 6_872)],
    "static 2,370,031 bytes": [("size", 2_370_031)],
    "78.6\u00a0MB": [("size", 78.6e6)],
    "<td><code>78.6&nbsp;MB</code></td>": [("size", 78.6e6)],
    "97.2 %": [("share", 97.2)],
    "<td>&gt;99.9&nbsp;%</td>": [("share", 99.9)],
    "<0.1 %": [("share", 0.1)],
    "69.4 % more": [("share", 69.4)],
    "758 kB -> 2.24 MB": [("size", 758_000), ("size", 2.24e6)],
    "c-hello/gcc  1.09 GB  92.8 %  1.14 GB  ✓ yes": [
        ("size", 1.09e9),
        ("share", 92.8),
        ("size", 1.14e9),
    ],
    "(the article's: 94 kB): 99.99 % less.": [("size", 94_000), ("share", 99.99)],
    "['1.48 GB', '2 kB']": [("size", 1.48e9), ("size", 2_000)],
}

NONE = (
    "Python 3.13.1, trixie 14.2 and GLIBC_2.34",
    "on 2026-08-05 at 14:00, 0:05",
    "4.63 s, 12 ms, 1 min 20 s, 2 minutes, 1 h 2 min",
    "a line of 2 MB/s, at 1.5 kB/s",
    "#7 0.123 Setting up libc6",
    "127.0.0.1:49153, 0.0.0.0:80",
    "sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
    "id 0a1b2c3d4e5f, user 10001:10001, mode 0644",
    "12 times, \u00d7 12, 1,234 files, 3 of 81",  # nbval compares these to the digit
    "5 Bytecodes, 3 Best, 12 kBit",
    "<td style='width:50%'>",
    "v1.12 B",
    "engine | gcc:14: a stand-in, 1.09 GB; Docker Hub's had 1.52 GB on 2026-08-05",
    '<p class="engine"><small>engine | <code>disk size: 4.23 MB</code></small></p>',
)


@pytest.mark.parametrize("text", FOUND)
def test_sizes_and_shares_are_found(text):
    found = [(each.kind, pytest.approx(each.value)) for each in figures.find(text)]
    assert found == FOUND[text]


@pytest.mark.parametrize("text", NONE)
def test_nothing_else_is_a_figure(text):
    assert list(figures.pairs(text, text)) == []


def told(fresh, committed, allowed=USUAL):
    return figures.too_far(figures.pairs(fresh, committed), allowed)


@pytest.mark.parametrize(
    ("fresh", "committed"),
    [
        ("105 kB", "100 kB"),
        ("95 kB", "100 kB"),
        ("1.00 MB", "999 kB"),
        ("0 B", "0 B"),
        ("8.3 %", "7.3 %"),
        (">99.9 %", "99.0 %"),
        ("in 4.63 s", "in 12 ms"),
        ("2 MB/s", "9 MB/s"),
        ("engine | 2 MB", "engine | 9 MB"),
    ],
)
def test_near_figures_are_the_same(fresh, committed):
    assert told(fresh, committed) == []


@pytest.mark.parametrize(
    ("fresh", "committed", "sentence"),
    [
        ("812 kB", "744 kB", "812 kB now, 744 kB committed (9.1 % more, 5 % allowed): 812 kB"),
        ("1 GB", "1 MB", "1 GB now, 1 MB committed (99900.0 % more, 5 % allowed): 1 GB"),
        ("20 B", "63 B", "20 B now, 63 B committed (68.3 % less, 5 % allowed): 20 B"),
        ("1 B", "0 B", "1 B now, 0 B committed (1 B more, 5 % allowed): 1 B"),
        ("9.5 %", "12.1 %", "9.5 % now, 12.1 % committed (2.6 points less, 1 allowed): 9.5 %"),
    ],
)
def test_a_far_figure_is_told_in_a_sentence(fresh, committed, sentence):
    assert told(fresh, committed) == [sentence]


def test_each_figure_is_compared_with_the_one_in_its_place():
    committed = "engine | 1\na  1 kB  2 kB\n\nb  3 kB  10 %"
    fresh = "engine | 1\nengine | 2\na  1 kB  3 kB\n\nb  3 kB  10 %"
    assert told(fresh, committed) == [
        "3 kB now, 2 kB committed (50.0 % more, 5 % allowed): a 1 kB 3 kB"
    ]


def test_what_html_says_again_is_told_once():
    def outputs(size):
        data = {"text/html": f"<b>{size}&nbsp;kB</b>", "text/plain": f"the size {size} kB"}
        return [{"output_type": "execute_result", "data": data}]

    pairs = figures.cell_pairs(outputs(9), outputs(8))
    assert figures.too_far(pairs, USUAL) == [
        "9 kB now, 8 kB committed (12.5 % more, 5 % allowed): the size 9 kB"
    ]


def code(path):
    return [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]


def shown(path):
    """The texts of a notebook, each with what is allowed to it, as far as they are compared."""
    rows = {(row.notebook, row.cell): row.allowed for row in tolerances.read()}
    for cell in code(path):
        allowed = rows.get((tolerances.name(path), cell.id), USUAL)
        for texts in figures.texts(cell.outputs).values():
            yield from ((figures.ENGINE_LINES.sub("", text), allowed) for text in texts)


def altered(figure, allowed):
    """A figure in its own form, higher and lower: a size by 10 % and a share by 2 points, or by
    twice what is allowed where that is more, and by one in the last digit at least."""
    number, unit = figure.text.split()
    value, decimals = float(number.replace(",", "")), len(number.partition(".")[2])
    by = value * allowed.sizes / 50 if figure.kind == "size" else allowed.shares * 2
    by = max(math.ceil(by * 10**decimals), 1) / 10**decimals
    yield from (f"{new:.{decimals}f} {unit}" for new in (value + by, value - by) if new >= 0)


@each_notebook
def test_a_notebook_has_the_figures_of_itself(path):
    for cell in code(path):
        pairs = figures.cell_pairs(copy.deepcopy(cell.outputs), cell.outputs)
        assert figures.too_far(pairs, Allowed(sizes=0, shares=0)) == []


@each_notebook
def test_any_altered_figure_of_a_notebook_is_told(path):
    for text, allowed in shown(path):
        for figure in figures.find(text):
            start, end = figure.span
            for other in altered(figure, allowed):
                assert told(text[:start] + other + text[end:], text, allowed), (figure.text, other)


@each_notebook
def test_each_size_and_share_that_nbval_does_not_compare_is_a_figure(path):
    from nbval.plugin import get_sanitize_patterns

    patterns = get_sanitize_patterns((names.ROOT / "tests/sanitize.cfg").read_text())
    hidden = [regex for regex, words in patterns if words.strip() in ("SIZE", "PERCENT")]
    assert len(hidden) == 2
    for text, _ in shown(path):
        rest = figures.FIGURE.sub("#", text)
        found = [match for regex in hidden for match in re.finditer(regex, rest)]
        assert [match[0] for match in found if not rest.startswith("/s", match.end())] == []


def lab(engine="docker 28.5 of the lab's own, amd64, graph store", bases="stand-ins"):
    text = f"a lab\nengine | {engine}, builder buildkit\nengine | bases: {bases}"
    return [{"output_type": "execute_result", "data": {"text/plain": text}}]


SAME = {
    "as it is": lab(),
    "another engine": lab("podman 5.4 at unix:///run/x.sock, amd64, containerd store"),
    "a newer engine beside it": lab(bases="brought from docker 20.10.24+dfsg1: stand-ins"),
    "stand-ins for a reason": lab(bases="stand-ins, since Docker Hub can't be used: 429; wait."),
}
OTHER = {
    "another architecture": lab("docker 28.5 at x, arm64, graph store"),
    "Docker Hub": lab(bases="Docker Hub, each at the digest that it is pinned to"),
    "mixed": lab(bases="stand-ins; but gcc:14 from an archive"),
    "mixed for a reason": lab(
        bases="stand-ins, since Docker Hub can't be used: 429; but gcc:14 from an archive"
    ),
    "no lab": [{"output_type": "stream", "name": "stdout", "text": "x"}],
}


@pytest.mark.parametrize("case", SAME)
def test_figures_are_comparable(case):
    assert measured_on.read(SAME[case]) == MeasuredOn("amd64", "stand-ins")


@pytest.mark.parametrize("case", OTHER)
def test_figures_are_not_comparable(case):
    assert measured_on.read(OTHER[case]) != MeasuredOn("amd64", "stand-ins")


@each_notebook
def test_a_notebook_says_what_it_was_measured_on_or_shows_limits_alone(path):
    outputs = [cell.outputs for cell in code(path)]
    if measured_on.read(outputs[0]) is None:
        pairs = [pair for each in outputs for pair in figures.cell_pairs(each, each)]
        met = re.compile(r"(\[x\]|✓ met:) .*\b(at most|smaller than)\b", re.IGNORECASE)
        assert [pair.line for pair in pairs if not met.match(pair.line)] == []


def dead(row, folder=notebooks.FOLDER):
    """Why a row of the tolerances changes nothing, or ""."""
    path = folder / f"{row.notebook}.ipynb"
    cells = {cell.id: cell.outputs for cell in code(path)} if path.is_file() else {}
    if row.cell not in cells:
        return "there is no such cell"
    wider = {"size": row.sizes > USUAL.sizes, "share": row.shares > USUAL.shares}
    if not any(wider.values()):
        return "all cells are allowed as much"
    pairs = figures.cell_pairs(cells[row.cell], cells[row.cell])
    lacking = {kind for kind in wider if wider[kind]} - {pair.committed.kind for pair in pairs}
    return f"the cell shows no {lacking.pop()}" if lacking else ""


def test_no_row_of_the_tolerances_is_dead():
    assert [(row, why) for row in tolerances.read() if (why := dead(row))] == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"sizes": 10}, ""),
        ({"sizes": 10, "shares": 2}, "the cell shows no share"),
        ({"shares": 2}, "the cell shows no share"),
        ({}, "all cells are allowed as much"),
        ({"sizes": 5}, "all cells are allowed as much"),
        ({"sizes": 10, "cell": "b"}, "there is no such cell"),
        ({"sizes": 10, "notebook": "01"}, "there is no such cell"),
    ],
)
def test_a_row_that_changes_nothing_is_dead(row, why, tmp_path):
    cell = new_code_cell("1", id="a", outputs=[new_output("stream", text="12 kB")])
    notebooks.write(tmp_path / "00-it.ipynb", new_notebook(cells=[cell]))
    row = Tolerance(**({"notebook": "00-it", "cell": "a", "why": "It differs."} | row))
    assert dead(row, tmp_path) == why


def test_the_table_is_read(tmp_path):
    file = tmp_path / "figures.toml"
    file.write_text('[[cells]]\nnotebook = "a"\ncell = "b"\nshares = 3\nwhy = "It differs."\n')
    (row,) = tolerances.read(file)
    assert row.allowed == Allowed(sizes=5, shares=3)


LINES = "engine | docker 28.5 at x, {}, graph store, builder buildkit\nengine | bases: stand-ins"


def committed(architecture, words):
    """A notebook as it is committed, with a lab and a line; what it prints now is always the
    same."""
    cells = []
    for count, (now, before) in enumerate(
        (
            (LINES.format("amd64"), LINES.format(architecture)),
            ("812 kB, 9.5 % of 40 files", words),
        )
    ):
        output = new_output("stream", text=f"{before}\n")
        cell = new_code_cell(f"print({now!r})", id=f"cell-{count}", outputs=[output])
        cell.execution_count = count + 1
        cells.append(cell)
    return new_notebook(cells=cells)


def test_nbval_fails_the_cell_whose_figures_differ(tmp_path):
    for name, notebook in {
        "00-near": committed("amd64", "800 kB, 9.0 % of 40 files"),
        "01-far": committed("amd64", "744 kB, 12.5 % of 40 files"),
        "02-elsewhere": committed("arm64", "744 kB, 12.5 % of 40 files"),
    }.items():
        notebooks.write(tmp_path / f"{name}.ipynb", notebook)
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--nbval", "--color=no"]
    command += ["-v", str(tmp_path)]
    result = subprocess.run(command, cwd=names.ROOT, capture_output=True, text=True)

    assert re.findall("FAILED (.+) - ", result.stdout) == ["01-far.ipynb::Cell 1"], result.stdout
    for sentence in (
        "notebook 01-far, cell 1 (cell-1): 812 kB now, 744 kB committed (9.1 % more, 5 % allowed)",
        "notebook 01-far, cell 1 (cell-1): 9.5 % now, 12.5 % committed (3 points less, 1 allowed)",
        "\n4 were compared with the committed ones.\n",
        "Those of notebook 02 were not: they are from arm64 with stand-ins, and this is amd64 with",
    ):
        assert sentence in result.stdout


def test_a_misspelt_key_of_a_tolerance_is_told(tmp_path):
    file = tmp_path / "figures.toml"
    file.write_text('[[cells]]\nnotebook = "a"\ncell = "b"\nshare = 3\nwhy = "It differs."\n')
    with pytest.raises(LabError, match=r"cells\[0\]: Object contains unknown field `share`\.$"):
        tolerances.read(file)
