"""The laws that each rewrite of the catalogue keeps; none may be left out."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theanolike import ops
from theanolike.compile.interpreter import Interpreter
from theanolike.config import config
from theanolike.gradient import grad
from theanolike.gradient.stable import FORMS
from theanolike.graph.check import check_graph
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import explicit_inputs
from theanolike.ops.barriers import DisconnectedGrad
from theanolike.ops.broadcast import Fill, SumTo
from theanolike.ops.cast import Cast
from theanolike.ops.conditional import _masked_op
from theanolike.ops.creation import Alloc
from theanolike.ops.declare import Elementwise
from theanolike.ops.diagonal import Diagonal
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import MakeVector, ShapeItem, ShapeOf, shape_i
from theanolike.ops.indexing import AdvancedIncSubtensor, IncSubtensor
from theanolike.ops.scan.ifelse import ifelse
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.scan.scan import scan
from theanolike.ops.scan.step import until
from theanolike.ops.shape import Flatten, Rebroadcast, Reshape, SpecifyShape
from theanolike.ops.softmax import LogSoftmax, LogSumExp, Softmax
from theanolike.rewrites.engine import MOST_VISITS, run
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import catalogue
from theanolike.types.constants import TensorConstant, constant
from theanolike.types.type import TensorType

f = ops.find
NAMES = list(dict.fromkeys(one.name for one in catalogue()))
BY_NAME = {n: [one for one in catalogue() if one.name == n] for n in NAMES}
PHASES = list(Phase)

INTEGERS = {
    "integer_plus_zero",
    "integer_times_zero",
    "equal_to_itself",
    "unequal_to_itself",
    "xor_of_itself",
    "divided_by_one",
    "remainder_by_one",
    "division_by_shift",
    "remainder_by_mask",
}
# What the number of a pattern is in the test: where only some will do.
NUMBERS = {
    "division_by_shift": [4, 2],
    "remainder_by_mask": [8, 2],
    "over_power_of_two": [4.0, -0.5],
    "power_by_constant": [2, 3, -1, 0.5, 2.5, -1.5, 11],
}


def vector(name, dtype="float64"):
    return TensorType(dtype, (None,)).make_variable(name)


def matrix(name, dtype="float64"):
    return TensorType(dtype, (None, None)).make_variable(name)


V, W, S = vector("v"), vector("w"), TensorType("float64", ()).make_variable("s")
M, N = matrix("m"), vector("i", "int32")
ROW = TensorType("float64", (1, None)).make_variable("row")
FIXED = TensorType("float64", (2, 3)).make_variable("fixed")
SQUARE = TensorType("float64", (3, 3)).make_variable("square")
S_INT = TensorType("int64", ()).make_variable("k")
CUBE = M.reshape((4, 4, M.shape[1] // 4))
sigmoid, exp, log, log1p = f("sigmoid"), f("exp"), f("log"), f("log1p")

softmax, arange = f("softmax"), f("arange")
put, inc = f("set_subtensor"), f("inc_subtensor")
CLASSES = constant(np.array([2, 0, 1, 1]))


def picked(x, rows=4):
    return x[arange(rows), CLASSES]


def at_row(x, row, *, is_set):
    return IncSubtensor(("int64",), is_set)(x, row, 1)


def scattered(v):
    zeros = Fill()(M, constant(np.zeros(())))
    return AdvancedIncSubtensor((0, 1))(zeros, v, arange(4), CLASSES)


TRUTH, UNSIGNED = vector("t", "bool"), vector("u", "uint8")
TOP = f("max")(M, axis=1)
HOT = f("eq")(CLASSES.dimshuffle(0, "x"), arange(3))
OUTSIDE = constant(np.array([2, 3, -1, 0, 2]))
ZEROS_OF_M = Fill()(M, constant(np.zeros(())))
SET_HOT = AdvancedIncSubtensor((0, 1), True)(
    Alloc()(constant(0.0), 4, 3), constant(np.ones(4)), arange(4), CLASSES
)


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


ZEROS = constant(np.zeros(3))

# For what has no pattern, or a guard that a pattern on its own doesn't pass.
EXAMPLES = {
    "fold_constants": [lambda: exp(constant(np.array([1.0, 2.0])))],
    "barrier_of_gradients": [lambda: DisconnectedGrad()(V)],
    "switch_by_constant": [
        lambda: f("switch")(constant(np.array(True)), V, W),
        lambda: f("switch")(constant(np.array([False])), V, W),
    ],
    "mask_by_constant": [
        lambda: _masked_op(constant(np.array(True)), V),
        lambda: _masked_op(constant(np.array(False)), V),
        lambda: _masked_op(f("gt")(V, 0), constant(np.zeros(()))),
    ],
    "useless_cast": [lambda: Cast("float64")(V)],
    "cast_of_cast": [
        lambda: Cast("float32")(Cast("int64")(N)),
        lambda: Cast("float64")(Cast("int8")(TRUTH)),
    ],
    "fill_of_same_shape": [lambda: Fill()(V, exp(V)), lambda: Fill()(S, V)],
    "fill_from_the_root": [lambda: Fill()(exp(V), S)],
    "fill_of_fill": [lambda: Fill()(V, Fill()(exp(V), S))],
    "fill_after": [
        lambda: Fill()(V, S) * W,
        lambda: exp(Fill()(M, V)),
        lambda: Fill()(V, S) * exp(V),
        lambda: Cast("float32")(Fill()(V, S)),
    ],
    "useless_alloc": [lambda: FIXED + Alloc()(S, 2, 3)],
    "padding_on_the_left": [
        lambda: M + DimShuffle((None, 0))(V),
        lambda: exp(DimShuffle((None, 0))(V)) * S,
        lambda: Cast("float32")(DimShuffle((None,))(S)),
    ],
    "dimshuffle_of_fill": [lambda: DimShuffle((1, None, 0))(Fill()(M, S))],
    "alloc_of_spread": [
        lambda: Alloc()(Alloc()(S, 3), 2, 3),
        lambda: Alloc()(Fill()(ROW, S), 2, ShapeItem(0)(V)),
    ],
    "alloc_of_same_shape": [lambda: Alloc()(FIXED, 2, 3)],
    "sum_to_same_shape": [lambda: SumTo()(exp(V), V), lambda: SumTo("or")(V > 0, V)],
    "sum_to_the_root": [lambda: SumTo()(M, exp(V)), lambda: SumTo()(M, V * 2)],
    "sum_to_the_root_of_sum": [
        lambda: SumTo()(W, f("sum")(exp(M), axis=0)),
    ],
    "sum_to_of_sum_to": [lambda: SumTo()(SumTo()(M, ROW), S)],
    "factor_into_sum_to": [
        lambda: SumTo()(V + W, V) * exp(V),
        lambda: S / 2 * SumTo()(M * V, M),
        lambda: SumTo()(V * W, W) / W,
        lambda: -SumTo()(V * W, V),
        lambda: _masked_op(V > 0, SumTo()(V + W, V)),
    ],
    "sum_of_sums_to": [
        lambda: SumTo()(V * W, V) - SumTo()(exp(V) + W, V),
        lambda: SumTo()(V * W, W) + SumTo()(W / V, W),
    ],
    "inferred_extent": [
        lambda: ShapeItem(0)(exp(V)),
        lambda: ShapeItem(1)(M + ROW),
        lambda: ShapeItem(0)(V + W * exp(W)),
        lambda: ShapeItem(0)(f("dot")(M, V)),
        lambda: ShapeItem(0)(V[1:]),
        lambda: ShapeItem(0)(V[::-2]),
        lambda: ShapeItem(1)(f("join")(1, M, M)),
        lambda: ShapeItem(0)(Reshape(1)(M, -1)),
        lambda: ShapeItem(0)(f("arange")(ShapeItem(0)(V))),
    ],
    "shape_by_extents": [lambda: ShapeOf()(exp(M))],
    "item_of_vector": [
        lambda: MakeVector("float64")(S, S * 2)[1],
        lambda: ShapeOf()(M)[-1],
    ],
    "spelled_out_slice": [
        lambda: M[0:],
        lambda: M[::1, : M.shape[1]],
        lambda: V[0 : V.shape[0] : 1],
        lambda: M[1, 0:5],
        lambda: FIXED[:7, 1:3],
    ],
    "diagonal_of_product": [
        lambda: Diagonal(0, 0, 1)(f("dot")(M, M.T)),
        lambda: Diagonal(0, 0, 1)(f("dot")(FIXED, SQUARE)),
        lambda: Diagonal(0, 0, 1)(f("dot")(SQUARE, SQUARE)),
    ],
    "sum_of_spread_product": [
        lambda: f("sum")(M[:, :, None] * M.T[None], axis=1),
        lambda: f("sum")(M[:, None] * exp(M), axis=2),
        lambda: f("sum")(FIXED[:, :, None] * M[None, :3], axis=1),
        lambda: f("sum")(M[None, :, 1:4] * SQUARE[:, None, :], axis=2),
        lambda: f("sum")(CUBE[:, :, :, None] * CUBE.dimshuffle(0, "x", 2, 1), axis=2),
        lambda: f("sum")(CUBE[:, :, None] * CUBE[None], axis=3).T,
    ],
    "whole_subtensor": [lambda: M[:, :]],
    "useless_dimshuffle": [lambda: DimShuffle((0, 1))(M)],
    "dimshuffle_of_dimshuffle": [
        lambda: DimShuffle((1, 0))(DimShuffle((1, 0))(M)),
        lambda: DimShuffle((2, 0))(DimShuffle((0, None, 1))(M)),
    ],
    "useless_reshape": [
        lambda: Reshape(1)(V, -1),
        lambda: Reshape(2)(M, ShapeItem(0)(M), ShapeItem(1)(M)),
    ],
    "join_of_join": [
        lambda: f("join")(0, f("join")(0, V, W), V),
        lambda: f("join")(1, M, f("join")(1, exp(M), M)),
    ],
    "join_with_nothing": [
        lambda: f("join")(0, V, constant(np.zeros(0))),
        lambda: f("join")(0, constant(np.zeros((0, 3))), FIXED, SQUARE),
    ],
    "reshape_of_padded": [
        lambda: Reshape(2)(V.dimshuffle("x", 0), -1, 1),
        lambda: Reshape(1)(M.dimshuffle(0, "x", 1), -1),
    ],
    "reshape_of_vector": [
        lambda: Reshape(2)(V, -1, 1),
        lambda: Reshape(3)(V, 1, ShapeItem(0)(V), 1),
        lambda: Reshape(2)(f("sum")(FIXED, axis=1), 2, 1),
    ],
    "reshape_of_fill": [lambda: Reshape(1)(Fill()(M, S), -1)],
    "dimshuffle_of_alloc": [lambda: DimShuffle((1, None, 0))(Alloc()(S, 2, 3))],
    "reshape_of_reshape": [
        lambda: Reshape(1)(Reshape(2)(V, -1, 1), -1),
        lambda: Reshape(2)(Flatten(1)(M), -1, 1),
    ],
    "useless_flatten": [lambda: Flatten(2)(M)],
    "known_already": [
        lambda: SpecifyShape((0,))(FIXED, 2),
        lambda: Rebroadcast(((0, True),))(ROW),
    ],
    "constants_of_product": [
        lambda: V * 2 * W * 3.0,
        lambda: 2.0 / (V * 4.0),
        lambda: -(V * 3) * 2,
        lambda: N * 3 * N * 5,
    ],
    "constants_of_sum": [lambda: V + 2 - W + 3, lambda: 1 - (V - 2), lambda: N + 3 - 4],
    "factors_on_both_sides": [
        lambda: V * W * 2 / (W * exp(V)),
        lambda: f("sqr")(V) * W / V,
        lambda: V / (V * W),
        lambda: -V * W / V,
    ],
    "terms_on_both_sides": [
        lambda: V + W + 2 - (W + exp(V)),
        lambda: V - (V + W),
        lambda: V + V - W - V,
    ],
    "exponentials_of_sigmoids": [
        lambda: V * exp(W) / f("sqr")(1 + exp(W)),
        lambda: V / (f("sqr")(exp(W) + 1)) * exp(W) * 2,
        lambda: V * W / (1 + exp(W)),
    ],
    "quotients_times_divisors": [
        lambda: (V / W - exp(V) / S) * W * S,
        lambda: V * (V / sigmoid(W) + W) * sigmoid(W) * 2,
        lambda: -((2.0 * V / W - S / exp(V)) * W * W),
    ],
    "distance_from_target": [
        lambda: (1 - V) * sigmoid(W) - V * sigmoid(-W),
        lambda: V * S * sigmoid(-W) / M - (1 - V) * S / M * sigmoid(W),
        lambda: (1 - N) * sigmoid(W) + sigmoid(-W) * -N,
        lambda: 3.0 * (1.0 - V) * sigmoid(-W) - 3.0 * V * sigmoid(W),
    ],
    "term_less_its_sigmoid": [
        lambda: V * S - V * S * sigmoid(W),
        lambda: 2.0 * V * sigmoid(W) - 2.0 * V * f("sqr")(sigmoid(W)),
        lambda: sigmoid(V) * N * W - N * W,
        lambda: M - sigmoid(V) * M,
        lambda: -M + sigmoid(V) * M,
        lambda: sigmoid(V) * 2.0 + -2.0,
        lambda: 2.0 + sigmoid(V) * -2.0,
    ],
    "products_of_one_operand": [
        lambda: f("dot")(M, V) + f("dot")(M, exp(V)),
        lambda: f("dot")(exp(SQUARE), SQUARE) - f("dot")(SQUARE, SQUARE),
    ],
    "region_read_again": [
        lambda: put(V[2:5], W[2:5])[2:5],
        lambda: inc(M[1, S_INT:], W[S_INT:])[1, S_INT:],
    ],
    "region_beside": [lambda: put(M[1], W)[2], lambda: inc(V[0], S)[3]],
    "region_written_again": [
        lambda: at_row(at_row(M, V, is_set=True), W, is_set=True),
        lambda: at_row(at_row(M, V, is_set=False), W, is_set=True),
        lambda: at_row(at_row(M, V, is_set=True), W, is_set=False),
    ],
    "increment_of_increment": [
        lambda: at_row(at_row(M, V, is_set=False), W, is_set=False)
    ],
    "region_set_to_itself": [lambda: at_row(M, M[1], is_set=True)],
    "item_of_join": [
        lambda: f("join")(0, FIXED, SQUARE, M[:, :3])[3],
        lambda: f("join")(1, FIXED, FIXED)[1:, 2],
        lambda: f("stack")([V, W])[1],
    ],
    "slice_of_slice": [
        lambda: V[2:][3:],
        lambda: V[2:7][1:3],
        lambda: V[::-1][::-1],
        lambda: V[::-1][3],
        lambda: V[:-2][-3],
        lambda: V[:-2][:-1],
        lambda: V[1:][:-2],
        lambda: V[:-1][2:],
        lambda: V[4:][2],
        lambda: M[1][3:],
        lambda: M[1:, 2][0],
        lambda: M[S_INT:][:, 2:],
    ],
    "slice_of_fill": [lambda: Fill()(M, S)[1], lambda: Fill()(M, S)[:, 2:5]],
    "slice_of_alloc": [
        lambda: Alloc()(V, 5, ShapeItem(0)(V))[1:3],
        lambda: Alloc()(S, 5, 4)[2, ::-1],
    ],
    "slice_of_join": [
        lambda: f("join")(0, V, W, V)[: ShapeItem(0)(V)],
        lambda: f("join")(0, V, W, V)[ShapeItem(0)(V) :],
        lambda: f("join")(0, FIXED, SQUARE, FIXED)[2:5],
        lambda: f("join")(1, SQUARE, SQUARE, SQUARE)[1:, 3:],
        lambda: f("join")(1, FIXED, FIXED)[0, 4:5],
    ],
    "part_of_reduction": [
        lambda: f("sum")(M, axis=1)[2],
        lambda: f("max")(M, axis=0)[3:],
        lambda: softmax(M)[1],
        lambda: LogSumExp((1,))(M)[2],
        lambda: f("all")(M > 0, axis=0)[0],
    ],
    "whole_written": [lambda: put(V[:], S), lambda: inc(M[:, :], M)],
    "nothing_added": [lambda: inc(V[2:], 0.0)],
    "part_of_product": [
        lambda: f("dot")(SQUARE, FIXED.T)[1],
        lambda: f("dot")(SQUARE, SQUARE)[1:, 0],
        lambda: f("dot")(SQUARE, SQUARE)[:, ::-1],
        lambda: f("dot")(M, V)[2:],
        lambda: f("dot")(W[:3], SQUARE)[-1],
    ],
    "part_of_elementwise": [
        lambda: (exp(V) * V * S)[3:],
        lambda: Cast("float32")(exp(M))[1, ::2],
        lambda: (exp(M) + V)[2],
        lambda: (exp(M) * ROW + V.dimshuffle("x", 0))[1:3],
        lambda: (exp(V.dimshuffle(0, "x")) + W)[1, 3:],
    ],
    "part_of_dimshuffle": [
        lambda: M.T[3],
        lambda: DimShuffle((1, None, 0))(M)[2:, :, 1],
        lambda: V.dimshuffle(0, "x")[:, 0],
        lambda: DimShuffle((None, 1, 0))(M)[0, 3],
    ],
    "log_of_picked_softmax": [
        lambda: log(picked(softmax(M))),
        lambda: log(softmax(M)[:, 2]),
    ],
    "gradient_of_picked_softmax": [
        lambda: softmax(M) * (scattered(2.0 / picked(softmax(M))) - S),
        lambda: (scattered(-picked(M) / picked(softmax(M))) - M) * softmax(M),
    ],
    "scatter_times_divisor": [
        lambda: scattered(S / picked(exp(M))) * exp(M),
        lambda: M * scattered(V[:4] / (picked(M) * 2.0)),
    ],
    "scatter_in_rows": [
        lambda: scattered(V[:4]),
        lambda: AdvancedIncSubtensor((0, 1))(
            constant(np.zeros((3, 5))), V[:2], arange(2), constant(np.array([4, -1]))
        ),
    ],
    "sum_of_scattered_rows": [lambda: f("sum")(scattered(V[:4]), axis=1)],
    "scalars_of_product": [
        lambda: SQUARE - 0.1 * f("dot")(SQUARE, SQUARE) / S_INT,
        lambda: -0.1 * (-f("dot")(SQUARE, SQUARE)) / (S * 2),
        lambda: f("dot")(SQUARE, SQUARE) / S,
        lambda: -(S * f("dot")(SQUARE, FIXED.T)),
        lambda: S * (S * -f("dot")(SQUARE, SQUARE)) / S_INT,
    ],
    "scalar_out_of_product": [
        lambda: SQUARE + f("dot")(S * SQUARE, SQUARE),
        lambda: f("dot")(-SQUARE, exp(SQUARE) / S) - SQUARE,
    ],
    "product_apart": [
        lambda: f("add")(SQUARE, f("dot")(SQUARE, SQUARE), exp(SQUARE)),
    ],
    "comparison_by_bounds": [
        lambda: f("lt")(ShapeItem(0)(V), 0),
        lambda: f("ge")(ShapeItem(0)(V) + ShapeItem(0)(W), 0),
        lambda: f("le")(0, UNSIGNED),
        lambda: f("gt")(UNSIGNED, 255),
        lambda: f("lt")(f("abs_")(V), 0),
        lambda: f("neq")(exp(V), -1.0),
        lambda: f("gt")(sigmoid(V), 1),
        lambda: f("eq")(f("tanh")(V), 2),
    ],
    "truth_compared": [
        lambda: f("eq")(TRUTH, constant(np.array(True))),
        lambda: f("eq")(0, TRUTH),
        lambda: f("gt")(TRUTH, 0),
        lambda: f("lt")(TRUTH, 1),
        lambda: f("neq")(TRUTH, 1),
    ],
    "negated_comparison": [
        lambda: f("invert")(f("eq")(V, W)),
        lambda: f("invert")(f("neq")(V, W)),
        lambda: f("invert")(f("lt")(N, 2)),
        lambda: f("invert")(f("ge")(N, N * N)),
    ],
    "logic_with_constant": [
        lambda op=op, v=v: f(op)(TRUTH, constant(np.array(v)))
        for op in ("and_", "or_", "xor")
        for v in (True, False)
    ],
    "finite_by_type": [lambda: f("isnan")(N), lambda: f("isinf")(TRUTH)],
    "bound_without_effect": [
        lambda: f("maximum")(f("abs_")(V), 0.0),
        lambda: f("maximum")(V, -np.inf),
        lambda: f("minimum")(np.inf, V),
        lambda: f("minimum")(sigmoid(V), 1.0),
        lambda: f("maximum")(UNSIGNED, 0),
        lambda: f("maximum")(ShapeItem(0)(V), 0),
    ],
    "two_bounds": [
        lambda: f("maximum")(f("maximum")(V, 1.0), 2.0),
        lambda: f("minimum")(1.0, f("minimum")(V, 0.5)),
    ],
    "rounded_already": [
        lambda: f("floor")(f("ceil")(V)),
        lambda: f("round_half_to_even")(f("trunc")(V)),
        lambda: f("trunc")(N),
    ],
    "size_of_positive": [
        lambda: f("abs_")(exp(V)),
        lambda: f("abs_")(UNSIGNED),
        lambda: f("abs_")(f("sqr")(V)),
    ],
    "function_of_switch": [lambda: f("switch")(TRUTH, exp(V), exp(W))],
    "sum_of_scaled": [
        lambda: f("sum")(V * S),
        lambda: f("sum")(2.0 * M, axis=0),
        lambda: f("sum")(M / S),
        lambda: f("sum")(M * V, axis=0),
        lambda: f("sum")(V[:4].dimshuffle(0, "x") * M, axis=1),
        lambda: f("sum")(2 * M),
    ],
    "sum_of_negative": [lambda: f("sum")(-M), lambda: f("sum")(-M, axis=1)],
    "reduction_of_reduction": [
        lambda: f("sum")(f("sum")(M, axis=0)),
        lambda: f("max")(f("max")(M, axis=1)),
        lambda: f("prod")(f("prod")(FIXED, axis=0)),
        lambda: f("all")(f("all")(M > 0, axis=0)),
    ],
    "reduction_over_ones": [
        lambda: f("sum")(ROW, axis=0),
        lambda: f("sum")(ROW),
        lambda: f("max")(ROW, axis=0),
        lambda: f("any")(ROW > 0, axis=0),
    ],
    "reduction_of_permuted": [
        lambda: f("sum")(DimShuffle((1, 0))(M)),
        lambda: f("max")(DimShuffle((1, 0))(M), axis=0),
    ],
    "reduction_of_flattened": [
        lambda: f("sum")(Flatten(1)(M)),
        lambda: f("min")(Flatten(1)(M)),
    ],
    "reduction_of_spread": [
        lambda: f("sum")(Fill()(M, S)),
        lambda: f("sum")(Fill()(M, S), axis=0),
        lambda: f("prod")(Fill()(FIXED, S * S)),
        lambda: f("sum")(Alloc()(S, 3, 4), axis=1),
    ],
    "extremum_of_negative": [lambda: f("max")(-M, axis=0), lambda: f("min")(-V)],
    "sum_of_one_hot_rows": [
        lambda: f("sum")(scattered(W[:4]) * M, axis=1),
        lambda: f("sum")(
            M
            * AdvancedIncSubtensor((0, 1), True)(
                ZEROS_OF_M, constant(np.ones(3)), arange(3), CLASSES[:3]
            ),
            axis=1,
        ),
    ],
    "rows_of_one_hot": [
        lambda: f("dot")(Cast("float64")(HOT), SQUARE),
        lambda: f("dot")(f("eq")(arange(3), OUTSIDE.dimshuffle(0, "x")), SQUARE),
        lambda: f("dot")(SET_HOT, SQUARE),
    ],
    "rows_added_by_one_hot": [
        lambda: f("dot")(Cast("float64")(HOT).T, M),
        lambda: f("dot")(SET_HOT.T, M * 2.0),
    ],
    "product_with_vector_first": [
        lambda: f("dot")(f("dot")(SQUARE, FIXED.T), W[:2]),
        lambda: f("dot")(W[:2], f("dot")(FIXED, SQUARE)),
        lambda: f("dot")(f("dot")(SQUARE, FIXED.T).T, W[:3]),
        lambda: f("dot")(V[:3], f("dot")(FIXED, SQUARE).T),
    ],
    "cheapest_order": [
        lambda: f("dot")(f("dot")(FIXED.T, FIXED), FIXED.T[:, :1]),
        lambda: f("dot")(FIXED[:1], f("dot")(SQUARE, f("dot")(SQUARE, SQUARE))),
    ],
    "sum_of_product": [
        lambda: f("sum")(f("dot")(FIXED, SQUARE)),
        lambda: f("sum")(f("dot")(FIXED, SQUARE), axis=0),
        lambda: f("sum")(f("dot")(SQUARE, FIXED.T), axis=1),
    ],
    "outer_product_with_vector": [
        lambda: f("dot")(V.dimshuffle(0, "x") * W[:3], W[2:5]),
        lambda: f("dot")(V[:3], W.dimshuffle("x", 0) * V[3:6].dimshuffle(0, "x")),
    ],
    "signs_of_product": [lambda: f("dot")(-SQUARE, -W[:3])],
    "transpose_of_product": [
        lambda: f("dot")(SQUARE.T, FIXED.T).T,
        lambda: SQUARE + f("dot")(SQUARE, SQUARE).T,
    ],
    "product_and_sum": [
        lambda: SQUARE - 0.1 * f("dot")(SQUARE, SQUARE),
        lambda: f("dot")(SQUARE, exp(SQUARE)) + S * exp(SQUARE),
        lambda: f("dot")(SQUARE, SQUARE) - SQUARE,
        lambda: -f("dot")(SQUARE, SQUARE) - S * exp(SQUARE),
    ],
    "exp_over_its_sum": [
        lambda: exp(M) / f("sum")(exp(M), axis=1, keepdims=True),
        lambda: S * exp(V) / f("sum")(exp(V)),
        lambda: exp(M) / f("sum")(exp(M), axis=0),
        lambda: exp(M).T / f("sum")(exp(M), axis=1),
    ],
    "exp_times_inverse_of_its_sum": [
        lambda: exp(M) * (W / f("sum")(exp(M), axis=0)),
        lambda: exp(M) * DimShuffle((0, None))(1.0 / f("sum")(exp(M), axis=1)) * N,
        lambda: exp(V) * f("inv")(f("sum")(exp(V))),
        lambda: exp(M) * SumTo()(W / f("sum")(exp(M), 0), f("sum")(exp(M), 0)),
    ],
    "log_of_softmax": [lambda: log(softmax(M)), lambda: log(softmax(M).T)],
    "log_of_sum_of_exp": [
        lambda: log(f("sum")(exp(M), axis=1)),
        lambda: log(f("sum")(exp(M), axis=1, keepdims=True)),
        lambda: log(f("sum")(exp(M))),
    ],
    "log_of_one_plus_sum_of_exp": [lambda: log1p(f("sum")(exp(M), axis=0))],
    "log_of_product_with_exp": [
        lambda: log(exp(V) * W),
        lambda: log(W / exp(V)),
        lambda: log(f("sum")(exp(V)) / S),
        lambda: log(f("sum")(exp(M), axis=1, keepdims=True) * exp(S)),
        lambda: log(softmax(M) * V),
        lambda: log(sigmoid(V) * sigmoid(W)),
        lambda: log(sigmoid(V) ** W * sigmoid(-V) ** (1 - W)),
        lambda: log(ROW / f("sum")(exp(M), axis=0)),
    ],
    "log_of_power_with_exp": [
        lambda: log(sigmoid(V) ** W),
        lambda: log(softmax(M) ** V),
        lambda: log(exp(V) ** 3),
    ],
    "exp_times_inverse_of_two_exp": [
        lambda: (V / (exp(V) + exp(W))) * exp(W),
        lambda: exp(V) * 2.0 / (exp(W) + exp(V)) * W,
    ],
    "log_of_product_of_all": [
        lambda: log(f("prod")(M, axis=1)),
        lambda: log(f("prod")(exp(V))),
        lambda: log(f("abs_")(f("prod")(V * 0.5))),
        lambda: log(f("prod")(M, axis=0, keepdims=True)),
    ],
    "log_of_one_plus_terms": [
        lambda: log(1 + exp(V) + exp(W)),
        lambda: log(f("sqr")(V) + 1.0 + f("sqr")(W)),
    ],
    "softmax_of_shifted": [
        lambda: softmax(M - f("max")(M, axis=1, keepdims=True)),
        lambda: LogSoftmax((0,))(M + f("sum")(M, axis=0)),
        lambda: LogSoftmax((0, 1))(M - f("max")(M)),
    ],
    "logsumexp_by_hand": [
        lambda: LogSumExp((0,))(V - f("max")(V)) + f("max")(V),
        lambda: LogSumExp((1,))(M - DimShuffle((0, None))(TOP)) + f("max")(M, axis=1),
        lambda: (
            f("max")(M, axis=0, keepdims=True)
            + DimShuffle((None, 0))(
                LogSumExp((0,))(M - f("max")(M, axis=0, keepdims=True))
            )
        ),
    ],
    "less_own_logsumexp": [
        lambda: V - LogSumExp((0,))(V),
        lambda: M - DimShuffle((0, None))(LogSumExp((1,))(M)),
    ],
    "exp_of_logsoftmax": [lambda: exp(LogSoftmax((1,))(M))],
    "variance_by_hand": [
        lambda: f("mean")(M**2) - f("mean")(M) ** 2,
        lambda: f("mean")(f("sqr")(M), axis=1) - f("sqr")(f("mean")(M, axis=1)),
        lambda: (
            f("mean")(M * M, axis=0, keepdims=True)
            - f("mean")(M, axis=0, keepdims=True) ** 2
        ),
        lambda: f("mean")(FIXED**2, axis=1) - f("mean")(FIXED, axis=1) ** 2,
    ],
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
EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -1e-310, 1e308, 1e-200]


def both_choices(condition):
    return ifelse(condition, V, V * 2) + ifelse(condition, S, S + 1)


def samples(one):
    """Yield expressions that a rewrite is to change."""
    if one.name in EXAMPLES:
        for build in EXAMPLES[one.name]:
            yield build()
        return
    if one.pattern is None:
        pytest.fail(f"{one.name} has no pattern: give it an example")
    dtype = "int64" if one.name in INTEGERS else "float64"
    for value in NUMBERS.get(one.name, [3.0]):
        yield instance(one.pattern.expression, dtype, value)


def instance(expression, dtype, value):
    """Return a pattern with vectors in place of its wildcards."""
    made = {}

    def build(variable):
        if isinstance(variable, TensorConstant):
            return variable
        if variable.owner is not None:
            return variable.owner.op(*(build(v) for v in variable.owner.inputs))
        if variable.name == "c" and variable.type.dtype == "float64":
            return constant(value)
        if variable not in made:
            own = dtype if variable.type.dtype == "float64" else variable.type.dtype
            made[variable] = vector(variable.name, own)
        return made[variable]

    return build(expression)


def graph_of(expression):
    inputs = [V, W, S, M, N, ROW, FIXED, SQUARE]
    needed = explicit_inputs([expression])
    return FunctionGraph([v for v in needed if v not in inputs] + inputs, [expression])


def arguments(fgraph, *, edges, seed=0):
    """Return arrays for a graph's inputs, all vectors of one length."""
    rng = np.random.default_rng(seed)
    first, second = (a.ravel() for a in np.meshgrid(EDGES, EDGES))
    n = first.size if edges else 24
    arrays = []
    for i, v in enumerate(fgraph.inputs):
        shape = {0: (), 1: (n,), 2: (4, n)}[v.type.ndim]
        shape = tuple(e or k for e, k in zip(v.type.shape, shape, strict=True))
        kind = np.dtype(v.type.dtype)
        if kind.kind == "b":
            array = rng.random(shape) < 0.5
        elif kind.kind in "iu":
            array = rng.integers(-9 if kind.kind == "i" else 0, 9, shape)
        elif edges and v.type.ndim == 1:
            array = first if i % 2 else second
        else:
            array = rng.normal(size=shape) * 2 + (seed % 2) * 3
        arrays.append(np.asarray(array, kind))
    return arrays


