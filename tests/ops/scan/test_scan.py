"""`scan`: its arguments, values and gradients."""

import pickle

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import MissingInputError, ShapeError
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.scan.step import until

rng = np.random.default_rng(5)


def slopes(f, arrays):
    """Return the derivative of f by each element of each array, by differences."""
    found = []
    for k, array in enumerate(arrays):
        slope = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [a.copy() for a in arrays]
                moved[k][place] += step
                ends.append(f(*moved))
            slope[place] = (ends[0] - ends[1]) / 2e-6
        found.append(slope)
    return found


def assert_gradients_agree(compiled, inputs, cost, arrays):
    value = compiled(inputs, cost)
    gradients = compiled(inputs, T.grad(cost, inputs))(*arrays)
    for gradient, slope in zip(gradients, slopes(value, arrays), strict=True):
        np.testing.assert_allclose(gradient, slope, rtol=1e-6, atol=1e-8)


def test_a_power_is_taken_by_repeated_products(compiled):
    k, a = T.iscalar("k"), T.vector("a")
    powers, updates = theano.scan(
        lambda prior, a: prior * a,
        outputs_info=T.ones_like(a),
        non_sequences=a,
        n_steps=k,
    )
    f = compiled([a, k], powers[-1], updates=updates)
    np.testing.assert_array_equal(f(range(10), 2), np.arange(10.0) ** 2)


def test_a_polynomial_is_summed_over_two_sequences_of_unequal_length(compiled):
    c, x = T.vector("c"), T.scalar("x")
    terms, _ = theano.scan(
        lambda c, power, x: c * x**power,
        sequences=[c, T.arange(10000)],
        non_sequences=x,
    )
    f = compiled([c, x], [terms.sum(), terms])
    total, parts = f([1.0, 0.0, 2.0], 3.0)
    assert total == 19
    assert parts.shape == (3,)


def test_shared_variables_are_updated_inside(compiled):
    a = theano.shared(1)
    values, updates = theano.scan(lambda: {a: a + 1}, n_steps=10)
    assert values is None
    f = compiled([], [a + 1, updates[a] + 1], updates=updates)
    assert [int(v) for v in f()] == [2, 12]
    assert a.get_value() == 11


def test_updates_given_as_pairs_are_seen_by_the_next_step(compiled):
    a = theano.shared(0.0)
    x = T.dvector("x")
    seen, updates = theano.scan(lambda v: (a * 10, [(a, a + v)]), sequences=x)
    f = compiled([x], seen, updates=updates)
    np.testing.assert_array_equal(f([1, 2, 3]), [0, 10, 30])
    np.testing.assert_array_equal(f([1, 2]), [60, 70])


def test_a_default_update_of_a_variable_read_inside_happens_at_each_step(compiled):
    a = theano.shared(1.0)
    a.default_update = a * 2
    seen, updates = theano.scan(lambda: a + 0.0, n_steps=4)
    f = compiled([], seen, updates=updates)
    np.testing.assert_array_equal(f(), [1, 2, 4, 8])
    np.testing.assert_array_equal(f(), [16, 32, 64, 128])


def test_a_condition_ends_the_loop_after_its_step(compiled):
    bound = T.scalar("bound")
    values, _ = theano.scan(
        lambda prior, bound: (prior * 2, until(prior * 2 > bound)),
        outputs_info=T.constant(1.0),
        non_sequences=bound,
        n_steps=1024,
    )
    f = compiled([bound], [values, values.shape[0]])
    rows, count = f(45)
    np.testing.assert_array_equal(rows, [2, 4, 8, 16, 32, 64])
    assert count == 6


def recurrence(x, initial):
    return theano.scan(
        lambda x2, x0, y2, y1: 0.5 * x2 * y1 + T.sin(x0) + 0.1 * y2,
        sequences={"input": x, "taps": [-2, 0]},
        outputs_info={"initial": initial, "taps": [-2, -1]},
    )[0]


def test_taps_reach_back_in_sequences_and_outputs(compiled):
    x, initial = T.matrix("x"), T.matrix("initial")
    xs, first = rng.normal(size=(7, 3)), rng.normal(size=(2, 3))
    expected = [*first]
    for t in range(5):
        y = 0.5 * xs[t] * expected[-1] + np.sin(xs[t + 2]) + 0.1 * expected[-2]
        expected.append(y)
    f = compiled([x, initial], recurrence(x, initial))
    np.testing.assert_allclose(f(xs, first), expected[2:], rtol=1e-12)


