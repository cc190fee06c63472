"""Loops and branches."""

import numpy as np

from tests.rewrites.samples.operands import (
    FIXED,
    S_INT,
    SQUARE,
    M,
    N,
    S,
    V,
    W,
    exp,
    f,
    softmax,
)
from theanolike.graph.frozen import FrozenGraph
from theanolike.ops.extents import ShapeItem, shape_i
from theanolike.ops.scan.ifelse import ifelse
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.scan.scan import scan
from theanolike.ops.scan.step import until
from theanolike.ops.softmax import LogSumExp, Softmax
from theanolike.types.constants import constant
from theanolike.types.type import TensorType

ZEROS = constant(np.zeros(3))


def repeated(step, start, captured, steps=3):
    """Return the last state of a loop whose step reads what is outside."""
    state = start.type.make_variable()
    inner = [v.type.make_variable() for v in captured]
    index = S_INT.type.make_variable()
    graph = FrozenGraph([index, state, *inner], [step(state, *inner)])
    return LoopOp(graph, 1, 0)(constant(steps), start, *captured, return_list=True)[0]


def table(x, y, gap):
    """Return the last row of a table, filled by a loop in a loop."""
    left, corner, b, up, a = (S.type.make_variable() for _ in range(5))
    cell = f("minimum")(f("minimum")(up, left) * gap, corner) + a * b
    index = S_INT.type.make_variable()
    inner = FrozenGraph([index, left, corner, b, up, a], [cell, up, cell])
    inner = LoopOp(inner, 2, 1, sequences=2)

    above, columns = V.type.make_variable(), V.type.make_variable()
    given = [shape_i(columns, 0), left, corner, columns, above, a]
    row = inner(*given, return_list=True)[-1]
    graph = FrozenGraph([index, above, a, left, corner, columns], [row])
    before = f("alloc")(constant(gap), x.shape[0])
    corners = f("join")(0, constant(np.zeros(1)), before[:-1])
    start = f("zeros_like")(y)
    return LoopOp(graph, 1, 0, sequences=3)(x.shape[0], start, x, before, corners, y)


def over_rows(step, start, rows):
    """Return the last state of a loop along a sequence, whose step reads a row."""
    state = start.type.make_variable()
    row = TensorType("float64", rows.type.shape[1:]).make_variable()
    graph = FrozenGraph([S_INT.type.make_variable(), state, row], [step(state, row)])
    return LoopOp(graph, 1, 0, sequences=1)(rows.shape[0], start, rows)


def log_of_sums(a, c):
    return LogSumExp((0,))(a.dimshuffle(0, "x") + c)


def shares_of_sums(a, c):
    return f("sum")(Softmax((1,))(a.dimshuffle("x", 0) + c) * 0.5, axis=0)


def weighted(s, c):
    return s * Softmax((0,))(s.dimshuffle(0, "x") + c)


def sums_of_weights(s, c):
    return f("sum")(weighted(s, c), axis=1)


def total_of_weights(start, c, turn):
    """Return what the steps of a loop add to a matrix."""
    index, s = S_INT.type.make_variable(), start.type.make_variable()
    total, fixed = c.type.make_variable(), c.type.make_variable()
    after = [s * 0.5, total + turn(weighted(s, fixed))]
    graph = FrozenGraph([index, s, total, fixed], after)
    start_of_total = f("zeros_like")(c)
    loop = LoopOp(graph, 2, 0)
    return loop(constant(3), start, start_of_total, c, return_list=True)[1]


def two_outputs(step, starts):
    a, b = scan(step, V, starts)[0]
    return a * b


def outer(x, y):
    return x.dimshuffle(0, "x") * y.dimshuffle("x", 0)


def both_choices(condition):
    return ifelse(condition, V, V * 2) + ifelse(condition, S, S + 1)


