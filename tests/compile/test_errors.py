"""The error catalogue of `function` and of the call: types and leading texts."""

import traceback

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import In
from theanolike.errors import MissingInputError, TheanolikeError, UnusedInputError

a, b = T.dscalars("a", "b")
x, y = T.dvectors("x", "y")
f32 = T.fvector("f32")
row = T.drow("row")
w = theano.shared(1.0, "w")

REFUSED = {
    "a bare input": (
        lambda: theano.function(a, a),
        TypeError,
        (
            "Input variables of a Theano function should be contained in a list, "
            "even when there is a single input."
        ),
    ),
    "an unused input": (
        lambda: theano.function([a, b], a),
        UnusedInputError,
        (
            "theano.function was asked to create a function computing outputs "
            "given certain inputs, but the provided input variable at index 1 is "
            "not part of the computational graph needed to compute the outputs: b."
        ),
    ),
    "an input that is there twice": (
        lambda: theano.function([a, b, a], a + b),
        UnusedInputError,
        "Variable a is used twice in inputs to theano.function, at indices 0 and 2.",
    ),
    "a missing input": (
        lambda: theano.function([a], a + b),
        MissingInputError,
        (
            "Input 1 of the graph (indices start from 0), used to compute "
            "Elemwise{add}(a, b), was not provided and not given a value"
        ),
    ),
    "an output that is a missing input": (
        lambda: theano.function([], b),
        MissingInputError,
        "Input 0 of the graph (indices start from 0), used to compute b, was not",
    ),
    "an output that is no variable": (
        lambda: theano.function([a], "a"),
        TypeError,
        "Outputs must be theano Variable or Out instances. Received 'a'",
    ),
    "a constant as input": (
        lambda: theano.function([T.constant(1.0)], a),
        TypeError,
        "Constants not allowed in param list",
    ),
    "a constant in In": (
        lambda: In(T.constant(1.0)),
        TypeError,
        "A Constant instance is not a legal function input",
    ),
    "a shared variable as input": (
        lambda: theano.function([w], w),
        TypeError,
        (
            "Cannot use a shared variable (w) as explicit input. Consider "
            "substituting a non-shared variable via the `givens` parameter"
        ),
    ),
    "no variable as input": (
        lambda: theano.function([3], a),
        TypeError,
        "Unknown parameter type: <class 'int'>",
    ),
    "a given for an input": (
        lambda: theano.function([a], a, givens={a: b}),
        RuntimeError,
        (
            "You are trying to replace variable 'a' through the `givens` "
            "parameter, but this variable is an input to your function."
        ),
    ),
    "givens that depend on each other": (
        lambda: theano.function([], a, givens=[(a, b + 1), (b, w + 1)]),
        AssertionError,
        (
            "When using 'givens' with several (old, new) pairs, a new variable "
            "can't depend on an old one"
        ),
    ),
    "a given that is no variable": (
        lambda: theano.function([a], a, givens={"b": a}),
        TypeError,
        "given keys must be Variable",
    ),
    "no_default_updates of another type": (
        lambda: theano.function([], w, no_default_updates="no"),
        TypeError,
        "no_default_update should be either a boolean or a list",
    ),
    "updates that are no pairs": (
        lambda: theano.function([], w, updates=[(w, w, w)]),
        ValueError,
        (
            "The updates parameter must be an OrderedDict/dict or a list of "
            "lists/tuples with 2 elements"
        ),
    ),
    "updates that are one pair": (
        lambda: theano.function([], w, updates=(w, w + 1)),
        ValueError,
        (
            "The updates parameter must be an OrderedDict/dict or a list of "
            "lists/tuples with 2 elements"
        ),
    ),
    "an update of no shared variable": (
        lambda: theano.function([a], a, updates=[(a, a + 1)]),
        TypeError,
        "update target must be a SharedVariable",
    ),
    "two updates of one variable": (
        lambda: theano.function([], w, updates=[(w, w), (w, w + 1)]),
        ValueError,
        "this shared variable already has an update expression",
    ),
    "an update of another type": (
        lambda: theano.function([x], x, updates=[(w, x)]),
        TypeError,
        (
            "An update must have the same type as the original shared variable "
            "(shared_var=w, shared_var.type=TensorType(float64, scalar), "
            "update_val=x, update_val.type=TensorType(float64, vector))."
        ),
    ),
    "an unknown reaction to unused inputs": (
        lambda: theano.function([a, b], a, on_unused_input="cry"),
        ValueError,
        "Invalid value for keyword on_unused_input of theano.function: 'cry'.",
    ),
    "an unknown mode": (
        lambda: theano.function([a], a, mode="BLAH"),
        Exception,
        "No predefined mode exist for string: BLAH",
    ),
    "mutable without borrow": (
        lambda: In(a, mutable=True, borrow=False),
        AssertionError,
        "Symbolic input for variable a (name=a) has flags mutable=True, borrow=False.",
    ),
}


