"""Every argument of `scan` and its kin, in each form that Theano takes."""

import os
import signal
import threading
import time
from collections import OrderedDict

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

until = theano.scan_module.until
same = np.testing.assert_allclose


LOW = (
    "scan low the following error has been encountered: The initial state "
    "(`outputs_info` in scan nomenclature) of variable f32 (argument number 0) "
    "has dtype float32 and 1 dimension(s), while the result of the inner "
    "function (`fn`) has dtype float64 and 1 dimension(s). This can happen if "
    "the inner function of scan results in an upcast or downcast; cast the "
    "initial state, as in f32.astype('float64'), or the result, as in "
    "result.astype('float32')."
)


@pytest.fixture(params=[None, "FAST_COMPILE"], ids=["default", "interpreted"])
def function(request):
    """Return `theano.function` in one of both modes."""

    def make(inputs, outputs, **options):
        return theano.function(inputs, outputs, mode=request.param, **options)

    return make


def test_sequences_of_every_form(function):
    x, m = T.vector("x"), T.tensor3("m")
    held = theano.shared(np.arange(3.0), "held")
    given = [
        (lambda v: v * 2, x, [2, 4, 6, 8]),
        (lambda v: v * 2, [x], [2, 4, 6, 8]),
        (lambda v, w: v * w, (x, x[::-1]), [4, 6, 6, 4]),
        (lambda v: v * 2, {"input": x}, [2, 4, 6, 8]),
        (lambda v: v * 2, {"input": x, "taps": None}, [2, 4, 6, 8]),
        (lambda v: v * 2, {"input": x, "taps": 1}, [4, 6, 8]),
        (lambda v: v * 2, {"input": x, "taps": [-1]}, [2, 4, 6]),
        (lambda v: v * 2, {"input": x, "taps": [0]}, [2, 4, 6, 8]),
        (lambda a, b: 10 * a + b, {"input": x, "taps": [-1, 0]}, [12, 23, 34]),
        (lambda a, b: 10 * a + b, {"input": x, "taps": (0, -1)}, [21, 32, 43]),
        (lambda a, b: 10 * a + b, {"input": x, "taps": range(-1, 1)}, [12, 23, 34]),
        (lambda a, b: 10 * a + b, {"input": x, "taps": np.array([1, 2])}, [23, 34]),
        (lambda a, b: 10 * a + b, {"input": x, "taps": [-2, 1]}, [14]),
        (lambda a, b: a + b, {"input": x, "taps": [0, 0]}, [2, 4, 6, 8]),
        (lambda a, b: a + b, {"input": x, "taps": [0, 4]}, []),
        (
            lambda a, b, c, d: a + 10 * b + 100 * c + 1000 * d,
            [{"input": x, "taps": [-1, 1]}, x * 5, {"input": x, "taps": [2]}],
            [1 + 30 + 500 + 3000, 2 + 40 + 1000 + 4000],
        ),
        (lambda v: v * 2, np.arange(3.0), [0, 2, 4]),
        (lambda v: v * 2, [[1.0, 2.0]], [2, 4]),
        (lambda v, w: v + w, [held, x], [1, 3, 5]),
        (lambda v: v * 2, T.arange(3), [0, 2, 4]),
        (lambda r: r.sum(axis=0), m, [[3, 3], [3, 3]]),
    ]
    outputs = [theano.scan(fn, sequences=s)[0] for fn, s, _ in given]
    f = function([x, m], outputs)
    results = f([1, 2, 3, 4], np.ones((2, 3, 2)))
    for got, (_, _, expected) in zip(results, given, strict=True):
        same(got, np.reshape(expected, (len(expected), *got.shape[1:])))


def test_sequences_are_walked_backwards_with_their_taps(function):
    x, y, n = T.vector("x"), T.vector("y"), T.iscalar("n")
    options = {"go_backwards": True}
    outputs = [
        theano.scan(lambda v: v, x, **options)[0],
        theano.scan(lambda v: v, x, n_steps=n, **options)[0],
        theano.scan(lambda a, b: 10 * a + b, [x, y], **options)[0],
        theano.scan(lambda a, b: 10 * a + b, {"input": x, "taps": [-1, 1]}, **options)[
            0
        ],
        theano.scan(lambda v, s: 2 * s + v, x, T.constant(1.0), **options)[0],
    ]
    f = function([x, y, n], outputs)
    expected = [[4, 3, 2, 1], [4, 3], [46, 35], [24, 13], [6, 15, 32, 65]]
    for got, right in zip(f([1, 2, 3, 4], [5, 6], 2), expected, strict=True):
        same(got, right)


