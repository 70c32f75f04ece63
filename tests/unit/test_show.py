"""Values as text and as HTML: their form, the same facts in both, and nothing hostile in either."""

import html as entities
import re
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from helpers.bases.source import Base
from helpers.bases.table import BaseInfo, BaseTable
from helpers.compare import ComparisonTable, Row
from helpers.core.value import Value
from helpers.diagnosis.diagnose import Diagnosis
from helpers.dockerfile.marks import DockerfileView
from helpers.elf.anatomy import Anatomy, Library, Section
from helpers.elf.linking import Linkage
from helpers.engine.container import Stopped
from helpers.files.stack import File, Files
from helpers.files.waste import Waste, Wasted
from helpers.image.difference import Difference, FolderChange
from helpers.image.open_image import Layers, OpenImage, OpenLayer
from helpers.image.shared import Shared, SharedLayer
from helpers.image.stored import Config, Sizes
from helpers.learning.exercise import Check, Hint
from helpers.learning.prediction import Answer, Prediction
from helpers.learning.progress import Lesson, Progress
from helpers.learning.quiz import Option, Question, Quiz
from helpers.registry.layout import Stored
from helpers.registry.server import Moved
from helpers.run.container_run import Run
from helpers.samples import variant
from helpers.view import html, safe, text, units

GCC = Base("gcc:14", "localhost/shrink/base/gcc:14", "stand-in", None, 1_090_000_000, 1_520_000_000)
DIAGNOSIS = Diagnosis(
    cause="missing-loader",
    explanation="`/hello` is in the image. " + "Its loader is not. " * 8,
    fixes=("RUN gcc -static -o /hello hello.c && " + "echo " * 30, "FROM debian:trixie-slim"),
    missing=("/lib64/ld-linux-x86-64.so.2",),
)


def compared(first, second, *found):
    return Difference(first, second, (0, 0), *found)


def layer(created_by, size):
    return OpenLayer(created_by, size, "sha256:" + "0" * 64, None)


def image(*layers, **fields):
    """An image that needs no engine."""
    tag = "localhost/shrink/c-hello:gcc"
    found = OpenImage("sha256:0", tag, engine=None, _inspected={}, **fields)
    vars(found).update(layers=Layers(layers), size=sum(layer.size for layer in layers))
    return found


BUILT = image(
    layer("RUN apt-get install -y gcc", 1_000_000_000),
    layer("COPY hello.c .", 80),
    key="c-hello/scratch",
    bases=(GCC,),
    dockerfile='FROM gcc:14 AS build\nFROM scratch\nCMD ["./hello"]\n',
    before="FROM gcc:14\n",
    command="docker build -t hello .",
)

FAILED = Run(False, None, "", "exec ./hello: no such file", False, 0.3, DIAGNOSIS)

