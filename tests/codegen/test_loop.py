"""Loops written by hand: states, kept rows, early ends, nests of them."""

import numpy as np
import pytest

from theanolike.codegen.lowering import Builder, Call, Literal

pytestmark = pytest.mark.compiler


def test_a_logistic_map_of_a_million_steps_is_one_loop_in_registers(compile_program):
    b = Builder()
    x, r = b.input("float64", ()), b.input("float64", ())

    def body(b, step, x, r):
        return [b.pointwise("float64", lambda x, r: r * x * (1.0 - x), x, r)]

    b.program.outputs = list(b.loop(1_000_000, [x], [r], body))
    run = compile_program(b)
    text = run.unit.text[run.unit.text.index("tl_compute") :]
    assert text.count("for (") == 1
    assert "workspace" not in text
    expected = 0.3
    for _ in range(1_000_000):
        expected = 3.2 * expected * (1.0 - expected)
    np.testing.assert_allclose(
        run(np.asarray(0.3), np.asarray(3.2))[0], expected, 1e-12
    )


def test_states_swap_without_being_copied_into_one_another(compile_program):
    b = Builder()
    x, y = b.input("float64", (None,)), b.input("float64", (None,))
    b.program.outputs = list(b.loop(7, [x, y], [], lambda b, step, p, q: [q, p]))
    first, second = compile_program(b)(np.arange(4.0), -np.arange(4.0))
    np.testing.assert_array_equal(first, -np.arange(4.0))
    np.testing.assert_array_equal(second, np.arange(4.0))


def test_scalar_states_take_their_new_values_together(compile_program):
    b = Builder()
    x, y = b.input("int64", ()), b.input("int64", ())

    def body(b, step, x, y):
        return [y, b.pointwise("int64", lambda x, y: x + y, x, y), x]

    b.program.outputs = list(b.loop(10, [x, y], [], body, collect=1))
    last, following, rows = compile_program(b)(np.asarray(0), np.asarray(1))
    np.testing.assert_array_equal(rows, [0, 1, 1, 2, 3, 5, 8, 13, 21, 34])
    assert (last, following) == (55, 89)


def test_rows_that_nothing_reads_are_not_kept(compile_program):
    b = Builder()
    x = b.input("float64", ())

    def body(b, step, x):
        half = b.pointwise("float64", lambda x: x * 0.5, x)
        return [half, x, half]

    last, unread, rows = b.loop(4, [x], [], body, collect=2)
    b.pointwise("float64", lambda x: x + 1.0, unread)
    b.program.outputs = [last, rows]
    run = compile_program(b)
    assert len(last.node.results) == 2
    final, kept = run(np.asarray(8.0))
    assert final == 0.5
    np.testing.assert_array_equal(kept, [4.0, 2.0, 1.0, 0.5])


def test_a_loop_inside_of_a_loop_inside_of_a_branch(compile_program):
    b = Builder()
    x, chosen = b.input("float64", (None, None)), b.input("bool", ())

    def inner(b, step, row, x):
        return [
            b.map(
                row.shape,
                "float64",
                lambda k: row.at(k) + x.at(b.checked(step.at(), x.shape[0]), k),
            )
        ]

    def outer(b, step, x):
        zero = b.map((x.shape[1],), "float64", lambda k: Literal(0.0, "float64"))
        (total,) = b.loop(x.shape[0], [zero], [x], inner)
        moved = b.map(x.shape, "float64", lambda i, k: x.at(i, k) + total.at(k) * 0.5)
        return [moved, b.reduce("add", total, (0,))]

    def then(b, x):
        return list(b.loop(3, [x], [], outer, collect=1))

    def otherwise(b, x):
        zero = b.map((3,), "float64", lambda k: Literal(0.0, "float64"))
        return [b.pointwise("float64", lambda e: -e, x), zero]

    b.program.outputs = list(b.branch(chosen, [x], then, otherwise))
    run = compile_program(b)
    start = np.arange(6.0).reshape(2, 3)
    expected, sums = start, []
    for _ in range(3):
        sums.append(expected.sum())
        expected = expected + expected.sum(0) * 0.5
    moved, rows = run(start, np.asarray(True))
    np.testing.assert_array_equal(moved, expected)
    np.testing.assert_array_equal(rows, sums)
    np.testing.assert_array_equal(run(start, np.asarray(False))[0], -start)


@pytest.mark.parametrize("most", [0, 1, 5, 100])
def test_until_ends_after_the_step_that_asks_for_it(compile_program, most):
    b = Builder()
    x, count = b.input("float64", ()), b.item(b.input("int64", ()))

    def body(b, step, x):
        y = b.pointwise("float64", lambda x: x * 2.0, x)
        return [y, y, b.pointwise("bool", lambda y: y > 30.0, y)]

    b.program.outputs = list(b.loop(count, [x], [], body, collect=1, until=True))
    last, rows, done = compile_program(b)(np.asarray(1.0), np.asarray(most))
    assert done == min(most, 5)
    assert last == 2.0 ** min(most, 5)
    np.testing.assert_array_equal(rows[: min(most, 5)], 2.0 ** np.arange(1, done + 1))


def test_an_error_inside_of_a_loop_is_that_of_the_first_bad_step(
    compile_program, failure
):
    b = Builder()
    x, total = b.input("float64", (None,)), b.input("float64", ())

    def body(b, step, total, x):
        b.site = 8
        element = b.map((), "float64", lambda: x.at(b.checked(step.at(), x.shape[0])))
        return [b.pointwise("float64", lambda p, q: p + q, total, element)]

    b.program.outputs = list(b.loop(10, [total], [x], body))
    run = compile_program(b)
    assert run(np.ones(10), np.asarray(0.0)) == [10.0]
    with pytest.raises(failure) as caught:
        run(np.ones(6), np.asarray(0.0))
    assert caught.value.args[1] == 8
    assert caught.value.args[2][:2] == (6, 6)


def test_work_inside_of_a_loop_is_fused_and_reduced_as_outside(compile_program, rng):
    b = Builder()
    x, w = b.input("float64", (None, None)), b.input("float64", (None,))
    b.require_equal(x.shape[1], w.shape[0])

    def body(b, step, w, x):
        z = b.reduce(
            "add", (x.shape, "float64", lambda i, j: x.at(i, j) * w.at(j)), (1,)
        )
        e = b.pointwise("float64", lambda z: Call("tanh", "float64", (z,)), z)
        g = b.reduce(
            "add", (x.shape, "float64", lambda i, j: x.at(i, j) * e.at(i)), (0,)
        )
        return [b.pointwise("float64", lambda w, g: w - g * 0.01, w, g)]

    b.program.outputs = list(b.loop(20, [w], [x], body))
    matrix, expected = rng.standard_normal((50, 7)), np.ones(7)
    (result,) = compile_program(b)(matrix, expected)
    for _ in range(20):
        expected = expected - 0.01 * matrix.T @ np.tanh(matrix @ expected)
    np.testing.assert_allclose(result, expected, 1e-12)
