"""Every argument of `ifelse`, and what the branch not taken costs: nothing."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

ifelse = theano.ifelse.ifelse
same = np.testing.assert_allclose


def counting(calls, *, fails=False):
    """Return an op that notes each call, and fails if asked to."""

    @theano.as_op(itypes=[T.dvector], otypes=[T.dvector])
    def op(v):
        calls.append(1)
        if fails:
            raise RuntimeError("it ran")
        return v * 2

    op.grad = lambda _, gs: [2 * gs[0]]
    return op


def test_conditions_of_every_dtype(function):
    a = T.scalar("a")
    conditions = [
        (T.iscalar(), [(2, 1), (0, 0), (-1, 1)]),
        (T.bscalar(), [(-1, 1), (0, 0)]),
        (T.lscalar(), [(2**40, 1)]),
        (T.scalar(dtype="uint8"), [(255, 1), (0, 0)]),
        (T.scalar(dtype="bool"), [(True, 1), (False, 0)]),
        (T.dscalar(), [(0.5, 1), (-0.0, 0), (np.nan, 1), (5e-324, 1)]),
        (T.fscalar(), [(0.25, 1), (0.0, 0)]),
        (T.zscalar(), [(1j, 1), (0j, 0)]),
    ]
    given = [c for c, _ in conditions]
    chosen = function([*given, a], [ifelse(c, a, -a) for c in given])
    for turn in range(4):
        row = [pairs[turn % len(pairs)] for _, pairs in conditions]
        got = chosen(*(value for value, _ in row), 3.0)
        same(got, [3 if right else -3 for _, right in row])
    known = [1, 0.0, np.int8(1), np.array(0), T.constant(1), theano.shared(0)]
    got = function([a], [ifelse(c, a, -a) for c in known])(2.0)
    same(got, [2, -2, 2, -2, 2, -2])
    made = [T.gt(a, 1), T.eq(a, 1), T.isnan(a), T.any(a > 1), a, T.sum(a) < 0]
    got = function([a], [ifelse(c, a, -a) for c in made])(2.0)
    same(got, [2, -2, -2, 2, 2, -2])


def test_lists_tuples_and_names(function):
    c = T.iscalar("c")
    x, y, m = T.vector("x"), T.vector("y"), T.matrix("m")
    one = ifelse(c, x, y, name="one")
    assert one.name == "one"
    keyed = ifelse(condition=c, then_branch=x, else_branch=y, name=None)
    pair = ifelse(c, [x, m], [y, m * 2])
    assert isinstance(pair, list)
    triple = ifelse(c, (x, m, x.sum()), [y, m.T, y.prod()], "triple")
    assert isinstance(triple, tuple)
    single = ifelse(c, [x], y)
    assert isinstance(single, list)
    lone = ifelse(c, x, (y,))
    assert isinstance(lone, T.TensorVariable)
    f = function([c, x, y, m], [one, keyed, *pair, *triple, *single, lone])
    xs, ys, ms = np.ones(3), np.array([3.0, 4]), np.arange(6.0).reshape(2, 3)
    for condition, expected in (
        (1, [xs, xs, xs, ms, xs, ms, 3, xs, xs]),
        (0, [ys, ys, ys, ms * 2, ys, ms.T, 12, ys, ys]),
    ):
        for got, right in zip(f(condition, xs, ys, ms), expected, strict=True):
            same(got, right)


def test_numbers_and_constants_take_the_other_branchs_dtype(function):
    c = T.iscalar("c")
    wide, narrow, small = T.dscalar("w"), T.fscalar("n"), T.bscalar("s")
    cases = [
        (narrow, 0.5, "float32"),
        (0.1, narrow, "float32"),
        (narrow, 1, "float32"),
        (narrow, T.constant(0.5), "float32"),
        (T.constant(1), narrow, "float32"),
        (np.nan, narrow, "float32"),
        (wide, 1, "float64"),
        (small, 7, "int8"),
        (T.constant(7), small, "int8"),
        (1, 2, "int64"),
        (1, 2.5, "float64"),
        (T.vector("v", dtype="float64"), np.zeros(3), "float64"),
    ]
    for one, other, dtype in cases:
        assert ifelse(c, one, other).dtype == dtype
    chosen = [ifelse(c, narrow, 0.1), ifelse(c, T.constant(7), small)]
    first, second = function([c, narrow, small], chosen)(0, 3.0, 5)
    assert (first.dtype, second.dtype) == ("float32", "int8")
    assert (first, second) == (np.float32(0.1), 5)


def test_branches_of_unlike_shapes_and_static_shapes(function):
    c = T.iscalar("c")
    row, col, m = T.row("row"), T.col("col"), T.matrix("m")
    mixed = [ifelse(c, row, m), ifelse(c, col, row), ifelse(c, m, m[1:, ::2])]
    f = function([c, row, col, m], [*mixed, mixed[0].sum(), mixed[1].shape])
    given = np.ones((1, 3)), np.zeros((2, 1)), np.arange(6.0).reshape(2, 3)
    for condition, shapes in ((1, [(1, 3), (2, 1), (2, 3)]), (0, [(2, 3), (1, 3)])):
        got = f(condition, *given)
        for value, shape in zip(got, shapes, strict=False):
            assert value.shape == shape
        assert tuple(got[4]) == shapes[1]
        same(got[3], got[0].sum())


def test_a_branch_not_taken_neither_runs_nor_fails(function):
    c, k = T.iscalar("c"), T.lscalar("k")
    x, m = T.vector("x"), T.matrix("m")
    calls = []
    op = counting(calls, fails=True)
    chosen = ifelse(c, (x[k] * 2).sum(), T.dot(m, x).sum())
    guarded = ifelse(c, x, op(x * 2))
    both = ifelse(c, [x[k], x[k + 1]], [m[0, 7], m[9, 0]])
    loop, _ = theano.scan(lambda i, s: s + x[i], T.arange(k), T.constant(0.0))
    walked = ifelse(c, x.sum(), loop[-1])
    f = function([c, k, x, m], [chosen, guarded, *both, walked])
    got = f(1, 0, [1.0, 2.0], np.ones((2, 5)))
    for value, right in zip(got, [2, [1, 2], 1, 2, 3], strict=True):
        same(value, right)
    assert not calls
    g = function([c, k, x, m], chosen)
    same(g(0, 9, [1.0, 2.0], np.ones((2, 2))), 6)
    with pytest.raises(IndexError, match="9"):
        g(1, 9, [1.0, 2.0], np.ones((2, 2)))
    with pytest.raises(ValueError, match="Shape mismatch"):
        g(0, 1, [1.0, 2.0], np.ones((2, 5)))


def test_the_gradient_of_a_branch_not_taken_neither_runs_nor_fails(function):
    c, k = T.iscalar("c"), T.lscalar("k")
    x, m = T.vector("x"), T.matrix("m")
    calls = []
    op = counting(calls)
    cost = ifelse(c, x[k] ** 2, T.dot(m, x).sum())
    f = function([c, k, x, m], [cost, *T.grad(cost, [x, m])])
    value, by_x, by_m = f(1, 1, [1.0, 3.0], np.ones((2, 5)))
    same(value, 9)
    same(by_x, [0, 6])
    same(by_m, np.zeros((2, 5)))
    value, by_x, by_m = f(0, 9, [1.0, 3.0], np.ones((2, 2)))
    same(value, 8)
    same(by_x, [2, 2])
    same(by_m, [[1, 3], [1, 3]])
    user = ifelse(c, op(op(x)).sum(), (x**3).sum())
    g = function([c, x], [user, T.grad(user, x), T.grad(T.grad(user, x)[0], x)])
    same(g(0, [1.0, 2.0])[1], [3, 12])
    same(g(0, [1.0, 2.0])[2], [6, 0])
    assert not calls
    same(g(1, [1.0, 2.0])[1], [4, 4])
    assert calls


def test_a_gradient_goes_to_what_either_branch_reads(function, rng):
    c, x, y = T.iscalar("c"), T.vector("x"), T.vector("y")
    shared = T.exp(x)
    cost = ifelse(c, (shared * y).sum(), (shared**2).sum()) * shared.sum()
    pair = ifelse(c, [x.sum(), (x * y).sum()], [(y**2).sum(), x.prod()])
    slopes = T.grad(cost, [x, y]) + T.grad(pair[0] * pair[1], [x, y])
    f = function([c, x, y], slopes)
    a, b = rng.normal(size=3), rng.normal(size=3)
    e = np.exp(a)
    got = f(1, a, b)
    same(got[0], e * b * e.sum() + (e * b).sum() * e)
    same(got[1], e * e.sum())
    same(got[2], (a * b).sum() + a.sum() * b)
    same(got[3], a.sum() * a)
    got = f(0, a, b)
    same(got[0], 2 * e**2 * e.sum() + (e**2).sum() * e)
    same(got[1], 0)
    same(got[2], (b**2).sum() * a.prod() / a)
    same(got[3], 2 * b * a.prod())


def test_what_has_no_gradient_in_a_branch_is_told():
    c, x = T.iscalar("c"), T.vector("x")

    @theano.as_op(itypes=[T.dvector], otypes=[T.dscalar])
    def op(v):
        return v.sum()

    op.grad = lambda inputs, _: [theano.gradient.grad_undefined(op, 0, inputs[0])]
    with pytest.raises(theano.gradient.NullTypeGradError):
        T.grad(ifelse(c, op(x), x.sum()), x)
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(ifelse(c, x.sum(), (x * 2).sum()), T.vector("other"))


def test_choices_in_choices_and_many_of_them(function):
    a = T.scalar("a")
    nested = ifelse(
        a > 0,
        ifelse(a > 1, a * 10, a**2),
        ifelse(a < -1, ifelse(a < -2, a * 3, a * 4), T.exp(a)),
    )
    chain = a
    for k in range(20):
        chain = ifelse(a > k, chain + k, chain * 1.01)
    steps = T.constant(0.0)
    for k in range(20):
        steps = ifelse(a < k, a * k, steps)
    outputs = [nested, T.grad(nested, a), chain, T.grad(chain, a), steps]
    f = function([a], [*outputs, T.grad(steps, a)])
    for value, right, slope in (
        (2.0, 20, 10),
        (0.5, 0.25, 1),
        (-3.0, -9, 3),
        (-1.5, -6, 4),
        (-0.5, np.exp(-0.5), np.exp(-0.5)),
    ):
        got = f(value)
        same(got[:2], [right, slope])
        expected, by = value, 1.0
        for k in range(20):
            more = value > k
            expected = expected + k if more else expected * 1.01
            by = by if more else by * 1.01
        same(got[2:4], [expected, by])
        same(got[4:], [value * 19, 19])


def test_choices_in_loops_and_loops_in_choices(function):
    x, s, n, c = T.vector("x"), T.scalar("s"), T.lscalar("n"), T.iscalar("c")
    kept, _ = theano.scan(lambda v, t: ifelse(v > 0, t + v, t * 0.5), x, s)
    (a, b), _ = theano.scan(
        lambda v, p, q: ifelse(v > 0, [p + v, q], (p, q * 2)), x, [s, T.constant(1.0)]
    )
    count = theano.shared(0, "count")
    odd, updates = theano.scan(
        lambda v: (v, {count: ifelse(T.eq(v % 2, 1), count + 1, count)}), x
    )

    def power(k):
        states, _ = theano.scan(
            lambda t: t * s, outputs_info=T.constant(1.0), n_steps=k
        )
        return states[-1]

    chosen = ifelse(c, power(3), power(n))
    f = function(
        [x, s, n, c],
        [kept, *T.grad(kept.sum(), [x, s]), a, b, odd, chosen, T.grad(chosen, s)],
        updates=updates,
    )
    got = f([1, -1, 2], 2.0, -4, 1)
    same(got[0], [3, 1.5, 3.5])
    same(got[1], [2, 0, 1])
    same(got[2], 2)
    same(got[3], [3, 3, 5])
    same(got[4], [1, 2, 2])
    same(got[6:], [8, 12])
    assert count.get_value() == 2
    same(f([1.0], 2.0, 5, 0)[6:], [32, 80])


def test_theanos_op_is_called_with_both_branches(function):
    c, x, y = T.iscalar("c"), T.vector("x"), T.vector("y")
    op = theano.ifelse.IfElse
    one = op(n_outs=1, as_view=False, gpu=False, name="one")(c, x, y)
    pair = op(2)(c, x, y, y * 2, x * 2)
    assert one.name == "one"
    assert isinstance(one.owner.op, op)
    assert not isinstance((x + y).owner.op, op)
    for got, right in zip(
        function([c, x, y], [one, *pair])(0, [1], [2]), [2, 4, 2], strict=True
    ):
        same(got, [right])
    with pytest.raises(ValueError, match="expected 4, got 3"):
        op(2)(c, x, y, x)


def test_an_update_may_be_a_choice(function):
    c, lr = T.iscalar("c"), T.scalar("lr")
    w = theano.shared(np.ones(2), "w")
    step = ifelse(c, w - lr * T.grad((w**2).sum(), w), w)
    f = function([c, lr], w.sum(), updates=[(w, step)])
    same(f(0, 0.25), 2)
    same(w.get_value(), [1, 1])
    same(f(1, 0.25), 2)
    same(f(1, 0.25), 1)
    same(w.get_value(), [0.25, 0.25])


def test_wrong_use_is_told():
    c, x, m = T.iscalar("c"), T.vector("x"), T.matrix("m")
    narrow, small = T.fvector("narrow"), T.bscalar("small")
    scalar = "Condition given to the op has to be a scalar with 0 standing for False"
    types = "The two branches should have identical types, but they are "
    cases = [
        ((x, x, x), TypeError, scalar),
        ((x > 0, x, x), TypeError, scalar),
        ((m, x, x), TypeError, scalar),
        ((c, x, m), TypeError, types),
        ((c, x, narrow), TypeError, "Cast one of them, as in narrow.astype('float64')"),
        ((c, x, 0.0), TypeError, "same number of dimensions"),
        ((c, small, 300), TypeError, types),
        ((c, small, 0.5), TypeError, types),
        (
            (c, [x, x], [x]),
            ValueError,
            "The number of values on the `then` branch shou",
        ),
        ((c, x, [x, x]), ValueError, "(variables on `then` 1, variables on `else` 2)"),
        ((True, x, x), TypeError, "Cannot cast True or False"),
    ]
    for arguments, error, text in cases:
        with pytest.raises(error) as info:
            ifelse(*arguments)
        assert text in str(info.value)
