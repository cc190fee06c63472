"""How many steps a loop takes: counts, conditions, the shortest sequence, none."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

until = theano.scan_module.until
same = np.testing.assert_allclose


def test_numbers_of_steps_of_every_form(function):
    x, s = T.vector("x"), T.scalar("s")
    numbers = [0, 1, 2, np.int64(3), np.int8(2), np.uint16(4), np.array(2)]
    numbers += [T.constant(0), T.constant(3), T.constant(np.int8(2)), x.shape[0] - 1]
    summed = [theano.scan(lambda v, t: t + v, x, s, n_steps=n)[0] for n in numbers]
    results = function([x, s], summed)([1, 2, 3, 4], 0)
    counts = [0, 1, 2, 3, 2, 4, 2, 0, 3, 2, 3]
    for got, count in zip(results, counts, strict=True):
        same(got, [1, 3, 6, 10][:count])
    for dtype in ("int8", "int64", "uint8", "uint64"):
        n = T.scalar("n", dtype=dtype)
        doubled, _ = theano.scan(lambda t: t * 2, outputs_info=s, n_steps=n)
        f = function([n, s], [doubled, T.grad(doubled.sum(), s)])
        for count in (0, 1, 5):
            powers = 2.0 ** np.arange(1, count + 1)
            values, slope = f(count, 1)
            same(values, powers)
            same(slope, powers.sum())


def test_a_condition_ends_the_loop_in_every_form(function):
    s, x = T.scalar("s"), T.vector("x")
    assert theano.scan_module.scan_utils.until is until
    forms = [
        lambda t: (2 * t, until(t > 4)),
        lambda t: [2 * t, until(T.gt(t, 4))],
        lambda t: ([2 * t], until(t > 4)),
        lambda t: ([2 * t], {}, until(t > 4)),
        lambda t: (2 * t, [], until(t > 4)),
        lambda t: (2 * t, until(T.switch(t > 4, 0.5, 0.0))),
    ]
    outputs = [theano.scan(fn, outputs_info=s, n_steps=50)[0] for fn in forms]
    for got in function([s], outputs)(1):
        same(got, [2, 4, 8, 16])
    (sums, twice), _ = theano.scan(
        lambda v, t: (t + v, v * 2, until(t + v > 4)), x, [s, None]
    )
    f = function([x, s], [sums, twice, sums.shape, T.grad(sums.sum(), x)])
    for given, done in (([1, 2, 3, 4, 5], 3), ([5, 1], 1), ([1, 2], 2), ([], 0)):
        totals, doubled, shape, slope = f(given, 0)
        same(totals, np.cumsum(given[:done]))
        same(doubled, 2 * np.array(given[:done]))
        assert tuple(shape) == (done,)
        same(slope, [max(done - k, 0) for k in range(len(given))])
    back, _ = theano.scan(
        lambda v, t: (t + v, until(t + v > 8)), x, s, go_backwards=True
    )
    same(function([x, s], back)([1, 2, 3, 4, 5], 0), [5, 9])
    far, _ = theano.scan(lambda t: (2 * t, until(t > 4)), outputs_info=s, n_steps=2**60)
    same(function([s], far)(1), [2, 4, 8, 16])


def test_no_steps_and_no_rows_give_no_rows(function):
    m, s, n = T.matrix("m"), T.vector("s"), T.iscalar("n")
    (sums, rows), _ = theano.scan(lambda r, t: (t + r, 2 * r), m, [s, None])
    powers, _ = theano.scan(lambda t: t * s, outputs_info=s, n_steps=n)
    stopped, _ = theano.scan(lambda t: (t * s, until(s[0] > 9)), None, s, n_steps=n)
    cost = sums.sum() + rows.sum() + powers.sum() + stopped.sum()
    f = function([m, s, n], [sums, rows, powers, stopped, *T.grad(cost, [m, s])])
    got = f(np.zeros((0, 3)), np.ones(3), 0)
    assert [v.shape for v in got] == [*[(0, 3)] * 5, (3,)]
    same(got[5], 0)
    last = function([s, n], powers[-1])
    with pytest.raises(IndexError, match="axis 0 with size 0"):
        last(np.ones(3), 0)


def test_the_shortest_sequence_decides(function):
    x, y, m = T.vector("x"), T.vector("y"), T.matrix("m")
    sums, _ = theano.scan(lambda a, b, r: a + b * r, [x, y, m])
    f = function([x, y, m], [sums, *T.grad(sums.sum(), [x, y, m])])
    for lengths in ((3, 4, 2), (2, 5, 9), (4, 1, 1), (3, 3, 0)):
        steps = min(lengths)
        given = [np.ones(lengths[0]), np.arange(lengths[1]), np.ones((lengths[2], 2))]
        got, by_x, by_y, _ = f(*given)
        same(got, 1 + np.arange(steps)[:, None] * np.ones((steps, 2)))
        same(by_x, 2.0 * (np.arange(lengths[0]) < steps))
        same(by_y, 2.0 * (np.arange(lengths[1]) < steps))


@pytest.mark.parametrize("kept", ["all", "last"])
def test_a_condition_that_never_holds_stops_at_ctrl_c(kept):
    count = theano.shared(np.int64(0), "count")
    n = T.lscalar("n")
    states, updates = theano.scan(
        lambda s: (s + 1.0, {count: count + 1}, until(s < 0)),
        outputs_info=T.constant(0.0),
        n_steps=n,
    )
    f = theano.function([n], states if kept == "all" else states[-1], updates=updates)
    f(3)
    told = []

    def stop():
        time.sleep(0.1)
        told.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=stop).start()
    with pytest.raises(KeyboardInterrupt):
        f(10**9 if kept == "all" else 10**15)
    assert time.perf_counter() - told[0] < 5
    assert count.get_value() == 3
    f(2)
    assert count.get_value() == 5
