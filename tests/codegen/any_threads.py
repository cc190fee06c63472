"""Calls on several numbers of threads: the interpreter's values, and equal bits."""

import numpy as np

import theanolike as theano
from theanolike import _runtime


def on_threads(f, *arguments):
    """Call on 1 to 4 threads; what they return, or the message they raise."""
    before, found = _runtime.threads(), []
    try:
        for count in (1, 2, 3, 4):
            _runtime.set_threads(count)
            try:
                found.append(f(*arguments))
            except (ValueError, IndexError) as error:
                found.append(str(error))
    finally:
        _runtime.set_threads(before)
    return found


def assert_as_interpreted(inputs, outputs, *calls, planned="", times=1):
    """Hold a compiled function to the interpreter; its plan says `planned` so often."""
    f = theano.function(inputs, outputs)
    assert not planned or f.plan.count(planned) == times, f.plan
    wanted = theano.function(inputs, outputs, mode="FAST_COMPILE")
    for arguments in calls:
        one, *others = on_threads(f, *arguments)
        for got, value in zip(one, wanted(*arguments), strict=True):
            np.testing.assert_allclose(got, value, rtol=1e-10, atol=1e-12)
            assert got.dtype == value.dtype
        for other in others:
            for got, value in zip(other, one, strict=True):
                assert got.tobytes() == value.tobytes()
    return f
