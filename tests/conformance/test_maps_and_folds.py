"""The loops of other names: map, reduce, foldl, foldr and checkpoints."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T

until = theano.scan_module.until
same = np.testing.assert_allclose


def test_maps_and_folds_take_each_argument(function):
    x, s = T.vector("x"), T.scalar("s")
    c = theano.shared(0, "c")
    mapped, _ = theano.map(
        fn=lambda v, w, k: v * w + k,
        sequences=[x, x],
        non_sequences=s,
        truncate_gradient=-1,
        go_backwards=True,
        mode="FAST_RUN",
        name="m",
    )
    (one, two), counted = theano.map(lambda v: ([v, v * 2], {c: c + 1}), x)
    stopped, _ = theano.map(lambda v: (v, until(v > 1)), x)
    reduced, _ = theano.reduce(
        fn=lambda v, t, k: t * k + v,
        sequences=x,
        outputs_info=s,
        non_sequences=T.constant(10.0),
        go_backwards=True,
        mode=None,
        name="r",
    )
    left, _ = theano.foldl(lambda v, t, k: t * k + v, x, s, 10.0, "FAST_RUN", "l")
    right, _ = theano.foldr(
        fn=lambda v, t, k: t * k + v,
        sequences=[x],
        outputs_info=[s],
        non_sequences=[10.0],
        mode=None,
        name="r",
    )
    both, _ = theano.reduce(lambda v, t, p: [t + v, p * v], x, [s, T.constant(1.0)])
    mixed, _ = theano.reduce(lambda v, t: [t + v, v * 2], x, [s, None])
    largest, _ = theano.reduce(T.maximum, x, -np.inf)
    taps, _ = theano.foldl(
        lambda v, a, b: a + b + v, x, {"initial": x, "taps": [-1, -2]}
    )
    early, _ = theano.reduce(lambda v, t: (t + v, until(v > 1)), x, s)
    outputs = [mapped, one, two, stopped, reduced, left, right, *both, *mixed]
    outputs += [largest, taps, early]
    f = function([x, s], outputs, updates=counted)
    results = f([1, 2, 3], 1)
    expected = [
        [10, 5, 2],
        [1, 2, 3],
        [2, 4, 6],
        [1, 2],
        *(1321, 1123, 1321, 7, 6, 7, 6, 3, 15, 4),
    ]
    for got, value in zip(results, expected, strict=True):
        same(got, value)
    assert c.get_value() == 3


def test_checkpoints_take_each_argument(function):
    x, s, n = T.vector("x"), T.scalar("s"), T.iscalar("n")
    c = theano.shared(0, "c")
    whole, _ = theano.scan_checkpoints(
        fn=lambda v, t, k: t * k + v,
        sequences=[x],
        outputs_info=[s],
        non_sequences=[T.constant(2.0)],
        name="whole",
        n_steps=4,
        save_every_N=2,
        padding=True,
    )
    padded, updates = theano.scan_checkpoints(
        lambda v, t: (t + v, {c: c + 1}), x, {"initial": s}, save_every_N=3
    )
    powers, _ = theano.scan_checkpoints(
        lambda t: t * 2, None, s, n_steps=n, save_every_N=2
    )
    f = function(
        [x, s, n], [whole, padded, powers, T.grad(whole.sum(), x)], updates=updates
    )
    got = f([1, 2, 3, 4], 0, 4)
    same(got[0], [4, 26])
    same(got[1], [6, 10])
    same(got[2], [0, 0])
    same(got[3], [10, 5, 2, 1])
    assert c.get_value() == 6