@pytest.mark.parametrize("situation", REFUSED)
def test_function_refuses(situation):
    attempt, kind, lead = REFUSED[situation]
    with pytest.raises(kind) as caught:
        attempt()
    assert lead in str(caught.value)


def test_a_missing_input_is_told_with_its_line():
    with pytest.raises(MissingInputError) as caught:
        theano.function([a], a * b)
    assert f"written at {__file__}:" in str(caught.value)


def test_an_unused_input_may_warn_or_pass():
    with pytest.warns(UserWarning, match="make this warning into an error"):
        theano.function([a, b], a, on_unused_input="warn", mode="FAST_COMPILE")
    theano.function([a, b], a, on_unused_input="ignore", mode="FAST_COMPILE")


CALLS = {
    "nothing": ([a], (), {}, "Missing required input: a"),
    "too little": ([a, b], (1,), {}, "Missing required input: b"),
    "too much": ([a], (1, 2), {}, "Too many parameter passed to theano function"),
    "an unknown name": (
        [a, b],
        (1,),
        {"c": 1},
        (
            "Unknown input or state: c. The function has 2 named inputs (a, b), "
            "and 0 unnamed inputs which thus cannot be accessed through keyword "
            "arguments."
        ),
    ),
    "an argument twice": (
        [a, b],
        (1, 2),
        {"a": 1},
        "Multiple values for input or state: a, at index 0",
    ),
    "another rank": (
        [x],
        ([[1.0]],),
        {},
        (
            'Bad input argument to theano function with name "f" at index 0 '
            "(0-based) (x). Wrong number of dimensions: expected 1, got 2 with "
            "shape (1, 1)"
        ),
    ),
    "a dtype that would lose data": (
        [f32],
        (np.ones(2),),
        {},
        (
            'Bad input argument to theano function with name "f" at index 0 '
            "(0-based) (f32). TensorType(float32, vector) cannot store a value of "
            "dtype float64 without risking loss of precision. If you do not mind "
            "this loss, you can: 1) explicitly cast your data to float32, or 2) "
            'set "allow_input_downcast=True" when calling "function".'
        ),
    ),
    "a value that would lose data": (
        [T.lscalar("n")],
        (1.5,),
        {},
        (
            "cannot store accurately value 1.5, it would be represented as 1. If "
            "you do not mind this precision loss, you can:"
        ),
    ),
    "more than one row": (
        [row],
        (np.ones((2, 3)),),
        {},
        "Non-unit value on shape on a broadcastable dimension.",
    ),
    "a variable": (
        [x],
        (w,),
        {},
        (
            "Expected an array-like object, but found a Variable: maybe you are "
            "trying to call a function on a (possibly shared) variable instead of "
            "a numeric array?"
        ),
    ),
    "another dtype, strictly": (
        [In(x, strict=True)],
        ([1.0, 2.0],),
        {},
        "TensorType(float64, vector) expected a ndarray object",
    ),
    "an output subset": ([a], (1,), {"output_subset": [0]}, "output_subset"),
}