def test_outputs_info_of_every_form(function):
    s, x = T.scalar("s"), T.vector("x")
    given = [
        (lambda a: a * 2, s, [2, 4, 8]),
        (lambda a: a * 2, [s], [2, 4, 8]),
        (lambda a: a * 2, {"initial": s}, [2, 4, 8]),
        (lambda a: a * 2, {"initial": s, "taps": [-1]}, [2, 4, 8]),
        (lambda a: a * 2, [{"initial": s, "taps": -1}], [2, 4, 8]),
        (lambda a: a * 2, {"initial": s, "taps": None}, [2, 4, 8]),
        (lambda a: a * 2, np.float64(3), [6, 12, 24]),
        (lambda a: a * 2, 3.0, [6, 12, 24]),
        (lambda a: a * 2, T.constant(3), [6, 12, 24]),
        (lambda a: a * 2, np.array([1, 2]), [[2, 4], [4, 8], [8, 16]]),
        (lambda a: a * 2, theano.shared(3.0), [6, 12, 24]),
        (lambda a: a * 2, {"initial": x, "taps": [-2]}, [2, 20, 4]),
        (lambda a: a * 2, {"initial": x, "taps": [-3]}, [2, 20, 200]),
        (lambda a, b: 2 * a + b, {"initial": x, "taps": [-1, -2]}, [21, 52, 125]),
        (lambda a, b: 2 * a + b, {"initial": x, "taps": [-2, -1]}, [12, 32, 56]),
        (lambda a, b: a + b, {"initial": x, "taps": [-3, -1]}, [101, 111, 211]),
        (
            lambda a, b: a + b,
            {"initial": np.array([1.0, 1.0]), "taps": [-2, -1]},
            [2, 3, 5],
        ),
        (lambda: T.constant(5.0), None, [5, 5, 5]),
        (lambda: T.constant(5.0), [None], [5, 5, 5]),
        (lambda: T.constant(5.0), [{}], [5, 5, 5]),
        (lambda: T.constant(5.0), [{"initial": None}], [5, 5, 5]),
        (lambda: T.constant(5.0), [{"initial": None, "taps": None}], [5, 5, 5]),
        (lambda: T.constant(5.0), [], [5, 5, 5]),
    ]
    outputs = [
        theano.scan(fn, outputs_info=info, n_steps=3)[0] for fn, info, _ in given
    ]
    f = function([s, x], outputs)
    for got, (_, _, expected) in zip(f(1, [1, 10, 100]), given, strict=True):
        same(got, expected)


def test_several_outputs_get_their_states_in_order(function):
    x, s, first = T.vector("x"), T.scalar("s"), T.matrix("first")
    (totals, scaled, rows), _ = theano.scan(
        lambda v, total, older, newest, k: [
            total + v,
            v * k,
            older + newest * 10 + total,
        ],
        sequences=[x],
        outputs_info=[s, None, {"initial": first, "taps": [-2, -1]}],
        non_sequences=7,
    )
    f = function([x, s, first], [totals, scaled, rows])
    xs, start = np.array([1.0, 2, 3]), np.array([[1.0, 2], [3, 4], [99, 99]])
    total, seen, expected = 5.0, list(start[:2]), ([], [], [])
    for v in xs:
        seen.append(seen[-2] + 10 * seen[-1] + total)
        total += v
        for into, value in zip(expected, (total, v * 7, seen[-1]), strict=True):
            into.append(value)
    for got, right in zip(f(xs, 5.0, start), expected, strict=True):
        same(got, right)


