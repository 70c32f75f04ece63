"""What can be stopped, without an engine."""

import pytest

from helpers.core.events import CancellationToken


def test_what_runs_is_stopped_once_each():
    stops, stopped = CancellationToken(), []
    with stops.on(lambda: stopped.append("a")), stops.on(lambda: stopped.append("b")):
        assert stops.running == 2
        stops.stop()
    assert stopped == ["a", "b"]


def test_what_has_ended_is_not():
    stops, stopped = CancellationToken(), []
    with pytest.raises(ZeroDivisionError), stops.on(lambda: stopped.append("a")):
        raise ZeroDivisionError
    stops.stop()
    assert stopped == [] and stops.running == 0


def test_what_begins_afterwards_is_stopped_at_once():
    stops, stopped = CancellationToken(), []
    stops.stop()
    with stops.on(lambda: stopped.append("late")):
        assert stopped == ["late"]
