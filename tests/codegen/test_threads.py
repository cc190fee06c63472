"""Kernels divided among threads, in every way: NumPy's results, and equal bits."""

import threading

import numpy as np
import pytest

from theanolike.codegen.lowering import Builder, Call

pytestmark = pytest.mark.compiler


def exp(x):
    return Call("exp", x.dtype, (x,))


def softmax(b, x):
    """Rows in stages, each with a temporary."""
    top = b.transpose(b.reduce("max", x, (1,)), (0, None))
    e = b.pointwise("float64", lambda x, m: exp(x - m), x, top)
    total = b.transpose(b.reduce("add", e, (1,)), (0, None))
    return [b.pointwise("float64", lambda e, s: e / s, e, total)]


def softmax_expected(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return [e / e.sum(1, keepdims=True)]


def logistic(b, x):
    """Rows whose results are added up in memory, and a sum over them."""
    w = b.reduce("add", x, (0,))
    z = b.reduce("add", (x.shape, "float64", lambda i, j: x.at(i, j) * w.at(j)), (1,))
    e = b.pointwise("float64", lambda z: Call("tanh", "float64", (z,)), z)
    g = b.reduce("add", (x.shape, "float64", lambda i, j: x.at(i, j) * e.at(i)), (0,))
    return [e, g, b.reduce("add", e, (0,))]


def logistic_expected(x):
    e = np.tanh(x @ x.sum(0))
    return [e, x.T @ e, e.sum()]


def columns(b, x):
    """Sums that run down the columns, and pointwise work over everything."""
    return [b.reduce("add", x, (0,)), b.pointwise("float64", exp, x)]


def columns_expected(x):
    return [x.sum(0), np.exp(x)]


def both(b, x):
    """Reductions over everything, and of a transpose."""
    turned = b.transpose(x, (1, 0))
    least = b.reduce("min", turned, (0, 1))
    return [b.reduce("add", x, (0, 1)), least, b.reduce("max", turned, (0,))]


def both_expected(x):
    return [x.sum(), x.min(initial=np.inf), x.max(1)]  # the least of nothing


PROGRAMS = {
    softmax: softmax_expected,
    logistic: logistic_expected,
    columns: columns_expected,
    both: both_expected,
}
# few long rows (longer than a thread's stack keeps), many short ones, a square
SHAPES = [(3, 70_000), (70_000, 3), (600, 601), (1, 100_000), (0, 5), (40, 2049)]


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda define: define.__name__)
def program(request, compile_program):
    b = Builder()
    b.program.outputs = request.param(b, b.input("float64", (None, None)))
    return compile_program(b), PROGRAMS[request.param]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_pieces_of_any_shape_give_numpys_result_and_equal_bits(program, shape, rng):
    run, expected = program
    x = rng.standard_normal(shape)
    one, two = run(x, threads=1), run(x, threads=2)
    for want, a, b in zip(expected(x), one, two, strict=True):
        np.testing.assert_allclose(a, want, 1e-9, 1e-9)
        assert a.tobytes() == b.tobytes()


def test_calls_from_several_threads_at_once_do_not_meet(compile_program, rng):
    b = Builder()
    b.program.outputs = softmax(b, b.input("float64", (None, None)))
    run = compile_program(b)
    arrays = [rng.standard_normal((50 + k, 900)) for k in range(4)]
    results = {}

    def work(k):
        for _ in range(5):
            results[k] = run.function(arrays[k])[0]

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for k, array in enumerate(arrays):
        np.testing.assert_allclose(results[k], softmax_expected(array)[0], 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_block_with_a_large_argument_is_computed_again(compile_program, rng, dtype):
    b = Builder()
    x = b.input(dtype, (None,))
    sine = b.pointwise(dtype, lambda e: Call("sin", dtype, (e,)), x)
    total = b.reduce(
        "add", b.pointwise(dtype, lambda e: Call("cos", dtype, (e,)), x), (0,)
    )
    b.program.outputs = [sine, total]
    run = compile_program(b)
    values = rng.standard_normal(5000).astype(dtype)
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    for place in (0, 1023, 1024, 4096, 4999):
        large = values.copy()
        large[place] = 1e22
        got, cosines = run(large)
        wide = large.astype(float)
        np.testing.assert_allclose(got, np.sin(wide), tolerance, tolerance)
        np.testing.assert_allclose(cosines, np.cos(wide).sum(), 1e-4)
        np.testing.assert_array_equal(
            np.delete(got, place), np.delete(run(values)[0], place)
        )
