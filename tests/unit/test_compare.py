"""A comparison as a table and as a chart: its figures, its words, and its files."""

import base64
import io
import re
from dataclasses import replace

import pandas
import pytest
from PIL import Image as Picture

from helpers.bases.source import Base
from helpers.compare import Row, compare
from helpers.core.errors import LabError
from helpers.diagnosis.diagnose import Diagnosis
from helpers.image.open_image import Layers, OpenImage, OpenLayer
from helpers.lab.handles import Comparison
from helpers.run.container_run import Run
from helpers.samples import variant
from helpers.view import html, plot

RAN = Run(True, 0, "Hello, world!\n", None, False, 0.1, None)
FAILED = Run(False, None, "", "exec", False, 0.1, Diagnosis("missing-loader", "It is missing."))
UNEXPLAINED = Run(False, 1, "no", None, False, 0.1, None)


def image(size, tag="localhost/shrink/c-hello:gcc"):
    """An image that needs no engine."""
    found = OpenImage("sha256:0", tag, engine=None, _inspected={})
    vars(found)["layers"] = Layers([OpenLayer("COPY", size, "sha256:0", None)])
    return found


ITEMS = [
    (variant("c-hello/gcc"), image(1_090_000_000), RAN),
    (variant("c-hello/scratch-dynamic"), image(16_000), FAILED),
    (None, image(2_180_000_000, "mine:latest"), UNEXPLAINED),
]


@pytest.fixture(scope="module")
def comparison():
    return Comparison(compare(ITEMS).rows)


@pytest.fixture(scope="module")
def many():
    rows = [Row(f"c-hello/variant-{i}", 900 * 2**i, 1_000 * 2**i, "1 kB") for i in range(20)]
    return Comparison(tuple(rows))


def test_rows_keep_their_order_and_say_what_was_found(comparison):
    assert comparison.rows == (
        Row("c-hello/gcc", 1_090_000_000, 1_140_000_000, "1.14 GB", True, None),
        Row("c-hello/scratch-dynamic", 16_000, None, "", False, "missing-loader", "did not start"),
        Row("mine:latest", 2_180_000_000, None, "", False, None, "exit 1"),
    )


def test_a_server_that_had_to_be_stopped_runs():
    stopped = replace(RAN, ok=False, exit_code=None, timed_out=True)
    server = variant("go-serve/scratch")
    outcomes = [(server, stopped), (server, RAN), (variant("c-hello/gcc"), stopped)]
    rows = compare([(each, image(1), run) for each, run in outcomes]).rows
    assert [row.runs for row in rows] == [True, False, False]


def test_stand_ins_are_named_once_with_the_figure_of_docker_hub():
    stand_in = Base("gcc:14", "sha256:0", "stand-in", None, 1_090_000_000, hub_size=1_520_000_000)
    rows = [Row("a", 2, bases=(stand_in,)), Row("b", 1, bases=(stand_in,))]
    for shown in (repr(Comparison(tuple(rows))), html.of(Comparison(tuple(rows)))):
        assert shown.count("gcc:14: a stand-in, 1.09 GB; Docker Hub") == 1
    real = Row("a", 2, bases=(replace(stand_in, source="hub"),))
    assert "stand-in" not in repr(Comparison((real,)))


def test_the_frame_has_the_columns_of_the_design(comparison):
    frame = comparison.frame
    columns = ["variant", "size", "reduction", "article", "runs", "cause"]
    assert list(frame.columns) == columns
    assert frame["size"].tolist() == [1_090_000_000, 16_000, 2_180_000_000]
    assert frame["reduction"].dtype == "float64"
    assert frame["reduction"].isna().tolist() == [False, True, True]
    assert frame["article"].dtype == "Int64"
    assert frame["article"].isna().tolist() == [False, True, True]
    assert frame["runs"].tolist() == [True, False, False]
    assert frame["cause"].tolist()[1] == "missing-loader"
    assert frame["cause"].isna().tolist() == [True, False, True]


