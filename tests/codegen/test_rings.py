"""The buffers of loops' states: as few as may be, and never a wrong number."""

import re

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime, function
from theanolike.codegen.lowering import Builder, Call, Literal

pytestmark = pytest.mark.compiler

u, v, w = T.dmatrix("u"), T.dmatrix("v"), T.dmatrix("w")
x, y = T.dvector("x"), T.dvector("y")
VALUES = {
    **{
        m: np.random.default_rng(k).normal(size=(7, 6)) for k, m in enumerate([u, v, w])
    },
    **{m: np.random.default_rng(k).normal(size=12) for k, m in enumerate([x, y])},
}


def around(u):
    return u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]


def bent(before, now):
    new = 1.5 * now[1:-1, 1:-1] - before[1:-1, 1:-1] + 0.1 * around(now)
    return T.set_subtensor(now[1:-1, 1:-1], new)


def run(step, steps, *starts, **options):
    """Return the states of all steps, from starts that may be lists of taps."""
    infos = [
        {"initial": T.stack(s), "taps": list(range(-len(s), 0))}
        if isinstance(s, list)
        else s
        for s in starts
    ]
    found, _ = theano.scan(step, outputs_info=infos, n_steps=steps, **options)
    return found


def check(outputs, places=None):
    """Compare the compiled with the interpreted, and return the compiled's plan."""
    outputs = outputs if isinstance(outputs, list) else [outputs]
    options = {"on_unused_input": "ignore"}
    compiled = function(list(VALUES), outputs, **options)
    interpreted = function(list(VALUES), outputs, mode="FAST_COMPILE", **options)
    given = [value.copy() for value in VALUES.values()]
    expected = interpreted(*given)
    for _ in range(2):  # the second call finds buffers that the first one filled
        for one, other in zip(compiled(*given), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11)
    for one, other in zip(given, VALUES.values(), strict=True):
        np.testing.assert_array_equal(one, other)
    if places is not None:
        found = re.findall(r"(\d+) in place", compiled.plan)
        assert places == sum(map(int, found))
    return compiled.plan


def test_the_next_state_of_two_taps_is_written_over_the_older_one():
    outputs = [run(bent, steps, [u, u])[-1] for steps in (1, 2, 3, 4, 7)]
    assert "buffers: 10" in check(outputs, places=5)


def test_a_border_that_differs_in_the_first_states_is_that_of_the_last_of_them():
    outputs = [run(bent, steps, [u, v])[-1] for steps in (1, 2, 3, 4, 7)]
    check([*outputs, run(bent, 6, [u, v])], places=6)


def test_a_border_that_comes_from_the_older_state_alternates():
    def step(before, now):
        new = before[1:-1, 1:-1] * 0.5 + 0.1 * around(now)
        return T.set_subtensor(before[1:-1, 1:-1], new)

    def not_in_place(before, now):
        new = around(before) * 0.1 + now[1:-1, 1:-1]
        return T.set_subtensor(before[1:-1, 1:-1], new)

    check([run(step, steps, [u, v])[-1] for steps in (3, 6)], places=2)
    check([run(not_in_place, steps, [u, v])[-1] for steps in (3, 4, 7)], places=0)


def test_a_stencil_of_the_only_state_keeps_two_buffers():
    def step(u):
        return T.set_subtensor(u[1:-1, 1:-1], 0.25 * around(u))

    def added(u):
        return T.inc_subtensor(u[1:-1, 1:-1], 0.25 * around(u))

    outputs = [run(step, steps, u)[-1] for steps in (1, 2, 3, 6)]
    assert "buffers: 8" in check(outputs, places=0)
    plan = check([run(added, steps, u)[-1] for steps in (1, 2, 3, 6)], places=0)
    assert plan.count("nest over") == 4


def test_a_border_may_come_from_outside_or_be_made_anew():
    def captured(u):
        return T.set_subtensor(v[1:-1, 1:-1], 0.25 * around(u))

    def zeros(u):
        return T.set_subtensor(T.zeros_like(u)[1:-1, 1:-1], 0.25 * around(u))

    def computed(u):
        return T.set_subtensor((2 * u)[1:-1, 1:-1], 0.25 * around(u))

    check([run(step, 5, u)[-1] for step in (captured, zeros, computed)], places=0)


def test_a_box_that_moves_is_written_with_all_around_it():
    def step(t, u):
        return T.set_subtensor(u[t : t + 2, 1:4], u[t + 1 : t + 3, 2:5] * 0.5)

    def over(t, u):
        return T.set_subtensor(u[t : t + 2, 1:4], u[t : t + 2, 1:4] * 0.5 + v[2:4, :3])

    times = T.arange(4)
    results = [theano.scan(f, times, outputs_info=u)[0][-1] for f in (step, over)]
    check(results, places=2)


def test_what_reads_its_own_element_only_is_written_in_place():
    def momentum(p, s):
        s = 0.9 * s - 0.1 * p
        return p + s, s

    def swap(p, q):
        return q * 0.5, p + 1.0

    last = [
        run(lambda x: x * 0.9 + 0.1, 5, x)[-1],
        run(lambda a, b: 2 * b - 0.9 * a, 5, [x, y])[-1],
        *(rows[-1] for rows in run(momentum, 4, x, y)),
    ]
    assert "buffers: 5" in check(last, places=4)
    check([*run(swap, 3, x, y), *run(lambda p, q: [q, p], 5, x, y)])