def test_non_sequences_of_every_form_and_outer_variables(function):
    x, s = T.vector("x"), T.scalar("s")
    w = theano.shared(np.eye(2), "w")
    outer = x.sum() * s
    given = [
        (lambda v, a: v * a, s),
        (lambda v, a: v * a, [s]),
        (lambda v, a: v * a, (s,)),
        (lambda v, a: v * a, 2.0),
        (lambda v, a: v * a, np.float64(2)),
        (lambda v, a, b, c: v * a + b.sum() - c.sum(), [s, w, np.ones(2)]),
        (lambda v: v * s, None),
        (lambda v: v * s + outer - w.sum() - s, []),
    ]
    outputs = [
        theano.scan(fn, sequences=x, non_sequences=n, strict=k < 6)[0]
        for k, (fn, n) in enumerate(given)
    ]
    results = function([x, s], outputs)([1, 2], 2)
    for got in results[:7]:
        same(got, [2, 4])
    same(results[7], [4, 6])


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


def test_the_gradient_goes_back_through_as_many_steps_as_asked(function):
    x, w, first = T.vector("x"), T.scalar("w"), T.vector("first")

    def slopes(cost_of, **options):
        y, _ = theano.scan(lambda v, s: w * s + v, x, T.constant(5.0), **options)
        return T.grad(cost_of(y), [x, w])

    def last(y):
        return y[-1]

    def total(y):
        return y.sum()

    cases = [  # the states are 5, 51, 512, 5123, 51234
        (slopes(last, truncate_gradient=0), [0, 0, 0, 0], 0),
        (slopes(last, truncate_gradient=1), [0, 0, 0, 1], 5123),
        (slopes(last, truncate_gradient=np.int64(2)), [0, 0, 10, 1], 5123 + 5120),
        (slopes(total, truncate_gradient=2), [0, 0, 11, 1], 5123 + 512 * 11),
        (slopes(last, truncate_gradient=T.constant(3)), [0, 100, 10, 1], None),
        (slopes(last, truncate_gradient=9), [1000, 100, 10, 1], None),
        (slopes(last, truncate_gradient=-1), [1000, 100, 10, 1], None),
        (slopes(last, truncate_gradient=2, go_backwards=True), [1, 10, 0, 0], None),
    ]
    f = function([x, w], [v for (by_x, by_w), *_ in cases for v in (by_x, by_w)])
    results = f([1, 2, 3, 4], 10)
    for k, (_, by_x, by_w) in enumerate(cases):
        same(results[2 * k], by_x)
        if by_w is not None:
            same(results[2 * k + 1], by_w)
    mapped, _ = theano.map(lambda v: v**2, x, truncate_gradient=2)
    same(function([x], T.grad(mapped.sum(), x))([1, 2, 3, 4]), [0, 0, 6, 8])
    y, _ = theano.scan(
        lambda v, before, a, b: 2 * a + 3 * b + v * before,
        {"input": x, "taps": [0, -1]},
        {"initial": first, "taps": [-2, -1]},
        truncate_gradient=2,
    )
    by_x, by_first = function([x, first], T.grad(y[-1], [x, first]))(
        [1, 2, 3, 4], [0.1, 0.2]
    )
    # y[2] = 2 y[0] + 3 y[1] + x[3] x[2] and y[1] = ... + x[2] x[1]
    same(by_x, [0, 3 * 3, 3 * 2 + 4, 3])
    same(by_first, [0, 0])


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


def test_updates_of_every_form(function):
    x = T.vector("x")
    forms = [
        lambda c, d: {c: c + 1, d: d + c},
        lambda c, d: OrderedDict([(c, c + 1), (d, d + c)]),
        lambda c, d: theano.updates.OrderedUpdates([(c, c + 1), (d, d + c)]),
        lambda c, d: [(c, c + 1), (d, d + c)],
        lambda c, d: ((c, c + 1), (d, d + c)),
        lambda c, d: [[c, c + 1], [d, d + c]],
        lambda c, d: {c: c + 1, d: d + c}.items(),
    ]
    orders = [
        lambda out, new: (out, new),
        lambda out, new: [[out], new],
        lambda out, new: (new, out),
        lambda out, new: (out, new, until(T.constant(0))),
    ]
    cases = [(form, orders[0]) for form in forms] + [(forms[0], o) for o in orders]
    updates, outputs, held = theano.updates.OrderedUpdates(), [], []
    for form, order in cases:
        c, d = theano.shared(1, "c"), theano.shared(10, "d")
        out, new = theano.scan(
            lambda v, c=c, d=d, form=form, order=order: order(v * c, form(c, d)), x
        )
        assert isinstance(new, theano.updates.OrderedUpdates)
        assert list(new) == [c, d]
        outputs.append(out)
        updates += new
        held.append((c, d))
    f = function([x], outputs, updates=updates)
    for got in f([1, 1, 1]):
        same(got, [1, 2, 3])
    assert {(int(c.get_value()), int(d.get_value())) for c, d in held} == {(4, 16)}
    for got in f([]):
        assert got.shape == (0,)
    assert held[0][0].get_value() == 4