TEXTS = [
    (
        BUILT,
        """\
c-hello/scratch  1.00 GB
from  gcc:14, scratch
engine | gcc:14: a stand-in, 1.09 GB; Docker Hub's had 1.52 GB on 2026-08-05""",
    ),
    (image(layer("COPY", 63)), "c-hello:gcc  63 B"),
    (
        BUILT.layers,
        """\
layers, base first: 1.00 GB in all
   size    share  created by
1.00 GB  >99.9 %  RUN apt-get install -y gcc
   80 B   <0.1 %  COPY hello.c .""",
    ),
    (layer("COPY hello.c .", 80), "COPY hello.c .  80 B"),
    (
        Shared(3, 300_000, 120_000, (SharedLayer("RUN apt-get install x", 90_000, "sha256:0", 3),)),
        """\
3 images, one by one     300 kB
each layer counted once  120 kB
layers that more than one has
   size  images  created by
90.0 kB       3  RUN apt-get install x""",
    ),
    (
        Shared(2, 300, 300, ()),
        """\
2 images, one by one     300 B
each layer counted once  300 B
✗ no layer is shared""",
    ),
    (Moved(12_000_000, 1, 2.5), "12.0 MB in 1 layer  2.50 s"),
    (
        Stored("services:one", "zstd", (5_000_000, 7_000_000)),
        "services:one  12.0 MB in 2 layers, zstd",
    ),
    (
        Sizes(16_000, 2_260, 20_480),
        """\
size: the files of all layers         16.0 kB
download size: the layers compressed  2.26 kB
engine | disk size, what this engine keeps: 20.5 kB""",
    ),
    (
        Files(
            [
                File("/bin/sh", 0, "symlink", 0o777, target="busybox"),
                File("/hello", 16_000, "file", 0o755, 1000, 1000, change="changed"),
                File("/tmp", 0, "directory", 0o1777, change="changed"),
                File("/var/lib/apt/lists", 0, "removed", change="removed"),
            ]
        ),
        """\
4 entries
change   mode        owner         size  path
added    lrwxrwxrwx  0:0                 /bin/sh -> busybox
changed  -rwxr-xr-x  1000:1000  16.0 kB  /hello
changed  drwxrwxrwt  0:0                 /tmp
removed                                  /var/lib/apt/lists""",
    ),
    (
        Config(None, ("./hello",), ("PATH=/bin", "A=b"), "", "/work", "amd64"),
        """\
entrypoint         -
command            ["./hello"]
environment        PATH=/bin, A=b
user               root
working directory  /work
architecture       amd64""",
    ),
    (
        Linkage(False, "/lib/ld.so", ("libc.so.6", "libz.so.1"), ("libz.so.1",), "amd64", "glibc"),
        """\
dynamic (amd64, glibc)
interpreter     /lib/ld.so
needs           libc.so.6, libz.so.1
✗ missing here  libz.so.1""",
    ),
    (Linkage(True, None, (), (), "arm64", None), "static (arm64)\n✓ nothing is missing"),
    (Run(True, 0, "Hello, world!\n", None, False, 0.3, None), "✓ ran\n  Hello, world!"),
    (Run(False, 127, "a\r\nb", None, False, 0.3, None), "✗ exit 127\n  a\\r\n  b"),
    (Run(False, 137, "", None, True, 60.0, None), "✗ stopped: it ran out of time"),
    (
        FAILED,
        """\
✗ did not start
engine | exec ./hello: no such file
cause  missing-loader
`/hello` is in the image. Its loader is not. Its loader is not. Its loader is not. Its
loader is not. Its loader is not. Its loader is not. Its loader is not. Its loader is not.
✗ missing  /lib64/ld-linux-x86-64.so.2
ways out, as lines of a Dockerfile; one is enough:
  RUN gcc -static -o /hello hello.c && """
        + "echo " * 29
        + """echo
  FROM debian:trixie-slim""",
    ),
    (
        Waste(0.25, 4_000, 3_000, (Wasted("/a", 2, 3_000), Wasted("/b", 3, 1_000))),
        """\
efficiency  25.0 %
hidden by later layers  3.00 kB
written twice, or removed again: 4.00 kB with all copies
   size  times  path
3.00 kB      2  /a
1.00 kB      3  /b""",
    ),
    (
        Waste(1.0, 0, 0, ()),
        """\
efficiency  100 %
hidden by later layers  0 B
✓ no file is written twice or removed again""",
    ),
    (
        compared(
            "c-hello/gcc",
            "c-hello:yours",
            9_000,
            1_700,
            Files(
                [
                    File("/a", 200, "file", 0o644, change="changed"),
                    File("/usr/lib/b", 8_000, "file", 0o644, change="removed"),
                    File("/usr/lib/c", 500, "file", 0o644, change="added"),
                ]
            ),
            (
                FolderChange("/usr/lib", 1, 1, 0, 8_000, 500),
                FolderChange("/", 0, 0, 1, 0, 1),
            ),
            1_234,
        ),
        """\
c-hello/gcc -> c-hello:yours  9.00 kB -> 1.70 kB
only in c-hello:yours  1
only in c-hello/gcc    1
changed                1
the same               1,234
by folder, the largest change first
folder    added  removed  changed   before                after
/usr/lib      1        1        0  8.00 kB  ████████████  500 B  ▊
/             0        0        1      0 B                  1 B  ▏
what differs, the largest first
change      size  path
removed  8.00 kB  /usr/lib/b
added      500 B  /usr/lib/c
changed    200 B  /a""",
    ),
    (
        compared("a", "b", 10, 10, Files(), (), 5),
        """\
a -> b  10 B -> 10 B
only in b  0
only in a  0
changed    0
the same   5
✓ nothing differs""",
    ),
    (
        Anatomy(
            "/hello",
            1_000,
            Linkage(False, "/lib/ld.so", ("libz.so.1",), ("libz.so.1",), "amd64", "glibc"),
            (Library(1, "/lib/ld.so", "loader", "/lib/ld.so"), Library(1, "libz.so.1", "missing")),
            (Section(".text", 750),),
            250,
        ),
        """\
/hello  1.00 kB
dynamic (amd64, glibc)
interpreter     /lib/ld.so
needs           libz.so.1
✗ missing here  libz.so.1
needs, and what that needs
/hello
├ /lib/ld.so  the loader
└ ✗ libz.so.1  missing
the file by section
 size   share
750 B  75.0 %  .text
250 B  25.0 %  headers, and gaps between sections""",
    ),
    (Stopped(137, 10.13), "exit 137  after 10.1 s"),
    (
        GCC,
        "gcc:14\nengine | gcc:14: a stand-in, 1.09 GB; Docker Hub's had 1.52 GB on 2026-08-05",
    ),
    (
        Base("gcc:14", "gcc:14", "hub", "sha256:0", 1_520_000_000, 1_520_000_000),
        "gcc:14\nengine | gcc:14: from Docker Hub, 1.52 GB",
    ),
    (
        Base("gcr.io/a/b:1", "x", "stand-in", None, 2_370_000, None),
        "gcr.io/a/b:1\nengine | gcr.io/a/b:1: a stand-in, 2.37 MB",
    ),
    (
        Base("gcr.io/a/b:1", "x", "hub", None, 2_370_000, None),
        "gcr.io/a/b:1\nengine | gcr.io/a/b:1: from gcr.io, 2.37 MB",
    ),
    (
        Base("gcr.io/a/b:1", "x", "archive", None, 2_370_000, None),
        "gcr.io/a/b:1\nengine | gcr.io/a/b:1: gcr.io's image, from an archive, 2.37 MB",
    ),
    (
        BaseTable(
            (
                BaseInfo(
                    name="gcc:14",
                    digest="sha256:0",
                    hub_size=1_520_000_000,
                    as_of="2026-08-05",
                    source="",
                    recipe="gcc.Dockerfile",
                    target=None,
                    size=1_090_000_000,
                    seconds=70,
                    notebooks=("01", "02"),
                    note="",
                ),
                BaseInfo(
                    name="gcr.io/a/b:1",
                    digest=None,
                    hub_size=None,
                    as_of="",
                    source="",
                    recipe="b.Dockerfile",
                    target=None,
                    size=2_370_000,
                    seconds=15,
                    notebooks=("22",),
                    note="",
                ),
            )
        ),
        """\
bases: the registry's image, and what stands in for it
base          notebooks  registry    its image  read on     stand-in  time to make
gcc:14        01 02      Docker Hub    1.52 GB  2026-08-05   1.09 GB    1 min 10 s
gcr.io/a/b:1  22         gcr.io              -  -            2.37 MB        15.0 s
Not pinned to a digest: gcr.io/a/b:1.
engine | nothing is here for any of the 2""",
    ),
    (
        ComparisonTable(
            (
                Row("c-hello/gcc", 1_090_000_000, 1_140_000_000, "1.14 GB"),
                Row("c-hello/scratch", 16_000, None, "", False, "missing-loader"),
            )
        ),
        """\
size, and how much less than the first
variant             size  reduction  article  runs
c-hello/gcc      1.09 GB          -  1.14 GB  ✓ yes
c-hello/scratch  16.0 kB          -        -  ✗ no: missing-loader""",
    ),
    (
        Check(("It runs.",), ("It is at most 1 MB.",), image=None),
        "✗ 1 of 2 met\n[x] It runs.\n[ ] It is at most 1 MB.",
    ),
    (
        Check((), ("It runs.",), note="`RUN x` failed:\n  no x\n  at all\nengine | exit code: 1"),
        """\
✗ 0 of 1 met
[ ] It runs.
`RUN x` failed:
  no x
  at all
engine | exit code: 1""",
    ),
    (
        DockerfileView("FROM b\nRUN x\n", "FROM a\nRUN x\n", "docker build ."),
        "- FROM a\n+ FROM b\n  RUN x\n  $ docker build .",
    ),
    (DockerfileView("FROM b\n\nRUN x\n"), "  FROM b\n\n  RUN x"),
]


