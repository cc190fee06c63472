"""What a program may not write is refused where it is written, in Theano's words."""

import operator

import pytest

import theanolike as theano
import theanolike.tensor as T

X, V, S = T.dmatrix("x"), T.dvector("v"), T.dscalar("s")

REFUSED = [
    # Python's own operations on variables
    (lambda: bool(V > 0), TypeError, "Variables do not support boolean operations."),
    (lambda: 0 < V < 1, TypeError, "Variables do not support boolean operations."),
    (lambda: sum(V), TypeError, "TensorType does not support iteration. Maybe you are"),
    (lambda: len(V), TypeError, ""),
    (lambda: operator.setitem(V, 0, 1), TypeError, "assignment"),  # type: ignore[call-overload]
    (lambda: V + "a", TypeError, ""),
    (lambda: X & X, TypeError, ""),
    (lambda: ~X, TypeError, ""),
    # making variables
    (lambda: T.as_tensor_variable(True), TypeError, "Cannot cast True or False"),
    (lambda: T.as_tensor_variable(object()), T.AsTensorError, "Cannot convert"),
    (lambda: T.as_tensor_variable(X, ndim=1), ValueError, ""),
    (lambda: T.vector(dtype="banana"), TypeError, "banana"),
    (lambda: T.cast(T.zscalar(), "float64"), TypeError, "Casting from complex to real"),
    (lambda: theano.shared(S), TypeError, "Shared variable constructor needs numeric"),
    (
        lambda: theano.shared(1.0, dtype="float32"),
        TypeError,
        "No suitable SharedVariable constructor could be found.",
    ),
    # indexing
    (lambda: X[0, 0, 0], IndexError, "too many indices for array"),
    (lambda: X[1.5], TypeError, ""),
    (lambda: X[S], TypeError, ""),
    (lambda: X["a"], TypeError, ""),
    (lambda: X[[True, False]], TypeError, "TensorType does not support Python bools"),
    (
        lambda: T.set_subtensor(X, 0),
        TypeError,
        "x must be the result of a subtensor operation",
    ),
    (
        lambda: T.inc_subtensor(X[0], X),
        TypeError,
        "Trying to increment a 1-dimensional subtensor with a 2-dimensional value.",
    ),
    # shapes
    (lambda: X.sum(axis=5), ValueError, "Not enough dimensions"),
    (lambda: T.max(X, axis=T.lscalar()), TypeError, "Computation needs a constant"),
    (lambda: X.dimshuffle(0), ValueError, "You cannot drop a non-broadcastable dim"),
    (lambda: X.dimshuffle(0, 0), ValueError, ""),
    (lambda: X.reshape(T.lvector()), ValueError, "The length of the provided shape"),
    (lambda: X.reshape((-1, -1)), ValueError, ""),
    (lambda: T.concatenate(X), TypeError, "The 'tensors' argument must be either a"),
    (lambda: T.concatenate([]), ValueError, "Cannot join an empty list of tensors"),
    (lambda: T.stack([X, V]), TypeError, "Join() can only join tensors with the same"),
    (lambda: T.mgrid[0:1:3j], NotImplementedError, ""),
    (lambda: X.norm(0), NotImplementedError, ""),
    (lambda: T.get_scalar_constant_value(S), T.NotScalarConstantError, ""),
    (lambda: T.get_vector_length(V), ValueError, ""),
]


@pytest.mark.parametrize(("write", "kind", "lead"), REFUSED)
def test_a_program_is_refused_where_it_is_written(write, kind, lead):
    with pytest.raises(kind) as caught:
        write()
    assert lead in str(caught.value)


def failing(x, v, i):
    """Formulas that build and can't run, each with what it raises."""
    return {
        "elementwise": (T.exp(x + v) * 2, ValueError, "Input dimension mis-match."),
        "switch": (T.switch(v > 0, x, 1.0), ValueError, "Input dimension mis-match."),
        "dot": (T.dot(x, x), ValueError, "Shape mismatch: x has 2 cols (and 3 rows)"),
        "dot with a vector": (T.dot(x, v) + 1, ValueError, "Shape mismatch"),
        "index": (v[7] * 2, IndexError, ""),
        "symbolic index": (T.tanh(x[i, 0]), IndexError, ""),
        "rows": (x[T.stack([i, i])].sum(), IndexError, ""),
        "assignment": (T.set_subtensor(v[i], 1.0), IndexError, ""),
        "assignment of a row": (T.set_subtensor(x[0], v), ValueError, ""),
        "reshape": (x.reshape((4, 4)) + 1, ValueError, ""),
        "join": (T.concatenate([x, x.T]), ValueError, ""),
        "split": (T.split(v, [1, 1], 2)[0], ValueError, ""),
        "max of nothing": (v[:0].max(), ValueError, ""),
        "negative extent": (T.zeros((i - 20,)), ValueError, ""),
        "specify_shape": (T.specify_shape(v, (9,)), AssertionError, ""),
    }


@pytest.mark.parametrize(
    "mode", ["FAST_COMPILE", pytest.param("FAST_RUN", marks=pytest.mark.compiler)]
)
@pytest.mark.parametrize("name", list(failing(X, V, T.lscalar("i"))))
def test_a_run_that_fails_names_its_line_and_its_inputs(name, mode):
    i = T.lscalar("i")
    formula, kind, lead = failing(X, V, i)[name]
    f = theano.function([X, V, i], formula, mode=mode, on_unused_input="ignore")
    with pytest.raises(kind) as caught:
        f([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 2.0, 3.0, 4.0], 9)
    message = str(caught.value)
    assert message.startswith(lead)
    assert f"{__file__}:" in message
    assert " of shape " in message