def value_of(fgraph, arrays):
    with np.errstate(all="ignore"):
        return Interpreter(fgraph.inputs, fgraph.toposort(), fgraph.outputs).compute(
            arrays
        )[0]


def upto(phase):
    active = PHASES[: PHASES.index(phase) + 1]
    return [one for one in catalogue() if one.phase in active]


@pytest.fixture(autouse=True)
def no_warnings(caplog):
    yield
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


each = pytest.mark.parametrize("name", NAMES)


@each
def test_it_fires_on_its_pattern_and_only_once(name):
    for one in BY_NAME[name]:
        for expression in samples(one):
            fgraph = graph_of(expression)
            assert run(fgraph, BY_NAME[name]).firings[name] >= 1, expression
            check_graph(fgraph)
            assert run(fgraph, BY_NAME[name]).firings[name] == 0, fgraph.outputs


@each
def test_it_keeps_type_and_value_to_its_grade(name):
    for one in BY_NAME[name]:
        for expression in samples(one):
            before, after = graph_of(expression), graph_of(expression)
            run(after, BY_NAME[name])
            old, new = before.outputs[0].type, after.outputs[0].type
            assert old.is_super(new) or old == new
            for seed in range(4):
                arrays = arguments(before, edges=False, seed=seed)
                same_to_grade(
                    one.grade, value_of(before, arrays), value_of(after, arrays)
                )
            if one.grade is Grade.EXACT:
                arrays = arguments(before, edges=True)
                same_bits(value_of(before, arrays), value_of(after, arrays))


