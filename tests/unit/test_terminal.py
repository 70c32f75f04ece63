"""What is printed on a terminal: plain text with coloured signs, and an image, block by block."""

import io
import re

import pytest
from rich.console import Console

from helpers.files.stack import Entry, stacked
from helpers.files.waste import waste
from helpers.image.open_image import Layers, OpenImage, OpenLayer
from helpers.image.stored import Config
from helpers.view import explored, terminal, text
from helpers.view.blocks import Branch, Branches, Fact, OutputLines, Table, Title
from helpers.view.blocks import Column as Col

ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
BAD = "[bold red]a[/] :smile: \x1b[31m\u202e\udce9 https://x.y/ 'z' 12 None ✗ b"

BLOCKS = [
    Title(BAD, "1 B", "good"),
    Fact(BAD[:10], (BAD,), "bad"),
    Table("a caption", (Col("one"), Col("two")), ((BAD, "✓ no sign"), ("w" * 200, BAD))),
    Branches("a tree", (Branch(0, "/"), Branch(1, BAD, "", "bad"), Branch(2, "x", BAD, "good"))),
    OutputLines(BAD),
]


def printed(blocks, **options):
    file = io.StringIO()
    terminal.show(blocks, Console(file=file, width=40, **options))
    return file.getvalue()


def test_in_a_pipe_it_is_the_plain_text():
    assert printed(BLOCKS) == text.render(BLOCKS) + "\n"


def test_on_a_terminal_only_signs_have_colour():
    shown = printed(BLOCKS, force_terminal=True, color_system="standard", no_color=False)
    assert ESCAPE.sub("", shown) == text.render(BLOCKS) + "\n"
    assert re.findall(r"\x1b\[([0-9;]+)m([^\x1b]*)\x1b\[0m", shown) == [
        ("1;32", "✓"),
        ("1;31", "✗"),
        ("1;31", "✗"),
        ("1;32", "✓"),
    ]
    assert len(ESCAPE.findall(shown)) == 8


LAYERS = [
    [
        Entry("/usr", 0, "directory"),
        Entry("/usr/lib/deep/deeper/one", 600, "file"),
        Entry("/usr/bin/two", 300, "file"),
        Entry("/etc/passwd", 5, "file"),
        Entry("/top", 100, "file"),
    ],
    [Entry("/top", 95, "file")],
]


@pytest.fixture
def image():
    """An image that needs no engine."""
    found = OpenImage("sha256:0", "mine:1", engine=None, _inspected={})
    vars(found)["layers"] = Layers(
        OpenLayer(made, sum(entry.size for entry in layer), "sha256:0", None)
        for made, layer in zip(["COPY . /", "RUN build"], LAYERS, strict=True)
    )
    vars(found)["_stacked"] = stacked(LAYERS)
    vars(found)["waste"] = waste(LAYERS)
    vars(found)["config"] = Config(None, ("/top", "-x"), ("A=secret",), "", "", "arm64")
    return found


def test_an_image_begins_with_its_configuration_and_its_layers(image):
    assert (
        printed(explored.head(image))
        == """\
mine:1  1.10 kB
config  command ["/top", "-x"], user root, working directory /, architecture arm64
layers, base first: 1.10 kB in all
   size   share  created by
1.00 kB  91.4 %  COPY . /
   95 B   8.6 %  RUN build
"""
    )


def test_the_largest_folders_are_shown_three_levels_deep(image):
    assert (
        printed(explored.folders(image))
        == """\
the largest folders
/  1.00 kB, and 100 B hidden by later layers
└ usr  900 B  90.0 %
  ├ lib  600 B  60.0 %
  │ └ deep  600 B  60.0 %
  └ bin  300 B  30.0 %
"""
    )


def test_only_the_largest_of_many_folders_are_shown(image):
    many = [Entry(f"/f{n:02}/x", 100 + n, "file") for n in range(20)]
    vars(image)["_stacked"] = stacked([many])
    lines = printed(explored.folders(image)).splitlines()
    assert len(lines) == 2 + 8 and lines[2].startswith("├ f19  119 B")


def test_an_image_without_a_byte_has_no_folders(image):
    layers = [[Entry("/a", 0, "directory"), Entry("/a/b", 0, "file")]]
    vars(image).update(_stacked=stacked(layers), waste=waste(layers))
    assert printed(explored.folders(image)) == "the largest folders\n/  0 B\n"


def test_waste_comes_last_with_its_files(image):
    assert (
        printed(explored.waste(image))
        == """\
efficiency  90.9 %
hidden by later layers  100 B
written twice, or removed again: 195 B with all copies
 size  times  path
195 B      2  /top
"""
    )
