"""The table that `python -m theanolike.ops` prints."""

from theanolike.ops import OPS
from theanolike.ops.__main__ import table


def test_every_op_has_a_line():
    lines = table().splitlines()
    assert [line.split()[0] for line in lines[1:]] == [
        name.split()[0] for name in sorted(OPS)
    ]


def test_a_line_says_what_becomes_of_the_support():
    lines = {line.split()[0]: line for line in table().splitlines()}
    assert lines["switch"].endswith("narrows it")
    assert lines["exp"].endswith("keeps it")
    assert lines["lt"].endswith("disconnected")