# Where nothing overflows, underflows or is absorbed.
PLAIN = [0.0, -0.0, 1.0, -1.0, np.nan, 2.5, -3.0, 7.0]
NAN_TO_THE_ZERO = {"log_of_power_with_exp"}  # NaN ** 0 is 1, 0 * log(NaN) is NaN


@each
def test_it_keeps_zeros_and_nan_to_its_grade(name, monkeypatch):
    monkeypatch.setitem(globals(), "EDGES", PLAIN)
    for one in BY_NAME[name]:
        for expression in samples(one) if one.grade is not Grade.EXACT else ():
            before, after = graph_of(expression), graph_of(expression)
            run(after, BY_NAME[name])
            arrays = arguments(before, edges=True)
            expected, got = value_of(before, arrays), value_of(after, arrays)
            if name in NAN_TO_THE_ZERO:
                got = np.where(np.isnan(got), expected, got)
            same_to_grade(one.grade, expected, got)


SCALES = [1e-320, 1e-200, 1e-20, 1e20, 1e200]


@each
def test_it_keeps_tiny_and_huge_numbers_where_nothing_overflows(name):
    for one in BY_NAME[name]:
        for expression in samples(one) if one.grade is not Grade.EXACT else ():
            before, after = graph_of(expression), graph_of(expression)
            run(after, BY_NAME[name])
            plain = arguments(before, edges=False, seed=2)
            for scale in SCALES:
                arrays = [a * scale if a.dtype == "float64" else a for a in plain]
                if not all(stays_in_range(graph, arrays) for graph in (before, after)):
                    continue
                expected = value_of(before, arrays)
                got = value_of(after, arrays)
                least = max(1.0, np.max(np.abs(expected), initial=0.0))
                np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12 * least)