def test_gradients_go_through_taps_of_sequences_and_outputs(compiled):
    x, initial = T.matrix("x"), T.matrix("initial")
    cost = (recurrence(x, initial) ** 2).sum()
    arrays = [rng.normal(size=(5, 2)), rng.normal(size=(2, 2))]
    assert_gradients_agree(compiled, [x, initial], cost, arrays)


def test_the_gradient_of_a_gradient_goes_through_the_loop(compiled):
    x, initial = T.matrix("x"), T.matrix("initial")
    slope = T.grad((recurrence(x, initial) ** 2).sum(), x)
    arrays = [rng.normal(size=(4, 1)), rng.normal(size=(2, 1))]
    assert_gradients_agree(compiled, [x, initial], (slope**2).sum(), arrays)


def test_positive_taps_look_ahead_and_shorten_the_loop(compiled):
    x = T.dvector("x")
    pairs, _ = theano.scan(lambda now, then: then - now, {"input": x, "taps": [0, 2]})
    f = compiled([x], pairs)
    np.testing.assert_array_equal(f([1, 2, 4, 8, 16]), [3, 6, 12])
    assert f([1.0]).shape == (0,)


def test_sequences_are_walked_from_their_ends_when_asked(compiled):
    x = T.dvector("x")
    sums, _ = theano.scan(
        lambda v, total: 2 * total + v, x, T.constant(0.0), go_backwards=True
    )
    np.testing.assert_array_equal(compiled([x], sums)([1, 2, 3]), [3, 8, 17])
    assert_gradients_agree(compiled, [x], (sums**2).sum(), [rng.normal(size=4)])


def test_fewer_steps_than_rows_may_be_asked_for(compiled):
    x, n = T.dvector("x"), T.lscalar("n")
    sums, _ = theano.scan(lambda v, total: total + v, x, T.constant(0.0), n_steps=n)
    f = compiled([x, n], sums)
    np.testing.assert_array_equal(f([1, 2, 3], 2), [1, 3])
    assert f([1, 2, 3], 0).shape == (0,)
    with pytest.raises(ShapeError):
        f([1, 2, 3], 4)
    with pytest.raises(ShapeError):
        f([1, 2, 3], -1)
    np.testing.assert_array_equal(f([1, 2, 3], 3), [1, 3, 6])


def test_sequences_without_rows_give_none(compiled):
    x = T.dmatrix("x")
    sums, _ = theano.scan(lambda v, total: total + v, x, T.zeros((3,)))
    assert compiled([x], sums)(np.zeros((0, 3))).shape == (0, 3)
    gradient = compiled([x], T.grad(sums.sum(), x))
    assert gradient(np.zeros((0, 3))).shape == (0, 3)


def test_loops_nest_and_read_what_is_outside(compiled):
    x, w = T.dmatrix("x"), T.dvector("w")

    def row(r):
        inner, _ = theano.scan(lambda e, total: total * w[0] + e * r[0], r, w[1])
        return inner[-1] + w.sum()

    values, _ = theano.scan(row, x)
    arrays = [rng.normal(size=(3, 4)), rng.normal(size=2)]
    expected = []
    for r in arrays[0]:
        total = arrays[1][1]
        for e in r:
            total = total * arrays[1][0] + e * r[0]
        expected.append(total + arrays[1].sum())
    np.testing.assert_allclose(compiled([x, w], values)(*arrays), expected, rtol=1e-12)
    assert_gradients_agree(compiled, [x, w], (values**2).sum(), arrays)


def test_several_outputs_some_without_an_initial_value(compiled):
    x, w = T.dmatrix("x"), T.dmatrix("w")
    (h, y), _ = theano.scan(
        lambda v, h: [T.tanh(T.dot(v, w) + h), (h**2).sum()],
        x,
        [T.zeros((2,)), None],
    )
    arrays = [rng.normal(size=(4, 3)), rng.normal(size=(3, 2))]
    state, squares = np.zeros(2), []
    for v in arrays[0]:
        squares.append((state**2).sum())
        state = np.tanh(v @ arrays[1] + state)
    f = compiled([x, w], [h[-1], y])
    np.testing.assert_allclose(f(*arrays)[0], state, rtol=1e-12)
    np.testing.assert_allclose(f(*arrays)[1], squares, rtol=1e-12)
    assert_gradients_agree(compiled, [x, w], y.sum() + h[-1].sum(), arrays)


