"""NumPy's functions build graph."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.errors import InputTypeError
from theanolike.graph.variable import Variable
from theanolike.ops import find
from theanolike.ops import numpy_protocols as protocols
from theanolike.testing import reference_values

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])

CALLS = [
    np.exp,
    np.abs,
    np.square,
    np.rint,
    np.sign,
    lambda x: np.add(X, x),
    lambda x: X + x,
    lambda x: np.float64(2) * x,
    lambda x: X / x,
    lambda x: np.greater(X, x * 0.5),
    lambda x: np.maximum(x, 0),
    lambda x: np.power(x, 2),
    lambda x: np.logical_and(x, X > 0),
    lambda x: np.divmod(x, 2.0)[1],
    lambda x: np.where(x > 0, x, 0),
    lambda x: np.clip(x, -1, 1),
    np.sum,
    lambda x: np.sum(x, axis=0),
    lambda x: np.mean(x, 1, keepdims=True),
    lambda x: np.max(x, axis=1),
    np.argmax,
    lambda x: np.concatenate([x, X]),
    lambda x: np.concatenate([x, x], axis=1),
    lambda x: np.stack([x, X]),
    lambda x: np.reshape(x, (3, 2)),
    np.transpose,
    lambda x: np.swapaxes(x, 0, 1),
    np.ravel,
    np.zeros_like,
    np.ones_like,
    lambda x: np.full_like(x, 7),
    lambda x: np.expand_dims(x, -1),
    np.round,
    lambda x: np.hstack([x, X]),
    lambda x: np.isclose(x, X),
]


@pytest.mark.parametrize("call", CALLS)
def test_numpys_functions_give_numpys_values(call):
    x = T.dmatrix("x")
    built = call(x)
    assert isinstance(built, Variable)
    (got,) = reference_values([built], {x: X})
    expected = np.asarray(call(X))
    assert got.shape == expected.shape
    assert np.allclose(got, expected)


def test_an_array_on_the_left_leaves_the_work_to_the_variable():
    assert isinstance(np.ones(3) * T.dvector(), Variable)


@pytest.mark.parametrize(
    "call",
    [
        np.add.reduce,
        np.frexp,
        np.nanmean,
        np.linalg.cond,
        lambda x: np.exp(x, out=np.zeros(3)),
        lambda x: np.exp(x, where=[True, False, True]),
        lambda x: np.add(x, 1, dtype="float32"),
        lambda x: np.sum(x, where=[True, False, True]),
        lambda x: np.round(x, 2),
        lambda x: np.reshape(x, (3, 1), order="F"),
    ],
)
def test_what_has_no_counterpart_is_a_type_error(call):
    with pytest.raises(InputTypeError, match="NumPy function that symbolic tensors"):
        call(T.dvector())


def test_the_tables_name_functions_that_numpy_has():
    assert all(hasattr(np, name) for name in protocols._HANDLERS)
    assert all(hasattr(np, name) for name in protocols._UFUNCS)
    assert all(hasattr(np, name) for name in protocols._SAME_UFUNCS)


def test_the_table_of_ufuncs_leads_to_functions():
    missing = [name for name in protocols._UFUNCS.values() if find(name) is None]
    assert missing == []
