"""Every argument of `scan`, in each form that Theano takes."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

same = np.testing.assert_allclose


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
