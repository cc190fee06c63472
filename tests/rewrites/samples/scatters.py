"""Elements at the places of classes, and one-hot rows."""

import numpy as np

from tests.rewrites.samples.operands import (
    SQUARE,
    M,
    S,
    V,
    W,
    arange,
    exp,
    f,
    log,
    softmax,
)
from theanolike.ops.broadcast import Fill
from theanolike.ops.cast import Cast
from theanolike.ops.creation import Alloc
from theanolike.ops.indexing import AdvancedIncSubtensor
from theanolike.types.constants import constant

CLASSES = constant(np.array([2, 0, 1, 1]))


def picked(x, rows=4):
    return x[arange(rows), CLASSES]


def scattered(v):
    zeros = Fill()(M, constant(np.zeros(())))
    return AdvancedIncSubtensor((0, 1))(zeros, v, arange(4), CLASSES)


HOT = f("eq")(CLASSES.dimshuffle(0, "x"), arange(3))
OUTSIDE = constant(np.array([2, 3, -1, 0, 2]))
ZEROS_OF_M = Fill()(M, constant(np.zeros(())))
SET_HOT = AdvancedIncSubtensor((0, 1), True)(
    Alloc()(constant(0.0), 4, 3), constant(np.ones(4)), arange(4), CLASSES
)


SAMPLES = {
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
}
