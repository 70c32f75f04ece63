"""The house as it is drawn: floors, no circles, one word for one thing, types, form."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from helpers.core import names

pytestmark = pytest.mark.static

PACKAGE = names.ROOT / "helpers"

LONGEST = 300
"""Lines of a module that fit in one sitting."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a tool of this environment in the checkout."""
    command = [str(Path(sys.executable).parent / name), *arguments]
    return subprocess.run(command, cwd=names.ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("lint-imports", ["--no-cache"]),
        ("mypy", []),
        ("ruff", ["check", "."]),
        ("ruff", ["format", "--check", "."]),
    ],
    ids=["floors and circles", "types", "lint", "form"],
)
def test_the_tools_find_nothing(name, arguments):
    done = tool(name, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_name_of_a_class_or_of_a_type_stands_once():
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        assigned = [
            each for node in tree.body if isinstance(node, ast.Assign) for each in node.targets
        ]
        defined += [each.id for each in assigned if isinstance(each, ast.Name)]
        for name in (each.lstrip("_") for each in defined):
            if re.match("[A-Z].*[a-z]", name):
                places[name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_a_file_or_folder_name_stands_once():
    places: dict[str, list[str]] = defaultdict(list)
    folders = {path.parent for path in modules()} - {PACKAGE}
    for path in [*(p for p in modules() if not p.stem.startswith("__")), *sorted(folders)]:
        places[path.stem].append(path.relative_to(PACKAGE).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_fits_in_one_sitting_and_says_what_it_is_for(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    first = ast.get_docstring(ast.parse(text))
    assert first and not first.startswith("Knows")


def test_the_contributors_page_names_tests_that_are_there():
    page = (names.ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (names.ROOT / "tests").rglob("*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    assert {name for name in named if f"def {name}(" not in tests} == set()
