"""Updates that a step returns, in loops and in loops of loops."""

from collections import OrderedDict

import numpy as np

import theanolike as theano
import theanolike.tensor as T

until = theano.scan_module.until
same = np.testing.assert_allclose


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
