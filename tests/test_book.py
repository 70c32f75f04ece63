"""The book: every page of the series, whole, and nothing in it from the network."""

import io
import json
import re
from contextlib import redirect_stdout
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.commands import dispatch
from helpers.commands.arguments import parse
from helpers.core import names
from helpers.core.errors import LabError
from helpers.series import book, notebooks

pytestmark = pytest.mark.static

SERIES = notebooks.find()

THEME = {"https://www.sphinx-doc.org/", "https://pradyunsg.me", "https://github.com/pradyunsg/furo"}
"""Where the theme's footer leads."""

LOADED = {"src", "srcset", "poster", "data", "background", "xlink:href"}
"""Attributes whose address a page asks for by itself."""


def written():
    """The links that lead out of the series, from its own pages. They are for people, and no test
    follows them."""
    texts = [(names.ROOT / "README.md").read_text()]
    for path in notebooks.FOLDER.rglob("[0-9]*.ipynb"):
        cells = notebooks.read(path).cells
        texts += [cell.source for cell in cells if cell.cell_type == "markdown"]
    return re.findall(r"\]\((https://[^)\s]+)\)", "\n".join(texts))


class Page(HTMLParser):
    """What a page links to, loads and shows."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.ids, self.pictures = [], [], [], []
        self.contents, self.styles = [], []
        self._inside = ""
        self._text = path.read_text()
        self.feed(self._text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._inside = tag
        self.ids += [value for key, value in attrs if key == "id"]
        self.loads += [value for key, value in attrs if key in LOADED]
        if tag == "link" and given["rel"] in ("stylesheet", "icon", "preload", "preconnect"):
            self.loads.append(given["href"])
        elif tag in ("a", "link") and "href" in given:
            self.links.append(given["href"])
        if tag == "a" and "reference internal" in given.get("class", ""):
            self.contents.append(given["href"])
        if tag == "img":
            self.pictures.append(given)
        self.styles.append(given.get("style") or "")

    def handle_data(self, data):
        if self._inside in ("style", "script"):
            self.styles.append(data)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The book as the command writes it: its folder, and what was said."""
    folder = tmp_path_factory.mktemp("book") / "out"
    with redirect_stdout(io.StringIO()) as said:
        assert dispatch.COMMANDS["book"](parse(["book", str(folder)])) == 0
    return folder, said.getvalue()


@pytest.fixture(scope="session")
def site(made):
    """Its folder."""
    return made[0]


@pytest.fixture(scope="session")
def pages(site):
    """Every page by its name in the folder."""
    return {path.relative_to(site).as_posix(): Page(path) for path in site.rglob("*.html")}


@pytest.fixture
def small(tmp_path):
    """A series of one notebook, in a checkout of its own."""
    series = tmp_path / "notebooks"
    series.mkdir()
    (tmp_path / "README.md").write_text("# Small\n\n[First](notebooks/00-first.ipynb)\n")
    cell = new_markdown_cell("# 00 First\n\nWords.")
    notebooks.write(series / "00-first.ipynb", new_notebook(cells=[cell]))
    return {"readme": tmp_path / "README.md", "series": series}


def page_of(path):
    return path.relative_to(notebooks.FOLDER.parent).with_suffix(".html").as_posix()


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


def test_a_sentence_says_how_to_open_it(made):
    folder, said = made
    assert said.splitlines() == [
        f"The book is in {folder}: open {(folder / 'index.html').as_uri()} in a browser."
    ]


def test_every_notebook_is_in_the_contents_in_reading_order_then_the_solutions(pages):
    listed = [link for link in pages["index.html"].contents if link.startswith("notebooks/")]
    wanted = [page_of(path) for path in SERIES]
    assert list(dict.fromkeys(link for link in listed if link in wanted)) == wanted
    assert set(wanted) <= set(pages)


def test_the_front_page_is_the_readme_up_to_what_is_for_developers(site, pages):
    text = (site / "index.html").read_text()
    for heading in re.findall(r"^#+ (.+)$", names.ROOT.joinpath("README.md").read_text(), re.M)[:4]:
        assert f">{heading}<a " in text
    assert "Work on it" not in text
    assert any("scoreboard" in picture["src"] for picture in pages["index.html"].pictures)


def test_search_finds_what_stands_in_prose_code_and_outputs(site):
    index = (site / "searchindex.js").read_text()
    found = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))

    def where(word):
        hits = found["terms"][word]
        return {found["docnames"][hit] for hit in ([hits] if isinstance(hits, int) else hits)}

    assert "notebooks/07-copying-libraries" in where("dlopen")
    assert "notebooks/07-copying-libraries" in where("xarg")  # in code; words lose their endings
    assert "notebooks/05-missing-libc" in where("loader")  # in an output, `missing-loader`


@pytest.mark.parametrize("path", SERIES, ids=lambda path: path.stem)
def test_a_page_shows_each_output_that_the_notebook_has_in_its_html(path, site):
    text = (site / page_of(path)).read_text()
    words = unescape(re.sub(r"<[^>]+>", "", text))
    cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    plain = [each for each in outputs if "data" in each and "text/html" not in each.data]
    assert outputs and text.count('class="output text_plain') == len(plain)
    for output in outputs:
        if output.output_type == "error":
            assert f"{output.ename}: {output.evalue}".strip() in words
        elif html := output.get("data", {}).get("text/html"):
            assert html in text
        else:
            shown = output.get("text") or output.data["text/plain"]
            assert shown.strip() in words