@pytest.mark.parametrize("situation", CALLS)
def test_a_call_refuses(situation, mode):
    inputs, args, kwargs, lead = CALLS[situation]
    outputs = [getattr(item, "variable", item) * 2 for item in inputs]
    f = theano.function(inputs, outputs, mode=mode, name="f")
    with pytest.raises((TypeError, NotImplementedError)) as caught:
        f(*args, **kwargs)
    assert lead in str(caught.value)


def test_a_name_of_two_inputs_is_ambiguous(mode):
    first, second = T.dscalar("n"), T.dscalar("n")
    f = theano.function([first, second], first - second, mode=mode)
    assert f(3, 1) == 2
    with pytest.raises(TypeError, match="Ambiguous name: n"):
        f(1, n=2)
    with pytest.raises(TypeError, match="Ambiguous name: n"):
        f["n"]


def test_allow_input_downcast_takes_what_would_lose_data(mode):
    f = theano.function([f32], f32 * 2, allow_input_downcast=True, mode=mode)
    np.testing.assert_allclose(f(np.full(2, 0.1)), 0.2, rtol=1e-6)
    g = theano.function([In(f32, allow_downcast=True)], f32 * 2, mode=mode)
    assert g([0.1]).dtype == "float32"


def test_python_floats_go_to_floatx_only(mode):
    s = T.fscalar("s")
    with pytest.raises(TypeError, match="cannot store accurately"):
        theano.function([s], s, mode=mode)(0.1)
    with theano.change_flags(floatX="float32"):
        f = theano.function([s], s, mode=mode)
        g = theano.function([s], s, mode=mode, allow_input_downcast=False)
    assert f(0.1) == np.float32(0.1)
    assert f(0.5) == g(0.5) == 0.5
    with pytest.raises(TypeError, match="cannot store accurately"):
        g(0.1)


def test_shapes_that_do_not_fit_are_told_with_the_line(mode):
    z = x + y * 2
    f = theano.function([x, y], z, mode=mode)
    with pytest.raises(ValueError, match="Input dimension mis-match") as caught:
        f([1.0, 2.0], [1.0, 2.0, 3.0])
    text = str(caught.value).splitlines()
    assert text[0] == (
        "Input dimension mis-match. (input[0].shape[0] = 2, input[1].shape[0] = 3)"
    )
    assert "  x: float64 of shape (2,)" in text
    assert any(line.startswith(f"  written at {__file__}:") for line in text)
    assert isinstance(caught.value, TheanolikeError)


class Failing(theano.Op):
    """Raises what it was made with."""

    __props__ = ("error",)

    def __init__(self, error):
        self.error = error

    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        if self.error is None:
            output_storage[0][0] = "text"
            return
        raise self.error


class OddError(Exception):
    """Can't be made from a text."""

    def __init__(self, number, reason):
        super().__init__(number, reason)


@pytest.mark.parametrize("kind", [ValueError, KeyError, ZeroDivisionError, IndexError])
def test_an_error_of_a_users_op_keeps_its_type(mode, kind):
    f = theano.function([x], Failing(kind("by hand"))(x), mode=mode)
    with pytest.raises(kind) as caught:
        f([1.0])
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "by hand" in text
    assert "x: float64 of shape (1,)" in text
    assert f"written at {__file__}:" in text


def test_an_error_of_odd_making_gets_a_note(mode):
    f = theano.function([x], Failing(OddError(3, "odd"))(x), mode=mode)
    with pytest.raises(OddError) as caught:
        f([1.0])
    assert caught.value.args == (3, "odd")
    assert "x: float64 of shape (1,)" in caught.value.__notes__[0]


def test_a_users_op_that_computes_nonsense_is_told(mode):
    f = theano.function([x], Failing(None)(x), mode=mode)
    with pytest.raises(TypeError, match="expected numbers, got 'text'"):
        f([1.0])


