"""Updates in place: only where nobody else holds the old value, and all or nothing."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike import function, shared

pytestmark = pytest.mark.compiler


@pytest.fixture(autouse=True, params=["straight", "table"])
def form(request, monkeypatch):
    """Write the steps one after another, and as a table."""
    straight = 10**9 if request.param == "straight" else -1
    monkeypatch.setattr("theanolike.codegen.emit_cxx.STRAIGHT", straight)


def address(variable):
    """Return where a shared variable's storage lies."""
    return variable.get_value(borrow=True).__array_interface__["data"][0]


@pytest.fixture
def momentum():
    weights = shared(np.ones((30, 20)), "weights")
    speed = shared(np.zeros((30, 20)), "speed")
    slope = T.dmatrix("slope")
    new = 0.9 * speed - 0.1 * slope
    step = function([slope], [], updates=[(speed, new), (weights, weights + new)])
    return weights, speed, step


def test_a_step_of_momentum_writes_into_the_old_storage(momentum):
    weights, speed, step = momentum
    slope = np.random.default_rng(0).normal(size=(30, 20))
    before = address(weights), address(speed)
    expected_weights, expected_speed = np.ones((30, 20)), np.zeros((30, 20))
    for _ in range(3):
        step(slope)
        expected_speed = 0.9 * expected_speed - 0.1 * slope
        expected_weights = expected_weights + expected_speed
    np.testing.assert_allclose(weights.get_value(), expected_weights)
    np.testing.assert_allclose(speed.get_value(), expected_speed)
    assert before == (address(weights), address(speed))
    assert "in place" in step.plan


def test_a_value_that_the_user_holds_is_not_overwritten(momentum):
    weights, _, step = momentum
    held = weights.get_value(borrow=True)
    step(np.ones((30, 20)))
    np.testing.assert_array_equal(np.ones((30, 20)), held)
    np.testing.assert_allclose(weights.get_value(), np.full((30, 20), 0.9))


def test_two_variables_that_swap_are_not_overwritten_too_early():
    first, second = shared(np.zeros(50)), shared(np.ones(50))
    swap = function([], [], updates=[(first, second + 0.0), (second, first + 0.0)])
    swap()
    np.testing.assert_array_equal(np.ones(50), first.get_value())
    np.testing.assert_array_equal(np.zeros(50), second.get_value())


def test_a_reversed_reading_of_the_old_value_is_not_in_place():
    state = shared(np.arange(50.0))
    function([], [], updates=[(state, state + state[::-1])])()
    np.testing.assert_array_equal(np.full(50, 49.0), state.get_value())


def test_rows_are_added_to_a_table_in_place():
    table = shared(np.zeros((1000, 3)), "table")
    rows, values = T.lvector("rows"), T.dmatrix("values")
    new = T.inc_subtensor(table[rows], values)
    add = function([rows, values], [], updates=[(table, new)])
    before = address(table)
    add([1, 1, 2], np.ones((3, 3)))
    assert before == address(table)
    np.testing.assert_array_equal([0, 2, 1, 0], table.get_value()[:4, 0])


def test_an_index_out_of_bounds_leaves_a_table_as_it_was():
    table = shared(np.zeros((10, 3)), "table")
    rows, values = T.lvector("rows"), T.dmatrix("values")
    new = T.inc_subtensor(table[rows], values)
    add = function([rows, values], [], updates=[(table, new)])
    with pytest.raises(IndexError, match="index 10 is out of bounds"):
        add([1, 10], np.ones((2, 3)))
    np.testing.assert_array_equal(np.zeros((10, 3)), table.get_value())


def test_a_product_with_the_old_value_is_not_in_place():
    w = shared(np.array([[1.0, 1.0], [0.0, 1.0]]), name="w")
    f = function([], updates=[(w, T.dot(w, w))])
    f()
    f()
    np.testing.assert_array_equal(w.get_value(), [[1.0, 4.0], [0.0, 1.0]])


def test_a_net_of_many_layers_is_updated_in_place():
    rng = np.random.default_rng(0)
    start = [rng.normal(size=(4, 4)) / 2 for _ in range(40)]
    given = rng.normal(size=(3, 4))
    results = []
    for mode in ["FAST_RUN", "FAST_COMPILE"]:
        x = y = T.dmatrix()
        weights = [shared(w.copy()) for w in start]
        for w in weights:
            y = T.tanh(T.dot(y, w))
        cost = (y**2).sum()
        slopes = T.grad(cost, weights)
        updates = [(w, w - 0.1 * g) for w, g in zip(weights, slopes, strict=True)]
        step = function([x], cost, updates=updates, mode=mode)
        before = [address(w) for w in weights]
        costs = [step(given) for _ in range(3)]
        if mode == "FAST_RUN":
            assert before == [address(w) for w in weights]
        results.append([*costs, *(w.get_value() for w in weights)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, 1e-9)


def test_what_may_be_computed_again_is_not_overwritten_the_first_time():
    start = np.concatenate([np.linspace(0, 1, 3000), [1e9], np.linspace(0, 1, 3000)])
    angle = shared(start, "angle")
    step = function([], [], updates=[(angle, T.sin(angle))])
    step()
    np.testing.assert_allclose(angle.get_value(), np.sin(start), rtol=1e-14)
    assert "in place" not in step.plan


@pytest.mark.parametrize("dtype", ["float64", "float16", "complex64", "uint8", "bool"])
def test_a_box_is_added_to_in_place(dtype):
    start = np.ones((6, 5), dtype)
    table, plain = shared(start), T.TensorType(dtype, (None, None))("plain")
    addend = T.TensorType(dtype, (None, None))("addend")
    new = T.inc_subtensor(table[1:4, 2:], addend)
    fresh = T.inc_subtensor(plain[1:4, 2:], addend)
    add = function([plain, addend], fresh, updates=[(table, new)])
    before = address(table)
    given = np.full((3, 3), 3, dtype)
    got = add(start, given)
    start[1:4, 2:] += given
    assert address(table) == before
    np.testing.assert_array_equal(table.get_value(), start)
    np.testing.assert_array_equal(got, start)


def test_the_indices_of_rows_are_checked_once_and_not_for_each_column():
    table = shared(np.zeros((5, 3)), name="table")
    rows, g = T.lvector("rows"), T.dmatrix("g")
    new = T.inc_subtensor(table[rows], g)
    f = function([rows, g], updates=[(table, new)])
    check, add = (line for line in f.plan.splitlines() if "nest over" in line)
    assert "reduce max" in check
    assert check.startswith("nest over ((rows.0 * min(table.1, 1)))")
    assert "nest over (rows.0, table.1)" in add
    with pytest.raises(IndexError, match="out of bounds"):
        f([0, 5], np.ones((2, 3)))
    assert not table.get_value().any()
    f([4, 4], np.ones((2, 3)))
    np.testing.assert_array_equal(table.get_value()[4], [2, 2, 2])
    table.set_value(np.zeros((5, 0)))
    f([7], np.ones((1, 0)))  # nothing is written