def test_updates_alone_numbers_as_updates_and_updates_that_stop(function):
    c = theano.shared(0, "c")
    for fn, steps, expected in (
        (lambda: {c: c + 1}, 3, 3),
        (lambda: [(c, c + 1)], 3, 3),
        (lambda: ({c: c + 1}, until(c > 3)), 50, 5),
        (lambda: {c: 7}, 2, 7),
        (dict, 2, 0),
        (lambda: None, 2, 0),
        (list, 2, 0),
    ):
        outputs, updates = theano.scan(fn, n_steps=steps)
        assert outputs is None
        c.set_value(0)
        function([], [], updates=updates)()
        assert c.get_value() == expected


def test_loops_in_loops_in_loops(function):
    t, s = T.tensor3("t"), T.scalar("s")
    count = theano.shared(0, "count")

    def entry(v, total):
        return total + v * s, {count: count + 1}

    def row(r):
        sums, updates = theano.scan(entry, r, T.constant(0.0), name="entry")
        return sums[-1], updates

    def matrix(m):
        sums, updates = theano.scan(row, m, name="row")
        return sums.sum(), updates

    sums, updates = theano.scan(matrix, t, name="matrix")
    by_t, by_s = T.grad((sums**2).sum(), [t, s])
    f = function([t, s], [sums, by_t, by_s], updates=updates)
    value = np.arange(24.0).reshape(2, 3, 4)
    got = f(value, 2.0)
    total = 2 * value.sum(axis=(1, 2))
    same(got[0], total)
    same(got[1], np.broadcast_to(4 * total[:, None, None], value.shape))
    same(got[2], (2 * total * total / 2).sum())
    assert count.get_value() == 24


def test_the_options_that_only_tune_are_taken(function):
    x, s = T.vector("x"), T.scalar("s")
    py = theano.Mode(linker="py")
    for mode in (None, "FAST_RUN", "FAST_COMPILE", "DebugMode", py):
        out, updates = theano.scan(
            lambda v, t: v + t, x, s, None, None, -1, False, mode, "n", True, True
        )
        assert not updates
    out, _ = theano.scan(
        lambda v, t: v + t, x, s, profile="p", allow_gc=False, return_list=True
    )
    assert isinstance(out, list)
    same(function([x, s], out)([1, 2], 3)[0], [4, 6])
    with pytest.raises(TypeError, match="alow_gc"):
        theano.scan(lambda v: v, x, alow_gc=True)


def test_single_and_several_outputs_are_returned(function):
    x = T.vector("x")
    for fn, return_list, kind in (
        (lambda v: v, False, T.TensorVariable),
        (lambda v: [v], False, T.TensorVariable),
        (lambda v: (v,), False, T.TensorVariable),
        (lambda v: v, True, list),
        (lambda v: (v, v), False, list),
        (lambda v: [v, v], True, list),
        (lambda v: ([v, v], {}), False, list),
        (lambda v: ([v], {}), False, T.TensorVariable),
        (lambda _: 2.5, False, T.TensorVariable),
        (lambda _: np.float64(2.5), False, T.TensorVariable),
    ):
        outputs, updates = theano.scan(fn, x, return_list=return_list)
        assert isinstance(outputs, kind)
        assert not updates
    same(function([x], outputs)([1, 2]), [2.5, 2.5])


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


def test_what_does_not_fit_is_told_when_the_call_comes(function):
    x, m, n = T.vector("x"), T.matrix("m"), T.iscalar("n")
    k = T.lvector("k")
    cases = [
        (theano.scan(lambda v: v * 2, x, n_steps=n, name="walk")[0], "scan walk must"),
        (theano.scan(lambda s: s * 2, None, x, n_steps=n, name="neg")[0], "scan neg"),
        (
            theano.scan(lambda s: T.dot(m, s), None, x, n_steps=n, name="grow")[0],
            r"x\[t-1\] of scan grow had shape \(3,\) before step 0 and has \(2,\)",
        ),
    ]
    given = {x: np.ones(3), m: np.ones((2, 3)), n: 4, k: [2]}
    for output, text in cases:
        f = function([x, m, n], output, on_unused_input="ignore")
        steps = -2 if "neg" in text else 4
        with pytest.raises(ValueError, match=text) as info:
            f(given[x], given[m], steps)
        assert "test_scan_arguments.py" in str(info.value)


