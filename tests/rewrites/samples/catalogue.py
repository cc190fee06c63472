"""Samples of each rewrite of the catalogue: expressions that it is to change."""

import pytest

from tests.rewrites.samples import (
    arithmetic,
    broadcasting,
    loops,
    products,
    reductions,
    relations,
    scatters,
    shapes,
    slices,
    stable,
)
from tests.rewrites.samples.patterns import instances
from theanolike.rewrites.phases import Grade
from theanolike.rewrites.registry import catalogue

NAMES = list(dict.fromkeys(one.name for one in catalogue()))
BY_NAME = {n: [one for one in catalogue() if one.name == n] for n in NAMES}
AREAS = [
    arithmetic,
    broadcasting,
    loops,
    products,
    reductions,
    relations,
    scatters,
    shapes,
    slices,
    stable,
]
# For what has no pattern, or a guard that a pattern on its own doesn't pass.
WRITTEN = {name: builds for area in AREAS for name, builds in area.SAMPLES.items()}


each = pytest.mark.parametrize("name", NAMES)


def samples(name, grades=tuple(Grade)):
    """Yield each rewrite of a name with an expression that it is to change."""
    for one in BY_NAME[name]:
        if one.grade in grades:
            written = WRITTEN.get(name)
            for expression in (b() for b in written) if written else instances(one):
                yield one, expression
