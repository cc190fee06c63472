"""Theano's helpers for graphs of loops: equality, copies, new variables."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

names = theano.scan_module.scan_utils


def test_equal_computations_are_told_from_others():
    x, y, z = T.dvectors("x", "y", "z")
    equal = names.equal_computations
    assert equal([x + y, x * 2], [x + y, x * 2])
    assert not equal([x + y], [x + z])
    assert equal([x + y], [x + z], in_xs=[y], in_ys=[z])
    assert not equal([x + 1.0], [x + 2.0])
    assert not equal([x], [x + 0.0])
    first, second = (
        theano.scan(lambda v, s: s + v, w, T.constant(0.0))[0] for w in (x, y)
    )
    assert equal([first], [second], [x], [y])
    other, _ = theano.scan(lambda v, s: s - v, x, T.constant(0.0))
    assert not equal([first], [other])
    with pytest.raises(ValueError, match="number of graphs"):
        equal([x], [x, y])


def test_graphs_are_copied_with_replacements():
    x, y = T.dvectors("x", "y")
    forced = names.forced_replace(T.exp(x + 1) * 2, x + 1, y)
    assert names.equal_computations([forced], [T.exp(y) * 2])
    assert names.forced_replace(None, x, y) is None
    (fresh,), (made,) = names.reconstruct_graph([x], [x * 2], tag="_copy")
    assert fresh.name == "x_copy"
    np.testing.assert_array_equal(made.eval({fresh: [1.0, 2.0]}), [2, 4])


def test_new_variables_and_longer_tensors_are_made():
    x = T.fvector("x")
    assert names.safe_new(x, "_new").name == "x_new"
    assert names.safe_new(x, dtype="float64").type == T.dvector
    number = names.safe_new(T.constant(2), dtype="float32")
    assert (number.data, number.dtype) == (2, "float32")
    longer = names.expand_empty(T.ones((2, 3)), 2)
    np.testing.assert_array_equal(longer.eval(), [[1] * 3] * 2 + [[0] * 3] * 2)
    assert names.expand_empty(x, 0) is x


def test_what_a_step_returns_is_taken_apart():
    x, w = T.dscalar("x"), theano.shared(1.0, "w")
    stop = theano.scan_module.until(x > 1)
    condition, outputs, updates = names.get_updates_and_outputs(
        ([x, x * 2], {w: w + 1}, stop)
    )
    assert condition is stop.condition
    assert (outputs[0], len(outputs), list(updates)) == (x, 2, [w])


def test_a_loop_is_known_by_theanos_name():
    x = T.dvector("x")
    y, _ = theano.scan(lambda v: v * 2, x)
    assert isinstance(y.owner.op, theano.scan_module.scan_op.Scan)
    assert len(y.owner.op.outputs) == 1
    assert y.owner.op.inputs[1].type.ndim == 0