# Numbers that no rounding absorbs, even where it shows in an exponential.
PLAIN_FLOATS = st.just(0.0) | st.floats(1e-3, 8) | st.floats(-8, -1e-3)
drawn = settings(max_examples=20, deadline=None, derandomize=True, database=None)


@each
@drawn
@given(values=st.lists(st.floats(), min_size=1, max_size=4))
def test_it_keeps_all_bits_of_any_numbers_if_it_is_exact(name, values):
    for one in BY_NAME[name]:
        for expression in samples(one) if one.grade is Grade.EXACT else ():
            before, after, arrays = drawn_case(name, expression, values)
            same_bits(value_of(before, arrays), value_of(after, arrays))


@each
@drawn
@given(values=st.lists(PLAIN_FLOATS, min_size=1, max_size=4))
def test_it_keeps_its_grade_on_any_plain_numbers(name, values):
    for one in BY_NAME[name]:
        for expression in samples(one) if one.grade is not Grade.EXACT else ():
            before, after, arrays = drawn_case(name, expression, values)
            if all(stays_in_range(graph, arrays) for graph in (before, after)):
                # As exact as the largest number that was added or taken away allows.
                least = 1e-12 * max(largest(graph, arrays) for graph in (before, after))
                expected, got = value_of(before, arrays), value_of(after, arrays)
                np.testing.assert_allclose(got, expected, rtol=1e-9, atol=least)