@pytest.mark.parametrize(("value", "expected"), TEXTS, ids=lambda v: type(v).__name__)
def test_a_value_has_its_text(value, expected):
    assert repr(value) == expected


def test_a_variant_shows_its_dockerfile_marked_against_the_one_before():
    shown = repr(variant("c-greet/library-copied"))
    assert shown.startswith("c-greet/library-copied\n")
    assert "marked against  c-greet/library-missing" in shown
    assert "\n+ COPY --from=build /usr/local/lib/libgreet.so" in shown
    assert "1.14 GB" in repr(variant("c-hello/gcc"))


VALUES = [value for value, _ in TEXTS]


def words(markup):
    """What HTML says, without its elements."""
    return entities.unescape(re.sub(r"<[^>]*>", " ", markup))


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_html_says_what_the_text_says(value):
    said = words(html.of(value))
    shown = text.of(value).replace("[x]", "met").replace("[ ]", "not met")
    for word in re.findall(r"[\w./<>-]+", shown):
        assert word in said, word


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_html_is_whole_and_the_same_each_time(value):
    markup = html.of(value)
    Nesting().feed(markup)
    assert not re.search(r"\s(?:id|on\w+)=|<script|<style", markup)
    assert markup == html.of(value)


class Nesting(HTMLParser):
    """Each element is closed within the one that it was opened in."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_what_belongs_to_the_engine_has_its_own_lines_and_elements():
    assert 'class="engine"' in html.of(FAILED)
    without = re.sub(r'\n<p class="engine">.*</p>', "", html.of(FAILED))
    assert "no such file" not in without and "missing-loader" in without
    two = text.of(Run(False, None, "", "one\ntwo", False, 0.1, None))
    assert two == "✗ did not start\nengine | one\nengine | two"


def test_output_cannot_pass_for_a_line_of_the_engine():
    run = Run(True, 0, "engine | gcc:14\n[x] met\n", None, False, 0.1, None)
    assert not re.search(r"(?m)^(engine|\[x\])", text.of(run))


def test_an_image_folds_its_dockerfile_with_its_marks():
    markup = html.of(BUILT)
    assert "<details><summary>Dockerfile</summary>" in markup
    assert ">+ FROM scratch</ins>" in markup
    assert "\n$ docker build -t hello .\n" in markup


def test_a_figure_in_a_table_stays_on_one_line():
    markup = html.of(ComparisonTable((Row("c-hello/gcc", 1_090_000_000),)))
    assert ">1.09&nbsp;GB</td>" in markup


def test_code_between_backticks_is_code():
    assert "<p><code>/hello</code> is in the image." in html.of(DIAGNOSIS)
    odd = Diagnosis("missing-file", "`/a`b` is not here.")
    assert "<p>`/a`b` is not here.</p>" in html.of(odd)


HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "entity": "&lt;b&gt; &amp; \"'",
    "terminal": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b2J",
    "direction": "abc\u202egnp.exe\u2066\u200f",
    "invisible": "a\u200bb\ufeffc\u00add",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "surrogate": b"caf\xe9\xff".decode("utf-8", "surrogateescape"),
    "newline": "one\nengine | two\r\nthree\ttab",
    "zero": "a\x00b\x08\x7f",
    "long": "x" * 4_000,
    "formula": "$a$ \\(b\\) $$c$$",
    "backticks": "```",
}


def hostile(bad):
    """Values that have a text from outside in each of their fields."""
    bases = (Base(bad, bad, "stand-in", None, 1, None, bad),)
    return [
        image(layer(bad, 1), key=bad, bases=bases, dockerfile=bad, command=bad, before=bad + "x"),
        Layers([layer(bad, 1)]),
        Files([File(bad, 1, "symlink", target=bad), File(bad, 0, "removed", change="removed")]),
        Config((bad,), (bad,), (bad,), bad, bad, bad),
        Linkage(False, bad, (bad,), (bad,), bad, bad),
        Run(False, 1, bad, bad, False, 0.1, Diagnosis(bad, bad, (bad,), (bad,))),
        ComparisonTable((Row(bad, 1, 1, bad, False, bad),)),
        Check((bad,), (bad,), note=bad, number=bad, hints=(bad, bad)),
        Hint(bad, bad, 1, 1, bad),
        Quiz(bad, (Question(bad, (Option(bad, bad, True), Option(bad, bad, False))),)),
        Prediction(bad, "no"),
        Answer(bad, "no"),
        Progress((Lesson(bad, bad, frozenset({1}), 1, True),)),
        DockerfileView(bad, bad + "\nmore", bad),
        Waste(0.5, 2, 1, (Wasted(bad, 2, 2),)),
        compared(
            bad, bad, 1, 1, Files([File(bad, 1, "file")]), (FolderChange(bad, 1, 0, 0, 0, 1),), 0
        ),
        Anatomy(
            bad,
            1,
            Linkage(True, bad, (), (), "amd64", None),
            (Library(1, bad, "outdated", bad, (bad,)), Library(1, bad, "missing", bad, (bad,))),
            (Section(bad, 1),),
            0,
        ),
        *bases,
    ]


@pytest.mark.parametrize("bad", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_shown_and_harms_nothing(bad):
    for value in hostile(bad):
        shown, markup = text.of(value), html.of(value)
        for written in (shown, markup):
            assert all(c.isprintable() or c in "\n\t" for c in written)
            written.encode()  # no half of a surrogate pair is left
        assert "<script" not in markup and "<img" not in markup
        Nesting().feed(markup)
        assert "mathjax_ignore" in markup
        if not isinstance(value, Run | Check):  # whose engine may say so in many lines
            assert not re.search(r"(?m)^engine \| two", shown)
        assert len(shown) < 12_000 and len(markup) < 25_000
        if not isinstance(value, DockerfileView):  # which is shown whole
            assert max(map(len, shown.splitlines())) < 700


def test_a_name_with_a_line_break_stays_on_its_line():
    files = Files([File("/a\nengine | b", 1, "file", 0o644)])
    assert text.of(files).splitlines()[-1].endswith("/a\\nengine | b")


def test_large_values_are_cut():
    layers = Layers([layer(f"RUN step {i}", i) for i in range(1_000)])
    files = Files([File(f"/f/{i}", i, "file", 0o644) for i in range(20_000)])
    output = Run(True, 0, "line\n" * 200_000, None, False, 1.0, None)
    for value, more in ((layers, "960 more"), (files, "19,960 more"), (output, "199,800 more")):
        assert more in text.of(value) and more in html.of(value)
        assert len(html.of(value)) < 20_000


def test_a_value_of_an_unregistered_type_shows_its_fields():
    @dataclass(frozen=True, repr=False)
    class New(Value):
        size: int
        name: str

    assert repr(New(1, "<b>")) == "New\nsize  1\nname  '<b>'"
    assert "&lt;b&gt;" in html.of(New(1, "<b>"))


def test_a_class_with_the_name_of_ours_is_not_drawn_as_ours():
    class Run:
        pass

    assert text.of(Run()) == "Run"


def test_drawing_imports_nothing_heavy():
    heavy = "pandas matplotlib ipywidgets rich IPython numpy google"
    code = f"""
