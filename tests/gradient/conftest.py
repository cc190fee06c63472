import numpy as np
import pytest

from theanolike.graph.frozen import FrozenGraph


@pytest.fixture
def value():
    """Compute variables by the ops' references: `value(out, {x: 1.0})`."""

    def compute(out, given):
        several = isinstance(out, list | tuple)
        graph = FrozenGraph(list(given), list(out) if several else [out])
        arrays = [np.asarray(v, x.type.dtype) for x, v in given.items()]
        results = graph.run(arrays)
        return results if several else results[0]

    return compute
