"""Products of matrices: what they read, their order, what is done to them."""

from tests.rewrites.samples.operands import FIXED, S_INT, SQUARE, M, S, V, W, exp, f
from theanolike.ops.diagonal import Diagonal

CUBE = M.reshape((4, 4, M.shape[1] // 4))


SAMPLES = {
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
    "products_of_one_operand": [
        lambda: f("dot")(M, V) + f("dot")(M, exp(V)),
        lambda: f("dot")(exp(SQUARE), SQUARE) - f("dot")(SQUARE, SQUARE),
    ],
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
}
