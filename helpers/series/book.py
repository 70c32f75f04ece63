"""Writes the series as a static site, for people who have no engine at hand.

The README comes first, then the notebooks as they are on disk, with their outputs, then the
solutions. Nothing is executed, and no page loads anything from the network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import nbformat

from helpers.core import names
from helpers.core.errors import LabError
from helpers.series import notebooks

FOLDER = names.ROOT / "book"

README = names.ROOT / "README.md"

REST = "\n## Use the bench by itself\n"
"""From this heading on the README is for people with the checkout, and is left out."""

MARK = ".made-by-helpers.json"
"""A file in each book with the names of its files: only these are overwritten or removed."""

STYLE = Path(__file__).with_suffix(".css")

SETTINGS = {
    "extensions": ["myst_nb"],
    "nb_execution_mode": "off",
    "nb_render_error_lexer": "text",  # our errors are sentences
    "nb_ipywidgets_js": {},  # otherwise fetched from the network
    "myst_heading_anchors": 3,
    "nitpicky": True,
    "highlight_language": "text",
    "html_theme": "furo",
    "html_static_path": [str(STYLE)],
    "html_css_files": [STYLE.name],
    "html_use_index": False,  # it would be empty
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
}


def write(folder: Path = FOLDER, *, readme: Path = README, series: Path = notebooks.FOLDER) -> Path:
    """Writes the book and returns its first page.

    folder  where: a new or empty folder, or an earlier book, which is replaced
    readme  the front page, with links relative to the folder it is in
    series  the folder of the notebooks, `notebooks` beside the README

    Raises LabError, before anything in the folder is changed, for a folder with files that are not
    a book's, and for a broken link or another fault of a page; also where it can't be written.
    """
    folder = folder.expanduser().resolve()
    earlier = _files_of_ours(folder)
    with tempfile.TemporaryDirectory(prefix="shrink-book-") as temporary:
        source, site = (Path(temporary).resolve() / name for name in ("source", "site"))
        _gather(source, readme, series)
        _build(source, site)
        try:
            _replace(folder, earlier, site)
        except OSError as error:
            raise LabError(
                f"The book can't be written to {folder} ({error.strerror}): name another folder."
            ) from None
    return folder / "index.html"


def _files_of_ours(folder: Path) -> list[str]:
    """The files of an earlier book in the folder, relative to it. There may be no folder yet."""
    if folder.exists() and not folder.is_dir():
        raise LabError(f"{folder} is a file: name a folder for the book.")
    ours: set[str] = set()
    with suppress(OSError, ValueError, TypeError):
        ours.update(json.loads((folder / MARK).read_text(encoding="utf-8")))
    there = []
    for name in _files(folder):
        if name not in ours:
            raise LabError(
                f"{folder} has files that no book of ours left there ({name}): name another "
                "folder, or move them away."
            )
        there.append(name)
    return there


def _files(folder: Path) -> Iterator[str]:
    """All files and links below a folder, relative to it."""
    for path, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(path) / name).is_symlink()]
        for name in [*files, *links]:
            yield (Path(path) / name).relative_to(folder).as_posix()


def _gather(source: Path, readme: Path, series: Path) -> None:
    """Copies the pages with the folders of the checkout, so that links need no change."""
    (source / "notebooks/solutions").mkdir(parents=True)
    paths = notebooks.find(folder=series)
    pages = [path.relative_to(series) for path in paths]
    for path, page in zip(paths, pages, strict=True):
        notebook = notebooks.read(path)
        solution = Path("solutions") / f"{page.name[:2]}.ipynb"
        if page.parent != solution.parent and solution in pages:
            link = f"If you have tried the exercise: [](<{solution.as_posix()}>)."
            notebook.cells.append(nbformat.v4.new_markdown_cell(link))
        (source / "notebooks" / page).write_text(notebooks.text(notebook), encoding="utf-8")
    for picture in series.glob("*.png"):
        shutil.copy(picture, source / "notebooks")
    front, _, _ = readme.read_text(encoding="utf-8").partition(REST)
    lessons = [page for page in pages if page.parent.name != "solutions"]
    contents = [
        _contents("The notebooks", lessons),
        _contents("Solutions", [page for page in pages if page not in lessons]),
    ]
    (source / "index.md").write_text("\n".join([front, *contents]), encoding="utf-8")


def _contents(caption: str, pages: Iterable[Path]) -> str:
    """One part of the table of contents that stands beside each page."""
    entries = "\n".join(f"notebooks/{page.with_suffix('').as_posix()}" for page in pages)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```\n"


def _build(source: Path, site: Path) -> None:
    """Makes the pages. Sphinx's warnings, as for a link to nowhere, are errors."""
    title = (source / "index.md").read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
    settings = {**SETTINGS, "project": title, "html_title": title}
    lines = [f"{key} = {value!r}\n" for key, value in settings.items()]
    (source / "conf.py").write_text("".join(lines), encoding="utf-8")
    # in another process, because Sphinx changes docutils for the whole process
    command = [sys.executable, "-X", "utf8", "-m", "sphinx", "--quiet", "--no-color"]
    command += ["--fail-on-warning", "--doctree-dir", str(site.with_name("doctrees"))]
    command += [str(source), str(site)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        faults = done.stderr.replace(f"{source}{os.sep}", "").strip()
        raise LabError(
            f"The book was not written, for pages have faults: mend them, then repeat.\n{faults}"
        )
    (site / ".buildinfo").unlink()


def _replace(folder: Path, earlier: Iterable[str], site: Path) -> None:
    new = {*_files(site), MARK}
    folder.mkdir(parents=True, exist_ok=True)
    # both books' names first, so that after an interrupt every file is still known as ours
    _mark(folder, {*earlier, *new})
    for name in set(earlier) - set(new):
        (folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # not empty yet
            (folder / name).parent.rmdir()
    shutil.copytree(site, folder, dirs_exist_ok=True)
    _mark(folder, new)


def _mark(folder: Path, files: Iterable[str]) -> None:
    lines = json.dumps(sorted(files), indent=0) + "\n"
    (folder / MARK).write_text(lines, encoding="utf-8")