def test_a_frame_without_figures_has_the_same_types():
    frame = compare(ITEMS[2:]).frame
    assert frame["article"].dtype == "Int64" and frame["article"].isna().all()
    assert frame["cause"].isna().all()
    pandas.concat([frame, compare(ITEMS).frame])


def test_reductions_are_against_the_first_that_runs():
    sizes = {"fails": 1, "first": 100, "half": 50, "twice": 200}
    rows = tuple(Row(name, size, runs=name != "fails") for name, size in sizes.items())
    comparison = Comparison(rows)
    assert [comparison.reduction(row) for row in rows] == [None, 0.0, 0.5, -1.0]
    assert comparison.frame["reduction"].tolist()[1:] == [0.0, 0.5, -1.0]
    lines = repr(comparison).splitlines()
    assert lines[0] == "size, and how much less than the first that runs"
    assert [line.split()[3] for line in lines[2:]] == ["-", "-", "50.0", "100.0"]
    assert repr(Comparison(rows[:1])).splitlines()[0] == "size"


def test_its_text_and_html_name_each_outcome(comparison):
    for shown in (repr(comparison), html.of(comparison).replace("&nbsp;", " ")):
        assert "missing-loader" in shown and "no: exit 1" in shown
        assert "1.14 GB" in shown and "%" not in shown
        assert "✓" in shown and "✗" in shown


def test_comparing_no_images_is_an_error():
    with pytest.raises(LabError, match="nothing to compare"):
        compare([])


def test_bars_have_an_alternative_text(comparison):
    bars = comparison.bars()
    assert bars.alt == repr(bars)
    assert bars.alt == (
        "Bar chart of 3 images' sizes on a log scale, from mine:latest with 2.18 GB, "
        "to c-hello/scratch-dynamic with 16.0 kB: 99.99 % less."
    )
    assert 'alt="Bar chart of 3 images&#x27; sizes' in bars._repr_html_()
    one = Comparison(comparison.rows[:1]).bars().alt
    assert one == (
        "Bar chart of one image's size on a log scale: "
        "c-hello/gcc with 1.09 GB (the article's: 1.14 GB)."
    )


def test_bars_are_a_small_picture_and_the_same_each_time(many):
    shown = many.bars()._repr_html_()
    data = base64.b64decode(re.search(r"base64,([^\"]+)", shown)[1])
    assert len(data) < 60_000
    assert Picture.open(io.BytesIO(data)).size[0] >= 800
    assert shown == many.bars()._repr_html_()


def test_bars_can_be_told_apart_in_grey(many):
    grey = Picture.open(io.BytesIO(many.bars().png)).convert("L")
    measured, article = (int(colour[1:3], 16) for colour in (plot.DARK, plot.LIGHT))
    assert abs(measured - article) > 128
    counts = {value: count for count, value in grey.getcolors()}
    assert counts[255] > grey.width * grey.height / 3, "a light background in every theme"


@pytest.mark.parametrize("name", ["chart.png", "chart.svg"])
def test_a_chart_is_saved_the_same_each_time(comparison, tmp_path, name):
    comparison.save(tmp_path / name)
    first = (tmp_path / name).read_bytes()
    comparison.save(str(tmp_path / name))
    assert (tmp_path / name).read_bytes() == first
    assert first.startswith((b"\x89PNG", b"<?xml"))


def test_a_chart_is_written_in_no_other_format(comparison, tmp_path):
    with pytest.raises(LabError, match=r"\.png or \.svg"):
        comparison.save(tmp_path / "chart.jpeg")


@pytest.mark.parametrize("name", ["<b>&\"'", "$\\nope{$", "x" * 4_000, "a\nb", "\u202ea"])
def test_hostile_names_are_drawn_as_they_are(name):
    bars = Comparison((Row(name, 100), Row("b", 0))).bars()
    assert bars.png.startswith(b"\x89PNG")
    assert "<b>" not in bars._repr_html_() and len(bars.alt) < 300
    assert bars.alt.isprintable()
