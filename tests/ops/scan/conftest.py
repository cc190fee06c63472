import numpy as np
import pytest

from theanolike.compile.function import function


@pytest.fixture(params=["FAST_COMPILE", "FAST_RUN"])
def value(request):
    """Compute variables, interpreted and compiled: `value(out, {x: 1.0})`."""

    def compute(out, given):
        arrays = [np.asarray(v, x.type.dtype) for x, v in given.items()]
        options = {"mode": request.param, "on_unused_input": "ignore"}
        return function(list(given), out, **options)(*arrays)

    return compute


@pytest.fixture(params=["FAST_COMPILE", "FAST_RUN"])
def compiled(request):
    def make(inputs, outputs, **options):
        return function(inputs, outputs, mode=request.param, **options)

    return make
