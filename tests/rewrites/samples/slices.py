"""Parts that are read and written."""

from tests.rewrites.samples.operands import (
    FIXED,
    ROW,
    S_INT,
    SQUARE,
    M,
    S,
    V,
    W,
    exp,
    f,
    softmax,
)
from theanolike.ops.broadcast import Fill
from theanolike.ops.cast import Cast
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import ShapeItem
from theanolike.ops.indexing import IncSubtensor
from theanolike.ops.softmax import LogSumExp

put, inc = f("set_subtensor"), f("inc_subtensor")


def at_row(x, row, *, is_set):
    return IncSubtensor(("int64",), is_set)(x, row, 1)


SAMPLES = {
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
    "whole_written": [
        lambda: IncSubtensor(("::",), True)(V, f("sqr")(V)),
        lambda: IncSubtensor(("::", "::"))(M, M),
    ],
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
}
