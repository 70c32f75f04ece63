"""How values are drawn: by registering a type from outside, and by IPython in a real kernel."""

import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from IPython.core.formatters import PlainTextFormatter

from helpers.core.value import Value
from helpers.lab.facade import Lab
from helpers.run.container_run import Run
from helpers.view import html, notebook, text
from helpers.view.blocks import Column, Fact, Table, Title
from helpers.view.parts import parts
from tests.unit import kernel

WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True, repr=False)
class Cup(Value):
    """A type that no module of the package knows."""

    of: str
    sips: tuple[int, ...]


@parts.register
def cup(value: Cup):
    yield Title("a cup", "200 ml", sign="good")
    yield Fact("of", (value.of,))
    yield Table("sips", (Column("ml", figures=True),), tuple((str(each),) for each in value.sips))


def test_a_new_type_is_written_as_text_once_it_is_registered():
    assert text.of(Cup("tea", (20, 5))) == "✓ a cup  200 ml\nof  tea\nsips\nml\n20\n 5"


def test_a_new_type_is_written_as_html_once_it_is_registered():
    written = html.of(Cup("<tea>", (20, 5)))
    assert "<strong>a cup</strong> 200 ml" in written
    assert "<p>of: <code>&lt;tea&gt;</code></p>" in written
    assert '<td align="right">20</td>' in written


def test_a_subclass_is_drawn_as_the_type_that_it_is_one_of():
    class Mug(Cup):
        pass

    assert text.of(Mug("tea", ())).startswith("✓ a cup")


def test_a_plain_prompt_shows_a_value_as_its_text():
    typed = [
        "from helpers.engine.container import Stopped",
        "from helpers.view.notebook import install",
        "install()",
        "Stopped(0, 1.5)",
    ]
    code = f"import code; prompt = code.InteractiveConsole(); [*map(prompt.push, {typed})]"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "exit 0  after 1.50 s\n", done.stderr


def test_a_lab_shows_its_engine_and_where_bases_come_from():
    lab = Lab.__new__(Lab)
    lab.engine = SimpleNamespace(
        name="Docker",
        version="28.5.2",
        host="unix:///run/docker.sock",
        private=False,
        architecture="amd64",
        store="containerd",
        builder="0.25",
    )
    lab.bases = SimpleNamespace(source_line="stand-ins")
    assert (
        repr(lab)
        == text.of(lab)
        == """\
a lab: one engine, and the base images for it
engine | Docker 28.5.2 at unix:///run/docker.sock, amd64, containerd store, builder 0.25
engine | bases: stand-ins"""
    )


@pytest.fixture(scope="module")
def client():
    """A kernel that draws our values, and one type that is registered there alone."""
    with kernel.started() as client:
        shown(
            client,
            """
from dataclasses import dataclass
from helpers.engine.container import Stopped
from helpers.learning.prediction import Prediction
from helpers.view.blocks import Title
from helpers.view.notebook import install
from helpers.view.parts import parts

@dataclass
class Mug:
    of: str

class Stranger:
    def __repr__(self):
        return "a stranger"

@parts.register
def mug(value: Mug):
    yield Title("a mug of", value.of)

install()
""",
        )
        yield client


def shown(client, code, cell=None):
    """What IPython shows of a cell's value, by mime type. With a cell's id it is a front end."""
    said = kernel.heard(client, until=kernel.execute(client, code, cell))
    failed = [content for _, kind, content in said if kind == "error"]
    assert not failed, failed
    return next((content["data"] for _, kind, content in said if kind == "execute_result"), {})


@pytest.mark.parametrize("cell", [None, "a-cell"], ids=["nbclient", "front end"])
def test_ipython_shows_a_new_type_as_text_and_as_html(client, cell):
    data = shown(client, "Mug('tea')", cell)
    assert data["text/plain"] == "a mug of  tea"
    assert "<strong>a mug of</strong> tea" in data["text/html"]
    assert set(data) == {"text/plain", "text/html"}


@pytest.mark.parametrize("cell", [None, "a-cell"], ids=["nbclient", "front end"])
def test_ipython_shows_the_html_of_a_value_beside_its_text(client, cell):
    data = shown(client, "Stopped(0, 1.5)", cell)
    assert data["text/plain"] == "exit 0  after 1.50 s"
    assert "<strong>exit 0</strong> after 1.50 s" in data["text/html"]
    assert set(data) == {"text/plain", "text/html"}


def test_a_front_end_gets_a_widget_besides(client):
    data = shown(client, "Prediction('yes', 'no')", "a-cell")
    assert data[WIDGET]["model_id"]
    assert data["text/plain"] == "predict: yes | no"
    assert "predict: yes | no" in data["text/html"]


def test_without_a_front_end_there_is_no_widget(client):
    data = shown(client, "Prediction('yes', 'no')")
    assert set(data) == {"text/plain", "text/html"}


def test_a_value_in_a_list_is_written_as_its_text(client):
    assert shown(client, "[Stopped(0, 1.5)]") == {"text/plain": "[exit 0  after 1.50 s]"}


def test_the_types_of_others_are_left_to_ipython(client):
    assert shown(client, "Stranger()") == {"text/plain": "a stranger"}
    assert shown(client, "[1, 2]", "a-cell") == {"text/plain": "[1, 2]"}


def test_a_value_of_several_lines_in_a_tuple_has_its_lines_below_each_other():
    formatter = PlainTextFormatter()
    formatter.for_type(Run, notebook._print)
    ran = Run(True, 0, "one\ntwo\n", None, False, 0.1, None)
    assert formatter((True, ran)) == "(True,\n ✓ ran\n   one\n   two)"
    assert formatter(ran) == repr(ran)
