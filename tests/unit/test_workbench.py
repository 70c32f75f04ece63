"""The variant lab and its controls, with a builder that needs no engine."""

import threading
import time
from types import SimpleNamespace

from helpers.errors import LabError
from helpers.learning.recipe import Choice
from helpers.learning.workbench import Workbench
from helpers.running.run import Run
from helpers.show.bench import _Bench

RAN = Run(True, 0, "Hello, world!\n", None, False, 0.1, None)


def built(context, text):
    return SimpleNamespace(size=len(text), bases=(), run=lambda: RAN)


def until(true):
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_built_again_keeps_its_place():
    bench = Workbench(Choice(), built)
    bench.build()
    bench.choose(final="scratch").build()
    bench.choose(final=Choice().final).build()
    assert [row.variant for row in bench.comparison.rows] == [
        Choice().label,
        Choice(final="scratch").label,
    ]


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


def test_whatever_fails_is_a_sentence():
    for error in (LabError("The base can't be had: wait."), ConnectionError("gone <b>")):

        def fails(context, text, error=error):
            raise error

        view = _Bench(Workbench(Choice(), fails))
        view._begin()
        until(lambda view=view: not view._button.disabled)
        assert "not built" in view._outcome.value and "<b>" not in view._outcome.value
