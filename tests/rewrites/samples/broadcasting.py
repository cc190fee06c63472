"""Values that are spread over a shape, and sums back to one."""

from tests.rewrites.samples.operands import FIXED, ROW, M, S, V, W, exp, f
from theanolike.ops.broadcast import Fill, SumTo
from theanolike.ops.cast import Cast
from theanolike.ops.conditional import _masked_op
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import ShapeItem

SAMPLES = {
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
}