def test_the_gradient_stops_where_the_loop_stopped(compiled):
    x = T.dvector("x")
    sums, _ = theano.scan(
        lambda v, total: (total * 2 + v**2, until(total > 3)), x, T.constant(0.0)
    )
    arrays = [np.array([1.0, 2.0, 1.5, 1.0, 3.0])]
    assert compiled([x], sums)(*arrays).shape == (3,)
    assert_gradients_agree(compiled, [x], sums[-1], arrays)


def test_rows_are_mapped_and_folded(compiled):
    x = T.dvector("x")
    squares, _ = theano.map(lambda v: v * v, x)
    total, _ = theano.reduce(lambda v, t: t + v, x, T.constant(0.0))
    left, _ = theano.foldl(lambda v, t: t * 2 + v, x, T.constant(0.0))
    right, _ = theano.foldr(lambda v, t: t * 2 + v, x, T.constant(0.0))
    f = compiled([x], [squares, total, left, right])
    results = f([1, 2, 3])
    np.testing.assert_array_equal(results[0], [1, 4, 9])
    assert [float(r) for r in results[1:]] == [6, 11, 17]


def test_an_int_to_begin_with_becomes_what_the_step_makes(compiled):
    x = T.dvector("x")
    sums, _ = theano.scan(lambda v, total: total + v, x, T.constant(0))
    np.testing.assert_array_equal(compiled([x], sums)([0.5, 1]), [0.5, 1.5])


def test_a_python_float_to_begin_with_is_weak():
    x = T.fvector("x")
    y, _ = theano.scan(lambda v, _: v * 0.5, x, 0.1)
    assert y.dtype == "float32"


def test_a_narrow_result_is_widened_to_the_state():
    x = T.fvector("x")
    sums, _ = theano.scan(lambda v, _: v, x, T.dscalar("s"))
    assert sums.dtype == "float64"


def test_a_row_to_begin_with_may_get_any_extent_of_one(compiled):
    x = T.dmatrix("x")
    y, _ = theano.scan(lambda s: s + x, outputs_info=T.zeros((1, 3)), n_steps=2)
    f = compiled([x], y[-1])
    np.testing.assert_array_equal(f(np.ones((1, 3))), np.full((1, 3), 2.0))
    with pytest.raises(ShapeError):
        f(np.ones((2, 3)))


def test_what_does_not_change_is_computed_before_the_loop():
    x, w = T.dvector("x"), T.dscalar("w")
    y, _ = theano.scan(lambda v: v * T.exp(w), x)
    names = [str(n.op) for n in y.owner.op.graph.nodes]
    assert names == ["Elemwise{mul}"]


def test_a_loop_is_pickled_with_its_graph():
    x = T.dvector("x")
    y, _ = theano.scan(lambda v, s: v + s, x, T.constant(0.0))
    x2, y2 = pickle.loads(pickle.dumps([x, y]))
    np.testing.assert_array_equal(y2.eval({x2: [1.0, 2.0]}), [1, 3])
    assert y2.owner.op == y.owner.op


def test_a_directional_derivative_goes_through_the_loop(compiled):
    x, v = T.dvector("x"), T.dvector("v")
    y, _ = theano.scan(lambda a, s: a * s + a, x, T.constant(1.0))
    along = compiled([x, v], T.Rop(y[-1], x, v))
    arrays = [rng.normal(size=4), rng.normal(size=4)]
    (slope,) = slopes(compiled([x], y[-1]), arrays[:1])
    np.testing.assert_allclose(along(*arrays), slope @ arrays[1], rtol=1e-6)


