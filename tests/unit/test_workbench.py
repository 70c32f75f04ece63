"""The variant lab and its widget, with a builder that needs no engine."""

import threading
import time
from types import SimpleNamespace

import ipywidgets
from ipywidgets.widgets.widget import _instances

from helpers.core.errors import LabError
from helpers.core.events import Event
from helpers.learning.choice import Choice
from helpers.learning.workbench import Workbench
from helpers.run.container_run import Run
from helpers.view import live_progress as progress
from helpers.view.bench import _Bench

RAN = Run(True, 0, "Hello, world!\n", None, False, 0.1, None)
FAILED = Run(False, 1, "no such thing\n", None, False, 0.1, None)


def built(context, text):
    """An image that runs, unless it is a dynamic binary in scratch."""
    runs = "FROM scratch" not in text or "static" in text
    return SimpleNamespace(size=len(text), bases=()), RAN if runs else FAILED


def press(view):
    """Builds, and waits until it has ended."""
    view._begin()
    until(lambda: not view._button.disabled)


def until(true):
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_built_again_keeps_its_place():
    bench = Workbench(Choice(), built)
    bench.build()
    bench.choose(final="alpine:3.22").build()
    bench.choose(final=Choice().final).build()
    assert [row.variant for row in bench.comparison.rows] == [
        "1. gcc:14 alone, dynamic",
        "2. gcc:14 → alpine:3.22, dynamic",
    ]


def test_a_program_is_compared_with_itself():
    bench = Workbench(Choice(final="scratch"), built)
    assert bench.comparison is None
    bench.build()
    bench.choose(program="go-hello").build()
    assert [row.variant for row in bench.comparison.rows] == ["1. golang:1.24 → scratch, static"]


def test_a_reduction_is_against_the_first_that_runs():
    view = _Bench(Workbench(Choice(final="scratch"), built))
    press(view)
    assert "no: exit 1" in view._board.value and "img" not in view._board.value
    view._fields["linking"].value = "static with musl"
    press(view)
    assert "more" not in view._board.value and "%" not in view._board.value
    view._fields["strip"].value = True
    press(view)
    assert view._board.value.count("&nbsp;%&nbsp;more") == 1 and "2 images" in view._board.value


def test_the_result_of_another_choice_is_removed():
    view = _Bench(Workbench(Choice(), built))
    press(view)
    assert "1. gcc:14 alone, dynamic" in view._outcome.value and "ran" in view._outcome.value
    view._fields["final"].value = "scratch"
    assert "ran" not in view._outcome.value and "1. gcc:14" in view._board.value
    press(view)
    assert "2. gcc:14 → scratch, dynamic" in view._outcome.value
    view._fields["final"].value = Choice().final
    assert "1. gcc:14 alone" in view._outcome.value and "ran" in view._outcome.value
    again = _Bench(view._bench)
    assert (again._outcome.value, again._board.value) == (view._outcome.value, view._board.value)


def test_the_choice_at_the_click_is_built():
    view = _Bench(Workbench(Choice(), built))
    view._busy.acquire()  # the click was heard, and its thread has not begun
    view._fields["final"].value = "scratch"
    view._work(Choice())
    assert list(view._bench.built) == [Choice()]


def test_a_result_that_comes_after_another_choice_has_its_own_name():
    go = threading.Event()

    def slow(context, text):
        go.wait(5)
        return built(context, text)

    view = _Bench(Workbench(Choice(), slow))
    view._begin()
    view._fields["final"].value = "scratch"
    go.set()
    until(lambda: not view._button.disabled)
    assert "1. gcc:14 alone, dynamic" in view._outcome.value
    assert list(view._bench.built) == [Choice()]


def test_a_failure_is_shown_for_its_own_choice():
    def fails(context, text):
        raise LabError("The base can't be had: wait.")

    view = _Bench(Workbench(Choice(), fails))
    press(view)
    assert "gcc:14 alone, dynamic" in view._outcome.value and "not built" in view._outcome.value
    view._fields["strip"].value = True
    assert "not built" not in view._outcome.value


def test_progress_is_closed_when_it_is_no_longer_shown():
    def with_progress(context, text):
        for title in ("base", "build"):
            with progress.listener(title) as listen:
                listen(Event("1", "a step", log="a line\n"))
        return built(context, text)

    def shown():
        return [w for w in _instances.values() if isinstance(w, ipywidgets.DOMWidget)]

    view = _Bench(Workbench(Choice(), with_progress))
    before = len(shown())
    press(view)
    after = len(shown())
    press(view)
    assert len(shown()) == after > before
    view._fields["strip"].value = True
    assert len(shown()) == before


def test_two_views_of_one_bench_stay_usable():
    bench = Workbench(Choice(), built)
    first, second = _Bench(bench), _Bench(bench)
    second._fields["program"].value = "go-hello"
    first._fields["linking"].value = "static with musl"  # which Go hasn't
    assert bench.choice.linking == "static" and first._fields["linking"].value == "static"
    first._fields["final"].value = "scratch"
    assert bench.choice.final == "scratch"


def test_two_clicks_are_one_build():
    go, count = threading.Event(), []

    def slow(context, text):
        count.append(text)
        go.wait(5)
        return built(context, text)

    view = _Bench(Workbench(Choice(), slow))
    view._begin()
    view._begin()
    go.set()
    until(lambda: not view._button.disabled)
    assert len(count) == 1 and "ran" in view._outcome.value


def test_any_failure_is_a_sentence():
    for error in (LabError("The base can't be had: wait."), ConnectionError("gone <b>")):

        def fails(context, text, error=error):
            raise error

        view = _Bench(Workbench(Choice(), fails))
        view._begin()
        until(lambda view=view: not view._button.disabled)
        assert "not built" in view._outcome.value and "<b>" not in view._outcome.value