def drawn_case(name, expression, values):
    """Return a graph, what the rewrite makes of it, and arguments of these values."""
    before, after = graph_of(expression), graph_of(expression)
    run(after, BY_NAME[name])
    arrays = [
        np.resize(values[i % len(values) :] + values, a.shape)
        if a.dtype == "float64"
        else a
        for i, a in enumerate(arguments(before, edges=False, seed=3))
    ]
    return before, after, arrays


def stays_in_range(fgraph, arrays):
    """Tell whether no intermediate result overflows, or is lost by underflow."""
    return all(
        np.isfinite(x).all() and (np.abs(x[x != 0]) < 1e300).all()
        for x in intermediate(fgraph, arrays)
    )


def largest(fgraph, arrays):
    """Return the largest magnitude of arguments and of what is made of them."""
    floats = [a for a in arrays if a.dtype.kind == "f"]
    found = [*floats, *intermediate(fgraph, arrays)]
    return max(1.0, *(np.max(np.abs(x), initial=0.0) for x in found))


def intermediate(fgraph, arrays):
    """Return the floats that a graph's nodes make."""
    wanted = [out for node in fgraph.toposort() for out in node.outputs]
    with np.errstate(all="ignore"):
        found = Interpreter(fgraph.inputs, fgraph.toposort(), wanted).compute(arrays)
    return [x for x in map(np.asarray, found) if x.dtype.kind == "f"]