def test_what_reads_other_elements_is_not():
    def seidel(u):
        return T.set_subtensor(u[1:-1], (u[:-2] + u[2:]) / 2)

    def turned(x):
        return x + x[::-1]

    def own_and_others(x):
        return x * 0.5 + T.concatenate([x[1:], x[:1]])

    def by_column(x):
        return x - x.mean() + x[3]

    steps = (seidel, turned, own_and_others, by_column)
    check([run(step, 4, x)[-1] for step in steps], places=0)
    check(run(lambda u: 0.5 * u[:6].T[:, ::-1][:, :6] + u[:6], 3, u[:6])[-1], places=0)


def test_an_element_or_a_row_is_set_without_a_copy_of_the_others():
    times = T.arange(8)
    steps = [
        lambda t, x: T.set_subtensor(x[t], T.cast(t, "float64")),
        lambda t, x: T.inc_subtensor(x[t], 1.0),
        lambda t, x: T.set_subtensor(x[t + 1], 0.5 * x[t] + 1),
        lambda t, x: T.set_subtensor(x[-1 - t], x[t] + x[0]),
    ]
    last = [theano.scan(f, times, outputs_info=x)[0][-1] for f in steps]
    plan = check(last, places=4)
    assert "buffers: 4" in plan
    rows = [
        lambda t, u: T.set_subtensor(u[t], 2 * u[t]),
        lambda t, u: T.set_subtensor(u[t], v[t] + v[t - 1]),
        lambda t, u: T.set_subtensor(u[t], 2 * u[t - 1]),
    ]
    check([theano.scan(f, T.arange(6), outputs_info=u)[0][-1] for f in rows], places=3)


def test_rows_that_occur_twice_are_read_before_they_are_written():
    index = T.as_tensor_variable(np.array([1, 1, 3, 0]))

    def twice(u):
        return T.set_subtensor(u[index], u[index] + 1.0)

    def added(u):
        return T.inc_subtensor(u[index], 0.5 * u[index])

    def plain(u):
        return T.inc_subtensor(u[index], v[:4])

    check([run(step, 4, u)[-1] for step in (twice, added, plain)])


def test_kept_states_and_elements_are_those_of_their_steps():
    def step(before, now):
        new = 2 * now - 0.9 * before
        return new, before[3, 2], before.sum(), before, T.dot(new, before.T)

    check(run(step, 5, [u, v], *[None] * 4))
    for k in (1, 3, 4):
        rows = run(lambda *taps, k=k: [step(*taps)[i] for i in (0, k)], 5, [u, v], None)
        check([rows[0][-1], rows[1]], places=1 if k == 3 else 0)


def test_what_an_inner_loop_hands_through_is_not_overwritten():
    n = T.cast(T.floor(abs(x[0])) * 0, "int64")  # no steps, known when it runs

    def step(x):
        inner, _ = theano.reduce(lambda _, z: z * 0.5, T.arange(n), x)
        return x + inner[::-1]

    plan = check(run(step, 4, x)[-1], places=1)
    assert "  loop with 1 state, 1 in place" in plan  # the inner one


def test_fast_forms_are_done_again_from_values_that_are_still_there():
    grow = run(lambda x: T.sin(x * 1e9) + x, 3, x)[-1]
    check(grow, places=0)


def test_loops_that_may_stop_and_that_go_back_write_in_place_too():
    def step(x):
        new = 0.5 * x
        return new, theano.scan_module.until(abs(new).max() < 0.1)

    check(run(step, 50, x)[-1])
    last = run(bent, 4, [u, v])[-1]
    check([*T.grad((last * w).sum(), [u, v]), *T.grad((last**2).sum(), [u, v])])
    check(T.grad((run(lambda x: T.tanh(x * y), 5, x)[-1] ** 2).sum(), [x, y]))
    check(run(bent, 5, [u, v], go_backwards=True)[-1])


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 6])
def test_steps_that_count_down_write_all_around_a_box_first(compile_program, steps):
    b = Builder()
    start = b.input("float64", (None,))

    def body(b, step, x):
        def halve(i):
            i = Call("add", "int64", (i, Literal(1, "int64")))
            return (i,), Call("mul", "float64", (x.at(i), Literal(0.5, "float64")))

        return [b.scatter("set", x, (3,), halve, unique=True)]

    b.program.outputs = list(b.loop(steps, [start], [], body, reverse=True))
    call = compile_program(b)
    for first in (1.0, 2.0):
        (got,) = call(np.full(6, first))
        inside = first / 2**steps
        np.testing.assert_array_equal(got, [first, *[inside] * 3, first, first])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_write_in_place_each_its_own_part(threads):
    steps = T.lscalar("steps")
    waves = run(bent, steps, [u, v])[-1]
    plain = run(lambda a, b: 1.5 * b - a + 0.1, steps, [u, v])[-1]
    f = function([u, v, steps], [waves, plain])
    assert "2 in place, shared among threads" in f.plan
    first, second = np.random.default_rng(0).normal(size=(2, 200, 210))
    before = _runtime.threads()
    _runtime.set_threads(threads)
    try:
        got = f(first, second, 20)
    finally:
        _runtime.set_threads(before)
    a, b = first.copy(), second.copy()
    for _ in range(20):
        a[1:-1, 1:-1] = 1.5 * b[1:-1, 1:-1] - a[1:-1, 1:-1] + 0.1 * around(b)
        a[[0, -1]], a[:, [0, -1]] = b[[0, -1]], b[:, [0, -1]]
        a, b = b, a
    np.testing.assert_allclose(got[0], b, rtol=1e-9, atol=1e-9)
    a, b = first, second
    for _ in range(20):
        a, b = b, 1.5 * b - a + 0.1
    np.testing.assert_allclose(got[1], b, rtol=1e-12, atol=1e-12)