def test_wrong_arguments_are_told_at_once():
    x, s, i = T.vector("x"), T.scalar("s"), T.iscalar("i")
    f32 = T.fvector("f32")
    cases = [
        ({"fn": lambda: s}, "No information about the number of steps provided. Eit"),
        ({"fn": lambda t: (t, until(t > 1)), "outputs_info": s}, "No information abou"),
        ({"fn": lambda: s, "n_steps": 2.0}, "n_steps must be an int. dtype provided "),
        ({"fn": lambda: s, "n_steps": s}, "n_steps must be an int. dtype provided is"),
        ({"fn": lambda: s, "n_steps": -1}, "must not be negative, got -1"),
        ({"fn": lambda: s, "n_steps": T.constant(-1)}, "must not be negative, got -1"),
        ({"fn": lambda v: v, "sequences": s}, "needs a first axis"),
        ({"fn": lambda v: v, "sequences": {"taps": [0]}}, "needs an 'input'"),
        ({"fn": lambda v: v, "sequences": {"input": x, "tap": 0}}, "no ['tap']"),
        ({"fn": lambda v: v, "sequences": {"input": x, "taps": []}}, "needs a tap"),
        ({"fn": lambda v: v, "sequences": {"input": x, "taps": [0.5]}}, "be an int"),
        (
            {"fn": lambda t: t, "outputs_info": {"initial": x, "taps": [0]}},
            "Can not use future taps of outputs",
        ),
        ({"fn": lambda t: t, "outputs_info": {"taps": [-2]}}, "needs an 'initial'"),
        (
            {"fn": lambda t: t, "outputs_info": {"initial": s, "taps": [-2]}},
            "stand along a first axis",
        ),
        (
            {"fn": lambda t: t, "outputs_info": {"initial": np.ones(1), "taps": [-2]}},
            "begins with 2 values",
        ),
        ({"fn": lambda t: [t, t], "outputs_info": s}, "Please provide None as outputs"),
        ({"fn": lambda v: v, "sequences": x, "truncate_gradient": i}, "must be an int"),
        ({"fn": lambda v: v, "sequences": x, "truncate_gradient": 1.5}, "must be an i"),
        ({"fn": lambda v: (until(v > 1), v), "sequences": x}, "must be the last thing"),
        ({"fn": lambda v: (v, until(x > v)), "sequences": x}, "must be a scalar"),
        ({"fn": lambda _: "text", "sequences": x}, "return value of your scan lambda"),
        (
            {"fn": lambda t: t * x, "outputs_info": f32, "name": "low"},
            LOW,
        ),
        (
            {"fn": lambda t: t.sum(), "outputs_info": x, "name": "flat"},
            "of variable x (argument number 0) has type TensorType(float64, vector)",
        ),
        (
            {"fn": lambda t: T.join(0, t, t), "outputs_info": T.zeros(2)},
            "has shape (2,), while the result of the inner function (`fn`) has shape (",
        ),
    ]
    for options, text in cases:
        given = dict(options)
        if "sequences" not in given and "No information" not in text:
            given.setdefault("n_steps", 3)
        with pytest.raises(ValueError) as info:
            theano.scan(**given)
        assert text in str(info.value)


def test_a_strict_loop_wants_what_it_reads():
    x, a = T.vector("x"), theano.shared(2.0, "a")
    total = x.sum()
    for fn, given in (
        (lambda v: v * a, None),
        (lambda v: v * total, None),
        (lambda v, _: v * a, [total]),
        (lambda v: (v, {a: a + 1}), None),
        (lambda v: (v, until(a > 1)), None),
    ):
        with pytest.raises(theano.gof.MissingInputError, match="strict"):
            theano.scan(fn, x, non_sequences=given, strict=True)
    theano.scan(lambda v, b: v * b + T.constant(2.0), x, None, [a], strict=True)


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
