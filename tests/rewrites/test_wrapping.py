"""Integers wrap around: no rewrite takes them for numbers of any size."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.types.type import TensorType

NUMBERS = np.array([0, 1, 2, 5, 100, 127, 128, 200, 255])
WRITTEN = {
    "abs(-x)": lambda x, y: abs(-x),
    "mean(-x)": lambda x, y: T.mean(-x),
    "mean(100 * x)": lambda x, y: T.mean(x * 100),
    "mean(-x * -y)": lambda x, y: T.mean(-x * -y),
    "sum(-x), of floats": lambda x, y: T.sum(-x, dtype="float64"),
    "-max(-x)": lambda x, y: -T.max(-x),
    "-x < -y": lambda x, y: -x < -y,
    "x + 1 > y + 1": lambda x, y: x + 1 > y + 1,
    "x - y < 0": lambda x, y: x - y < 0,
    "sqrt(x ** 2)": lambda x, y: T.sqrt(T.sqr(x)),
    "x * 4 // 4": lambda x, y: x * 4 // 4,
    "float(-x)": lambda x, y: T.cast(-x, "float64") * -1.0,
}


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_formulas_of_small_integers_keep_their_values(dtype):
    x, y = (TensorType(dtype, (None,))(name) for name in "xy")
    values = NUMBERS.astype(dtype), NUMBERS[::-1].astype(dtype)
    formulas = [formula(x, y) for formula in WRITTEN.values()]
    written, rewritten = (
        theano.function([x, y], formulas, mode=theano.Mode("py", optimizer))(*values)
        for optimizer in (None, "fast_run")
    )
    for name, wanted, got in zip(WRITTEN, written, rewritten, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6, err_msg=name)
        assert got.dtype == wanted.dtype, name