def test_an_exercise_leads_to_its_solution(pages):
    for path in SERIES:
        if path.parent == notebooks.FOLDER:
            assert f"solutions/{path.name[:2]}.html" in pages[page_of(path)].contents


def test_pictures_have_alt_text(pages):
    pictures = [picture for page in pages.values() for picture in page.pictures]
    assert len(pictures) > 2
    for picture in pictures:
        # Without one, Sphinx puts the picture's address there.
        assert len(picture.get("alt", "").split()) > 5, picture["src"][:80]


def test_nothing_comes_from_the_network(site, pages):
    asked = []
    for name, page in pages.items():
        asked += [(name, each) for each in page.loads]
        asked += [(name, each) for each in css_addresses("\n".join(page.styles))]
    for sheet in site.rglob("*.css"):
        found = css_addresses(sheet.read_text())
        asked += [(sheet.name, each) for each in found]
    assert len(asked) > 100
    assert [each for each in asked if leads_out(each[1])] == []
    for script in site.rglob("*.js"):
        assert loaded_by_script(script.read_text()) == [], script


def css_addresses(text):
    """What a style sheet or a style attribute loads; comments are left out."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)
    return [one or other for one, other in found]


def loaded_by_script(text):
    """The addresses of the network in a script's strings, but for the name of SVG's elements."""
    found = re.findall(r"""["'`]((?:https?:|wss?:)?//[\w.-]+\.[^"'`\s]*)""", text)
    return [each for each in found if each != "http://www.w3.org/2000/svg"]


def leads_out(address):
    parts = urlsplit(address)
    return bool(parts.netloc or parts.scheme not in ("", "data"))


@pytest.mark.parametrize(
    ("find", "text"),
    [
        (css_addresses, "@import '//fonts.org/a.css'; "),
        (css_addresses, "p { background: url( https://a.org/b.png ) }"),
        (loaded_by_script, 'load("https://cdn.org/x.js")'),
        (loaded_by_script, "load('//cdn.org/x.js')"),
    ],
)
def test_what_comes_from_the_network_would_be_seen(find, text):
    (address,) = find(text)
    assert leads_out(address)


def test_links_lead_to_pages_and_places_that_are_there(site, pages):
    broken, out = [], set()
    for name, page in pages.items():
        for link in page.links:
            if leads_out(link):
                out.add(link)
                continue
            address, anchor = urldefrag(link)
            target = (
                (site / name).parent / unquote(urlsplit(address).path) if address else site / name
            )
            there = target.is_file() and target.resolve().is_relative_to(site.resolve())
            known = (
                pages.get(target.resolve().relative_to(site.resolve()).as_posix())
                if there
                else None
            )
            if not there or (anchor and anchor not in known.ids):
                broken.append((name, link))
    assert broken == []
    assert out == THEME | set(written())


def test_a_page_has_each_id_once(pages):
    for name, page in pages.items():
        twice = {each for each in page.ids if page.ids.count(each) > 1}
        assert not twice, name


def test_a_folder_of_somebody_else_is_refused_and_stays_as_it_is(small, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "index.html").write_text("mine")
    with pytest.raises(LabError, match=r"theirs has files .*\(index\.html\)"):
        book.write(theirs, **small)
    assert files(theirs) == {Path("index.html"): b"mine"}


def test_a_file_is_refused(small, tmp_path):
    with pytest.raises(LabError, match=r"README\.md is a file"):
        book.write(tmp_path / "README.md", **small)


def test_an_earlier_book_is_replaced_unless_somebody_put_a_file_in_it(small, tmp_path):
    folder = tmp_path / "book"
    folder.mkdir()  # an empty one will do
    book.write(folder, **small)
    assert (folder / "notebooks/00-first.html").exists()

    (small["series"] / "00-first.ipynb").rename(small["series"] / "00-begin.ipynb")
    small["readme"].write_text("# Small\n\n[First](notebooks/00-begin.ipynb)\n")
    book.write(folder, **small)
    assert {path.name for path in (folder / "notebooks").iterdir()} == {"00-begin.html"}

    (folder / "notebooks/mine.txt").write_text("mine")
    before = files(folder)
    with pytest.raises(LabError, match=r"notebooks/mine\.txt"):
        book.write(folder, **small)
    assert files(folder) == before


def test_broken_links_are_told_with_their_lines_and_nothing_is_written(small, tmp_path):
    links = ["[x](notebooks/01-gone.ipynb)", "[x](#gone)", "![a b](gone.png)"]
    small["readme"].write_text("\n\n".join(["# Small", "[x](notebooks/00-first.ipynb)", *links]))
    with pytest.raises(LabError) as error:
        book.write(tmp_path / "book", **small)
    told = str(error.value)
    for line, gone in ((5, "01-gone.ipynb"), (7, "gone"), (9, "gone.png")):
        assert re.search(rf"^index\.md:{line}: WARNING: .*'?{gone}", told, re.MULTILINE), told
    assert not (tmp_path / "book").exists()