def test_a_single_output_comes_in_a_list_when_asked():
    x = T.dvector("x")
    outputs, _ = theano.scan(lambda v: v, x, return_list=True)
    assert isinstance(outputs, list)
    assert isinstance(outputs[0].owner.op, LoopOp)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"fn": lambda: T.constant(1)}, ValueError, "No information about the number"),
        ({"fn": lambda: 1, "n_steps": 2.5}, ValueError, "n_steps must be an int"),
        ({"fn": lambda: 1, "n_steps": T.dscalar()}, ValueError, "n_steps must be an"),
        ({"fn": lambda: 1, "n_steps": -2}, ValueError, "must not be negative"),
        (
            {
                "fn": lambda s: s,
                "outputs_info": [{"initial": T.dvector(), "taps": [1]}],
            },
            ValueError,
            "Can not use future taps of outputs",
        ),
        (
            {"fn": lambda s: s * T.dscalar(), "outputs_info": T.fscalar()},
            ValueError,
            "has dtype float32, .* has dtype float64",
        ),
        (
            {"fn": lambda s: s + T.dmatrix(), "outputs_info": T.dvector()},
            ValueError,
            "has type .*inner function",
        ),
        (
            {"fn": lambda s: [s, s], "outputs_info": [T.dscalar()]},
            ValueError,
            "Please provide None as outputs_info",
        ),
        ({"fn": lambda: (until(T.bscalar()), 1)}, ValueError, "must be the last"),
        ({"fn": lambda: "no"}, ValueError, "return value of your scan lambda"),
        ({"fn": lambda x: x, "sequences": T.dscalar()}, ValueError, "first axis"),
        (
            {"fn": lambda: 1, "truncate_gradient": -3},
            ValueError,
            "truncate_gradient must be",
        ),
    ],
)
def test_wrong_use_is_told(options, error, text):
    if "sequences" not in options and "No information" not in text:
        options = {"n_steps": 3, **options}
    with pytest.raises(error, match=text):
        theano.scan(**options)


def test_a_strict_loop_refuses_what_is_not_passed():
    a, x = theano.shared(2.0, name="a"), T.dvector("x")
    with pytest.raises(MissingInputError, match="reads a of type"):
        theano.scan(lambda v: v * a, x, strict=True)
    theano.scan(lambda v, a: v * a, x, non_sequences=a, strict=True)


def test_a_loop_of_ten_thousand_nodes_a_step_is_no_deep_recursion():
    x = T.dvector("x")

    def step(v):
        for _ in range(3000):
            v = v + 1.0
        return v

    y, _ = theano.scan(step, x)
    assert len(y.owner.op.graph.nodes) == 3000
    assert len(pickle.dumps(y)) > 0


def test_the_last_row_is_the_last_state_but_there_is_none_of_no_steps(compiled):
    n, x = T.lscalar("n"), T.dvector("x")
    rows, _ = theano.scan(lambda s: s * 2, outputs_info=x, n_steps=n)
    f = compiled([n, x], rows[-1])
    np.testing.assert_array_equal(f(3, [1, 2]), [8, 16])
    with pytest.raises(IndexError, match="index -1 is out of bounds"):
        f(0, [1, 2])
    (loop,) = [k.op for k in f.maker.fgraph.toposort() if isinstance(k.op, LoopOp)]
    assert loop.collected == 0


REGIONS = {
    "interior": (slice(1, -1), slice(1, -1)),
    "row": (2, slice(None)),
    "column": (slice(None), -1),
    "place": (1, 2),
    "beyond": (slice(9, 20), slice(2, 1)),
    "turned": (slice(None, None, -1), slice(3, None)),
    "strided": (slice(None, None, 2), slice(1, None, 3)),
}


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_set_at_each_step_leaves_the_rest_as_it_was(name, compiled):
    region = REGIONS[name]
    x = T.dmatrix("x")
    rows, _ = theano.scan(
        lambda u: T.set_subtensor(u[region], u[region] * 2 + 1),
        outputs_info=x,
        n_steps=3,
    )
    expected = rng.normal(size=(5, 6))
    given = expected.copy()
    for _ in range(3):
        expected[region] = expected[region] * 2 + 1
    np.testing.assert_allclose(compiled([x], rows[-1])(given), expected, rtol=1e-13)


def test_what_is_behind_a_barrier_in_each_step_is_disconnected():
    x, a, b = T.dvector("x"), T.dscalar("a"), T.dscalar("b")
    y, _ = theano.scan(lambda v: theano.gradient.disconnected_grad(a) * b * v, x)
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(y.sum(), a)
    assert T.grad(y.sum(), b) is not None


