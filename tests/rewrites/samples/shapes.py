"""Extents, permuted axes, reshapes and joins."""

import numpy as np

from tests.rewrites.samples.operands import FIXED, ROW, SQUARE, M, S, V, W, exp, f
from theanolike.ops.broadcast import Fill
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import MakeVector, ShapeItem, ShapeOf
from theanolike.ops.shape import Flatten, Rebroadcast, Reshape, SpecifyShape
from theanolike.types.constants import constant

SAMPLES = {
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
}