SAMPLES = {
    "log_of_product_in_loop": [
        lambda: repeated(log_of_sums, V[:4], [M[:, :4]]),
        lambda: repeated(lambda s, c: log_of_sums(s, c.T), V[:4], [M[:, :4].T]),
        lambda: repeated(shares_of_sums, V[:4], [M[:, :4]]),
    ],
    "weights_behind_loop": [
        lambda: repeated(sums_of_weights, V[:4], [M[:, :4]]),
        lambda: total_of_weights(V[:3], SQUARE, lambda w: w),
        lambda: total_of_weights(V[:3], SQUARE, lambda w: w.T),
    ],
    "guessed_extreme_of_state": [
        lambda: over_rows(
            lambda s, x: f("minimum")(f("minimum")(x[0], s), x[1]) + 0.5, S, FIXED
        ),
        lambda: over_rows(lambda s, x: f("maximum")(s, x[0]) * 0.5, S, FIXED),
    ],
    "table_by_diagonals": [lambda: table(V, W, 1.0), lambda: table(W, V[:3], 0.5)],
    "last_row_at_hand": [
        lambda: scan(lambda s: s * S, None, V, n_steps=5, memory="sqrt")[0][-1]
    ],
    "last_row": [
        lambda: scan(lambda v, s: v + s, V, constant(0.0))[0][-1],
        lambda: scan(lambda s: s * S, None, V, n_steps=3)[0][-1],
    ],
    "invariant_out_of_loop": [
        lambda: repeated(lambda s, v: s * exp(v), V, [W]),
        lambda: repeated(lambda s, v: s + v * v, V, [W], steps=0),
        lambda: repeated(lambda s, a: s + f("dot")(a, a), SQUARE, [SQUARE]),
    ],
    "work_before_loop": [
        lambda: scan(lambda v, s: exp(v) + s, V, constant(0.0))[0],
        lambda: scan(lambda x, s: f("dot")(x, SQUARE) - s, FIXED, ZEROS)[0],
        lambda: scan(lambda x: f("dot")(x, M), M[:, :4])[0],
    ],
    "work_behind_loop": [
        lambda: scan(lambda x: f("dot")(SQUARE, x) + 1, FIXED)[0],
        lambda: scan(
            lambda x, s: (s * x, softmax(f("dot")(s, SQUARE))),
            FIXED,
            [ZEROS + 1, None],
        )[0][1],
        lambda: scan(lambda x, s: (s * x, f("dot")(s[:4], M) + N), M, [V, None])[0][1],
    ],
    "sum_of_products_behind_loop": [
        lambda: over_rows(lambda s, x: s + outer(x, exp(x)), SQUARE, FIXED),
        lambda: over_rows(
            lambda s, x: x.sum() + (s - f("dot")(outer(x, x).T, outer(x, x))),
            SQUARE,
            FIXED,
        ),
    ],
    "scatter_into_state": [
        lambda: repeated(
            lambda s, v: s + f("set_subtensor")(f("zeros_like")(v)[1], v.sum()),
            f("zeros_like")(V),
            [V],
        ),
    ],
    "sums_in_pieces": [
        lambda: over_rows(lambda s, x: s - exp(x).sum(), S, FIXED),
        lambda: over_rows(lambda s, x: f("maximum")(s, x * x), ZEROS, FIXED),
    ],
    "unread_parts_of_loop": [
        lambda: scan(lambda v: [v * 2, v * 3], V)[0][0],
        lambda: scan(lambda v, s, r: [v + s, r * s], V, [S, S])[0][0],
    ],
    "unchanging_state": [
        lambda: two_outputs(lambda v, s: [s, v * s], [S, None]),
    ],
    "equal_parts_of_loop": [
        lambda: two_outputs(lambda v, s, r: [v * s, v * r], [S, S]),
        lambda: two_outputs(
            lambda v, s, r: [exp(r) * v, exp(s) * v], [constant(1.0), constant(1.0)]
        ),
    ],
    "last_rows": [
        lambda: scan(lambda v, s: v + s, V, constant(0.0))[0][-3:],
        lambda: scan(lambda v: v * v, V)[0][-2],
        lambda: scan(lambda s: s * S, None, V, n_steps=3)[0][-2:, 1:],
    ],
    "loops_of_same_steps": [
        lambda: scan(lambda v, s: v + s, V, S)[0] * scan(lambda v, s: v * s, V, S)[0],
    ],
    "rows_of_loops_at_once": [
        lambda: scan(
            lambda v: scan(lambda s: exp(-s) * v, None, v + 1, n_steps=3)[0].sum(), V
        )[0],
    ],
    "extent_of_stopped_rows": [
        lambda: ShapeItem(0)(
            scan(lambda v, s: (v + s, until(v > 1)), V, S, n_steps=V.shape[0])[0]
        ),
    ],
    "rows_of_sequence": [lambda: two_outputs(lambda v: [v, v * 2], None)],
    "sink_into_branches": [
        lambda: ifelse(f("gt")(S, 0), exp(V), V * 2),
        lambda: ifelse(f("gt")(S, 0), f("sum")(exp(V)), S),
    ],
    "unread_values_of_choice": [
        lambda: ifelse(f("gt")(S, 0), [V, S], [V * 2, S + 1])[1],
    ],
    "choices_by_same_condition": [
        lambda: both_choices(f("gt")(S, 0)),
    ],
}
