"""The cancellation token, without an engine."""

import pytest

from helpers.core.events import CancellationToken


def test_running_work_is_stopped_once_each():
    token, stopped = CancellationToken(), []
    with token.on(lambda: stopped.append("a")), token.on(lambda: stopped.append("b")):
        assert token.running == 2
        token.stop()
    assert stopped == ["a", "b"]


def test_finished_work_is_not_stopped():
    token, stopped = CancellationToken(), []
    with pytest.raises(ZeroDivisionError), token.on(lambda: stopped.append("a")):
        raise ZeroDivisionError
    token.stop()
    assert stopped == [] and token.running == 0


def test_work_that_begins_after_the_stop_is_stopped_at_once():
    token, stopped = CancellationToken(), []
    token.stop()
    with token.on(lambda: stopped.append("late")):
        assert stopped == ["late"]
