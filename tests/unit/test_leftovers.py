"""What is left behind is told from two looks at a host, each a value."""

from helpers.testing import leaks as leftovers


def look(**kinds):
    return {kind: frozenset(found) for kind, found in kinds.items()}


def test_what_is_gone_is_told_too():
    before = look(link={"lo", "docker0"}, process={"1 x"})
    after = look(link={"lo"}, process={})
    assert leftovers.difference(before, after) == ["link gone: docker0"]


def test_a_process_or_a_value_that_changed_is_told_once():
    before = look(process={"1 x"}, sysctl={"net/ipv4/ip_forward = 0"}, mount={"/ (ext4)"})
    after = look(process={"2 y"}, sysctl={"net/ipv4/ip_forward = 1"}, mount={"/ (ext4)"})
    assert leftovers.difference(before, after) == [
        "process left behind: 2 y",
        "sysctl left behind: net/ipv4/ip_forward = 1",
    ]
    assert leftovers.difference(after, after) == []