import sys
import helpers.view.text, helpers.view.html, helpers.view.live_progress, helpers.view.plot
import helpers.compare
print([name for name in {heavy.split()} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (63, "63 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (16_384, "16.4 kB"),
        (94_200, "94.2 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (1_140_000_000, "1.14 GB"),
        (999_999_999, "1.00 GB"),
        (12_300_000_000_000, "12.3 TB"),
    ],
)
def test_sizes_have_three_digits(count, expected):
    assert units.size(count) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [(0, ""), (1e-9, "▏"), (1 / 96, "▏"), (0.5, "█" * 6), (0.55, "█" * 6 + "▋"), (1, "█" * 12)],
)
def test_a_bar_is_empty_only_for_nothing(part, expected):
    assert units.bar(part) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1_140_000_000, 64_200_000, "94.3 %"),
        (1_140_000_000, 94_000, "99.99 %"),
        (1_140_000_000, 1, "99.99 %"),
        (10**18, 1, "99.99 %"),
        (100, 0, "100 %"),
        (1_000, 10, "99.00 %"),
        (100, 100, "0.0 %"),
        (100, 112, "12.0 % more"),
        (1, 10**9, ">999 % more"),
        (0, 5, "-"),
    ],
)
def test_a_reduction_is_never_rounded_up(before, after, expected):
    assert units.reduction(before, after) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [(0, "0 %"), (1, "100 %"), (0.0001, "<0.1 %"), (0.9999, ">99.9 %"), (0.423, "42.3 %")],
)
def test_only_nothing_is_0_percent_and_only_all_is_100(part, expected):
    assert units.share(part) == expected


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (0.004, "0.00 s"),
        (0.43, "0.43 s"),
        (12.34, "12.3 s"),
        (59.99, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3_720, "1 h 2 min"),
    ],
)
def test_times(duration, expected):
    assert units.seconds(duration) == expected


def test_a_long_name_keeps_both_ends():
    assert safe.name("/usr/" + "a" * 4_000 + "/lib.so").startswith("/usr/aaa")
    assert safe.name("/usr/" + "a" * 4_000 + "/lib.so").endswith("a/lib.so")
    assert len(safe.name("a" * 4_000)) <= safe.NAME
