"""What is said of each thing that the next step needs."""

import pytest

from helpers.bases import table as base_table
from helpers.core import names
from helpers.setup import doctor

GB = 1_000_000_000


def test_a_disk_with_room_is_fine():
    found = doctor.room(20 * GB, 12 * GB, "/somewhere")
    assert (found.state, found.says) == ("ok", "20.0 GB free at /somewhere, about 12.0 GB needed")


def test_a_disk_with_no_room_says_what_is_free_and_needed_and_what_to_do():
    found = doctor.room(3 * GB, 12 * GB, "/somewhere")

    assert found.state == "missing" and found.says.endswith(".")
    for part in ("3.0 GB free at /somewhere", "12.0 GB needed", names.CACHE_VARIABLE):
        assert part in found.says


def test_a_disk_that_nobody_can_see_is_no_reason_to_stop():
    assert doctor.room(None, 12 * GB, "").state == "ok"


@pytest.mark.parametrize(("free", "state"), [(8 * GB, "ok"), (GB // 2, "missing"), (None, "ok")])
def test_memory(free, state):
    assert doctor.memory(free).state == state


def test_what_is_here_needs_no_room():
    import dataclasses

    rows = list(base_table.read().values())
    size, seconds = doctor.left_to_make(rows)
    here = [dataclasses.replace(row, here="stand-in") for row in rows]

    assert size > 2 * GB and seconds > 60
    assert doctor.left_to_make(here) == (0, 0)


def test_a_base_whose_real_size_nobody_knows_counts_as_its_stand_in():
    import dataclasses

    row = dataclasses.replace(next(iter(base_table.read().values())), hub_size=None, here=None)
    assert doctor.left_to_make([row]) == (row.size, row.seconds)


def test_the_next_step_works_unless_something_is_missing(monkeypatch, capsys):
    fine = [
        doctor.DoctorLine("a", "ok", "here"),
        doctor.DoctorLine("b", "later", "comes by itself"),
    ]
    monkeypatch.setattr(doctor, "findings", lambda: iter(fine))
    assert doctor.report() == 0 and "python3 -m helpers lab" in capsys.readouterr().out

    worse = [*fine, doctor.DoctorLine("c", "missing", "get it")]
    monkeypatch.setattr(doctor, "findings", lambda: iter(worse))
    assert doctor.report() == 1 and "missing  c         get it" in capsys.readouterr().out
