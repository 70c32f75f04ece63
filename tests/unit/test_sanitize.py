"""What nbval is told not to compare: figures, ids and the engine's own lines, and nothing more."""

import re
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers.core import names
from helpers.series import notebooks

CONFIG = names.ROOT / "tests/sanitize.cfg"


def compared(text):
    """What is left of a text for nbval to compare."""
    from nbval.plugin import get_sanitize_patterns

    for regex, replace in get_sanitize_patterns(CONFIG.read_text()):
        text = re.sub(regex, replace, text)
    return text


SAME = {
    "a size": ("c-hello/gcc  1.14 GB", "c-hello/gcc  94.2 kB"),
    "a size in a sentence": ("all of 63 B.", "all of 1,012 bytes."),
    "a size in HTML": ("<td><code>1.14 GB</code></td>", "<td><code>999 MB</code></td>"),
    "a size in a table of a page": ("<td>1.14&nbsp;GB</td>", "<td>999&nbsp;kB</td>"),
    "a share in a table of a page": ("<td>45.7&nbsp;% more</td>", "<td>1&nbsp;% more</td>"),
    "a time in a table of a page": ("<td>1&nbsp;min&nbsp;5&nbsp;s</td>", "<td>4.00&nbsp;s</td>"),
    "a column of sizes": ("      size  by\n   1.14 GB  COPY", "  size  by\n  12 B  COPY"),
    "the columns beside it": ("variant     size  article\na        1.1 GB  1.14 GB",) * 2,
    "a wider column": (
        "variant    size  runs\na       1.1 GB  yes",
        "variant  size  runs\na       3 B  yes",
    ),
    "a share": ("of it  93.5 %", "of it  4 %"),
    "a share at its end": ("<td>&gt;99.9 %</td>", "<td>12.3 %</td>"),
    "a share in a column": ("a  >99.9 %", "a    1.2 %"),
    "a time": ("in 2 min 5 s", "in 0.43 s"),
    "the engine's words": (
        "did not start\nengine | exec ./hello: no such file\ncause  missing-loader",
        "did not start\nengine | OCI runtime\nengine | create failed\ncause  missing-loader",
    ),
    "the engine's words at the end": ("ran\nengine | a", "ran\nengine | a\nengine | b"),
    "the engine's words in HTML": (
        '<p>no</p>\n<p class="engine"><small>engine | <code>a</code></small></p>\n</div>',
        '<p>no</p>\n<p class="engine"><small>engine | <code>b</code></small></p>\n'
        '<p class="engine"><small>engine | <code>c</code></small></p>\n</div>',
    ),
    "a chart": (
        '<img src="data:image/png;base64,AA+/=">',
        '<img src="data:image/png;base64,BB==">',
    ),
}

DIFFERENT = {
    "a cause": ("cause  missing-loader", "cause  missing-library"),
    "a cause below the engine's words": (
        "engine | a\ncause  missing-loader",
        "engine | a\ncause  missing-file",
    ),
    "an explanation": ("its loader is missing", "its library is missing"),
    "an exit code": ("exit 127", "exit 1"),
    "an outcome": ("ran", "did not start"),
    "an error's words": ("BuildFailed: step [2/3] failed", "BuildFailed: step [1/3] failed"),
    "a path": ("missing  /lib/ld-musl-x86_64.so.1", "missing  /lib64/ld-linux-x86-64.so.2"),
    "a version": ("needs GLIBC_2.34", "needs GLIBC_2.38"),
    "a library": ("libz.so.1", "libz.so.2"),
    "a base": ("FROM gcc:14", "FROM gcc:13"),
    "a number of files": ("3 files", "4 files"),
    "a row": ("a  1.1 GB\nb  2 B", "a  1.1 GB"),
    "a program's word for the engine": ("  engine | a", "  engine | b"),
    "an engine's line that isn't there": ("ran\nengine | a", "ran"),
    "a number of times": ("5 min 1 min 30 s", "1 min 30 s"),
    "another unit": ("5 m", "6 m"),
    "a mode": ("-rwxr-xr-x  0:0", "-rw-r--r--  0:0"),
}


@pytest.mark.parametrize("case", SAME)
def test_hidden(case):
    one, other = SAME[case]
    assert compared(one) == compared(other)


@pytest.mark.parametrize("case", DIFFERENT)
def test_compared(case):
    one, other = DIFFERENT[case]
    assert compared(one) != compared(other)


CHANGES = {
    "other figures and words": [
        ("1.14 GB\\n", "1.17 GB\\n"),
        ("engine | said so\\n", "engine | x\\n"),
    ],
    "another cause": [("missing-loader\\n", "missing-file\\n")],
    "another error": [('"It is gone', '"It was gone')],
}
"""What of a notebook's outputs is put in place of what."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Executes cells, and has nbval compare them with their outputs after each of the changes; for
    each the outcomes of the cells."""
    folder = tmp_path_factory.mktemp("nbval")
    path = folder / "00-cells.ipynb"
    raising = new_code_cell(
        "from helpers import LabError\nraise LabError('It is gone, 12 kB of it.')"
    )
    raising.metadata["tags"] = ["raises-exception"]
    printing = new_code_cell("print('engine | said so\\ncause  missing-loader\\nin 1.14 GB')")
    notebooks.write(path, new_notebook(cells=[printing, raising]))
    text = notebooks.text(notebooks.execute(path).notebook)
    path.unlink()
    for name, changes in CHANGES.items():
        changed = text
        for old, new in changes:
            assert old in changed
            changed = changed.replace(old, new)
        (folder / f"{name}.ipynb").write_text(changed)
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--nbval", "--color=no"]
    command += ["-q", "-rA", str(folder)]
    said = subprocess.run(command, cwd=names.ROOT, capture_output=True, text=True).stdout
    found = {}
    for name in CHANGES:
        cells = re.findall(rf"^(\w+) \S*{name}\.ipynb::Cell (\d)", said, re.MULTILINE)
        found[name] = [outcome for outcome, _ in sorted(cells, key=lambda cell: cell[1])]
    assert all(len(each) == 2 for each in found.values()), said
    return found


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("other figures and words", ["PASSED", "PASSED"]),
        ("another cause", ["FAILED", "PASSED"]),
        ("another error", ["PASSED", "FAILED"]),
    ],
)
def test_nbval_compares_what_is_not_hidden(outcomes, change, outcome):
    assert outcomes[change] == outcome
