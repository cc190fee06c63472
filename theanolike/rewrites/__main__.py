"""Prints the catalogue: each rewrite with its phase, grade, tags and equation."""

from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import USERS, catalogue

HEADER = ("rewrite", "phase", "grade", "equation", "tags")
_EVERYWHERE = {"fast_run", "fast_compile"}


def table() -> str:
    """Return the catalogue by phase, then what is registered besides."""
    order = list(Phase)
    own = [one for group in USERS.values() for one in group]
    found = sorted(catalogue(), key=lambda one: order.index(one.phase)) + own
    rows = dict.fromkeys([HEADER])
    for one in found:
        tags = sorted(one.tags - _EVERYWHERE - {one.name, one.phase.value})
        row = (one.name, one.phase.value, one.grade.value, one.equation, " ".join(tags))
        rows[row] = None
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


if __name__ == "__main__":
    print(table())