def same_to_grade(grade, expected, got):
    assert expected.shape == got.shape
    assert expected.dtype == got.dtype
    if grade is Grade.EXACT:
        same_bits(expected, got)
        return
    if grade is Grade.DOMAIN:
        got = np.where(np.isnan(expected), expected, got)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def same_bits(expected, got):
    np.testing.assert_array_equal(got, expected)
    if expected.dtype.kind == "f":
        number = ~np.isnan(expected)
        np.testing.assert_array_equal(
            np.signbit(got)[number], np.signbit(expected)[number]
        )


@each
def test_it_ends_together_with_its_phase(name):
    for one in BY_NAME[name]:
        for expression in samples(one):
            before, after = graph_of(expression), graph_of(expression)
            report = run(after, upto(one.phase))
            check_graph(after)
            assert report.stopped == set()
            assert report.most_visits <= MOST_VISITS
            arrays = arguments(before, edges=False, seed=1)
            same_to_grade(
                Grade.DOMAIN, value_of(before, arrays), value_of(after, arrays)
            )


@each
def test_it_keeps_the_gradient_through_its_pattern(name):
    for one in BY_NAME[name]:
        for expression in samples(one):
            gradient = gradient_of(expression)
            if gradient is None:
                continue
            before, after = graph_of(gradient), graph_of(gradient)
            run(after, catalogue())
            for seed in (1, 2):
                arrays = arguments(before, edges=False, seed=seed)
                same_to_grade(
                    Grade.DOMAIN, value_of(before, arrays), value_of(after, arrays)
                )


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_the_gradient_of_what_was_written(name):
    for one in BY_NAME[name]:
        for expression in samples(one):
            graphs = [graph_of(gradient_of(expression))]
            before = config.nan_semantics
            config.nan_semantics = "ieee"
            try:
                graphs.append(graph_of(gradient_of(expression)))
            finally:
                config.nan_semantics = before
            arrays = arguments(graphs[0], edges=False, seed=1)
            found, expected = (value_of(graph, arrays) for graph in graphs)
            same_to_grade(Grade.DOMAIN, expected, found)


