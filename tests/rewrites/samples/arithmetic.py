"""Constants, casts, and terms and factors that meet."""

import numpy as np

from tests.rewrites.samples.operands import TRUTH, M, N, S, V, W, exp, f, sigmoid
from theanolike.ops.barriers import DisconnectedGrad
from theanolike.ops.cast import Cast
from theanolike.ops.conditional import _masked_op
from theanolike.types.constants import constant

SAMPLES = {
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
}