def test_a_gradient_that_a_step_does_not_have_is_told():
    x, a = T.dvector("x"), T.dscalar("a")
    y, _ = theano.scan(lambda v: theano.gradient.undefined_grad(a) * v, x)
    with pytest.raises(TypeError, match="undefined|not defined|NullType"):
        T.grad(y.sum(), a)
    assert T.grad(y.sum(), x) is not None


def test_a_fold_of_no_rows_is_what_it_begins_with(compiled):
    x = T.dvector("x")
    total, _ = theano.reduce(lambda v, t: t + v, x, T.constant(7.0))
    assert compiled([x], total)([]) == 7


def test_rows_may_have_a_shape_that_the_step_computes(compiled):
    x, a = T.dmatrix("x"), T.dvector("a")

    def step(v, s):
        chosen = theano.ifelse.ifelse(T.sum(v) > 0, v[1:] * 2, a)
        return s * 0.5 + v[0], chosen + v[:-1]

    (states, rows), _ = theano.scan(step, x, [T.constant(0.0), None])
    f = compiled([x, a], [states, rows, T.grad(rows.sum() + states.sum(), x)])
    xs = np.array([[1.0, 2, 3], [-1, -2, -3]])
    expected = [[2 * 2 + 1, 3 * 2 + 2], [10 - 1, 20 - 2]]
    np.testing.assert_array_equal(f(xs, [10, 20])[1], expected)
    np.testing.assert_array_equal(f(xs, [10, 20])[2], [[2.5, 3, 2], [2, 1, 0]])
    with pytest.raises(ValueError, match="mis-match|mismatch|shape"):
        f(xs, [10, 20, 30])


def test_a_row_of_a_sequence_may_be_the_next_state(compiled):
    x = T.dvector("x")
    (before, rows), _ = theano.scan(lambda v, s: [v, s], x, [T.constant(5.0), None])
    f = compiled([x], [before, rows])
    np.testing.assert_array_equal(f([1, 2, 3])[1], [5, 1, 2])
    np.testing.assert_array_equal(f([1, 2, 3])[0], [1, 2, 3])


def test_what_a_step_makes_room_for_may_depend_on_the_step(compiled):
    x = T.dvector("x")
    sums, _ = theano.scan(
        lambda k: T.sum(T.exp(x[:k])[::-1] * T.arange(k)), T.arange(x.shape[0])
    )
    xs = rng.normal(size=6)
    expected = [(np.exp(xs[:k])[::-1] * np.arange(k)).sum() for k in range(6)]
    np.testing.assert_allclose(compiled([x], sums)(xs), expected, rtol=1e-12)


def test_the_gradient_goes_back_through_as_many_steps_as_asked(compiled):
    x, start, w = T.dvector("x"), T.dscalar("start"), T.dscalar("w")
    y, _ = theano.scan(lambda v, s: w * s + v, x, start, truncate_gradient=2)
    slopes_of = compiled([x, start, w], T.grad(y[-1], [x, start, w]))
    by_x, by_start, by_w = slopes_of([1, 2, 3, 4], 5, 10)
    np.testing.assert_array_equal(by_x, [0, 0, 10, 1])
    assert by_start == 0
    states = [5, 51, 512, 5123]
    assert by_w == states[3] + 10 * states[2]
    by_x, by_start, by_w = slopes_of([1, 2], 5, 10)
    np.testing.assert_array_equal(by_x, [10, 1])
    assert by_start == 100


def test_the_gradient_by_last_states_makes_no_rows(rng):
    x = T.dvector("x")
    states, _ = theano.scan(lambda s: T.sin(s) * 2, outputs_info=x, n_steps=5)
    cost = (states[-1] ** 2).sum() + states[-1][0]
    (backward,) = {
        n
        for n in theano.gof.graph.io_toposort([x], [T.grad(cost, x)])
        if isinstance(n.op, LoopOp) and n.op.reverse
    }
    # The states before each step; no cotangents of rows.
    assert backward.op.sequences == 1
    f = theano.function([x], T.grad(cost + states.sum() + states[-2].sum(), x))
    value = rng.normal(size=3)
    theano.gradient.verify_grad(
        lambda v: theano.clone(cost + states.sum() + states[-2].sum(), {x: v}),
        [value],
        rng=rng,
    )
    assert f(value).shape == (3,)
