"""The table that `python -m theanolike.rewrites` prints."""

from theanolike.rewrites.__main__ import table
from theanolike.rewrites.registry import catalogue


def test_each_rewrite_has_a_row_with_its_facts():
    lines = table().splitlines()
    rows = {line.partition(" ")[0]: line for line in lines[1:]}
    assert set(rows) == {one.name for one in catalogue()}
    row = rows["log_of_one_plus"]
    assert "stabilize" in row
    assert "rounding" in row
    assert "log(1 + x) = log1p(x)." in row
    assert "local_log1p" in row