def test_a_failing_call_changes_nothing(mode):
    v, u = theano.shared(np.zeros(2)), theano.shared(0.0)
    f = theano.function(
        [x, y],
        Failing(ValueError("late"))(x),
        updates=[(u, u + 1), (v, v + x)],
        mode=mode,
        on_unused_input="ignore",
    )
    with pytest.raises(ValueError, match="late"):
        f([1.0, 1.0], [1.0])
    assert u.get_value() == 0
    np.testing.assert_array_equal(v.get_value(), [0, 0])


def test_inplace_ops_are_refused():
    class Clobber(theano.Op):
        __props__ = ()
        destroy_map = {0: [0]}  # noqa: RUF012 - Theano's way

        def make_node(self, v):
            return theano.Apply(self, [v], [v.type()])

        def perform(self, node, inputs, output_storage):
            inputs[0] += 1
            output_storage[0][0] = inputs[0]

    z = Clobber()(x)
    with pytest.raises(TypeError, match="Graph must not contain inplace operations"):
        theano.function([x], z)
    given = np.zeros(2)
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        f = theano.function([x], z, accept_inplace=True, mode=mode)
        np.testing.assert_array_equal(f(given), [1, 1])
        np.testing.assert_array_equal(given, [0, 0])


RUNS = {
    "an index beyond the end": (
        lambda v, n: v[n],
        IndexError,
        "index 5 is out of bounds for axis 0 with size 3",
    ),
    "an index in a computed vector": (
        lambda v, n: (v * 2)[T.stack([n, n])],
        IndexError,
        "index 5 is out of bounds for axis 0 with size 3",
    ),
    "a reshape to another size": (
        lambda v, n: v.reshape((n, 1)),
        ValueError,
        "cannot reshape array of size 3 into shape (5,1)",
    ),
    "the maximum of nothing": (
        lambda v, n: v[n:].max(),
        ValueError,
        "zero-size array to reduction operation maximum",
    ),
    "a product of matrices that do not fit": (
        lambda v, n: T.stack([v, v]).dot(T.stack([v[:n], v])),
        ValueError,
        "Shape mismatch: x has 3 cols (and 2 rows) but y has 2 rows (and 3 cols)",
    ),
    "extents known inside only": (
        lambda v, n: v[n - 4 :] + v,
        ValueError,
        "Input dimension mis-match. (input[0].shape[0] = 2, input[1].shape[0] = 3)",
    ),
}


@pytest.mark.parametrize("situation", RUNS)
def test_a_run_fails_with_the_users_line(situation, mode):
    expression, kind, lead = RUNS[situation]
    n = T.lscalar("n")
    f = theano.function([x, n], expression(x, n), mode=mode)
    with pytest.raises(kind) as caught:
        f([1.0, 2.0, 3.0], 5)
    text = str(caught.value)
    assert text.startswith(lead)
    assert f"written at {__file__}:" in text
    assert isinstance(caught.value, TheanolikeError)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_high_verbosity_adds_the_values_to_an_error(mode):
    f = theano.function([x, y], x[T.cast(y, "int64")], mode=mode)
    with pytest.raises(IndexError) as low:
        f([1, 2], [7])
    assert "value of" not in str(low.value)
    verbose = theano.config.change_flags(exception_verbosity="high")
    with verbose, pytest.raises(IndexError) as high:
        f([1, 2], [7])
    assert "value of x: array([1., 2.])" in str(high.value)


@pytest.mark.parametrize("argument", [[1.0, 2.0, 3.0], [[1.0]]])
def test_a_failing_call_shows_one_frame_of_the_library_and_no_other_error(argument):
    f = theano.function([x], T.tanh(x) + T.zeros(5))
    with pytest.raises(TheanolikeError) as caught:
        f(argument)
    files = [frame.filename for frame in traceback.extract_tb(caught.tb)]
    assert files[0] == __file__
    assert len(files) == 2
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
