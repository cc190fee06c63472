"""Reductions of what is scaled, spread or reduced before."""

from tests.rewrites.samples.operands import FIXED, ROW, M, S, V, f
from theanolike.ops.broadcast import Fill
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.shape import Flatten

SAMPLES = {
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
    "variance_by_hand": [
        lambda: f("mean")(M**2) - f("mean")(M) ** 2,
        lambda: f("mean")(f("sqr")(M), axis=1) - f("sqr")(f("mean")(M, axis=1)),
        lambda: (
            f("mean")(M * M, axis=0, keepdims=True)
            - f("mean")(M, axis=0, keepdims=True) ** 2
        ),
        lambda: f("mean")(FIXED**2, axis=1) - f("mean")(FIXED, axis=1) ** 2,
        lambda: f("mean")(V[1:5] ** 2) - f("mean")(V[1:5]) ** 2,
        lambda: (f("sum")(V * V) - f("sum")(V) ** 2 / V.shape[0]) / (V.shape[0] - 1),
        lambda: f("sum")(f("sqr")(M), axis=0) / S - f("sqr")(f("sum")(M, axis=0)) / S,
    ],
}