def gradient_of(expression):
    """Return the gradient of a sum by the first float input, None if there is none."""
    inputs = [
        v
        for v in explicit_inputs([expression])
        if v.type.dtype == "float64" and v.owner is None
    ]
    if expression.type.dtype != "float64" or not inputs:
        return None
    return grad(
        f("sum")(expression * expression), inputs[0], disconnected_inputs="ignore"
    )


@each
def test_it_says_what_it_does_in_an_equation(name):
    for one in BY_NAME[name]:
        assert "=" in one.equation or "never" in one.equation


def as_sympy(variable, symbols):
    """Return an elementwise expression as sympy's; KeyError for what isn't algebra."""
    import sympy

    if variable.type.dtype == "bool":
        raise KeyError("logic")
    if isinstance(variable, TensorConstant):
        return sympy.nsimplify(variable.data.item())
    if variable.owner is None:
        return symbols.setdefault(variable, sympy.Symbol(variable.name, positive=True))
    op = variable.owner.op
    if isinstance(op, Cast):
        return as_sympy(variable.owner.inputs[0], symbols)
    if isinstance(op, Fill):
        return as_sympy(variable.owner.inputs[1], symbols)
    if not isinstance(op, Elementwise):
        raise KeyError(str(op))
    operands = [as_sympy(v, symbols) for v in variable.owner.inputs]
    return {
        "add": sympy.Add,
        "sub": lambda a, b: a - b,
        "mul": sympy.Mul,
        "true_div": lambda a, b: a / b,
        "inv": lambda a: 1 / a,
        "neg": lambda a: -a,
        "sqr": lambda a: a**2,
        "pow": sympy.Pow,
        "sqrt": sympy.sqrt,
        "abs_": sympy.Abs,
        "exp": sympy.exp,
        "log": sympy.log,
        "log1p": lambda a: sympy.log(1 + a),
        "expm1": lambda a: sympy.exp(a) - 1,
        "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
        "softplus": lambda a: sympy.log(1 + sympy.exp(a)),
        "xlogx": lambda a: a * sympy.log(a),
        "log2": lambda a: sympy.log(a) / sympy.log(2),
        "log10": lambda a: sympy.log(a) / sympy.log(10),
        "log1mexp": lambda a: sympy.log(1 - sympy.exp(a)),
        "logaddexp": lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
        "tanh": lambda a: (
            (sympy.exp(a) - sympy.exp(-a)) / (sympy.exp(a) + sympy.exp(-a))
        ),
    }[op.name](*operands)


ALGEBRA = [n for n in NAMES if BY_NAME[n][0].pattern is not None and n not in INTEGERS]


@pytest.mark.parametrize("name", ALGEBRA)
def test_sympy_proves_its_equation(name):
    sympy = pytest.importorskip("sympy")
    for one in BY_NAME[name]:
        for expression in samples(one):
            after = graph_of(expression)
            symbols = {}
            before = graph_of(expression)
            try:
                left = as_sympy(before.outputs[0], symbols)
            except KeyError:
                return
            run(after, BY_NAME[name])
            own = dict(zip(after.inputs, before.inputs, strict=True))
            symbols = {a: symbols[b] for a, b in own.items() if b in symbols}
            right = as_sympy(after.outputs[0], symbols)
            difference = sympy.logcombine(sympy.simplify(left - right), force=True)
            assert sympy.simplify(difference) == 0
