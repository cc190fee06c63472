"""Forms of exponentials and logarithms that neither overflow nor cancel."""

from tests.rewrites.samples.operands import (
    FIXED,
    ROW,
    SQUARE,
    M,
    N,
    S,
    V,
    W,
    exp,
    f,
    log,
    log1p,
    sigmoid,
    softmax,
)
from theanolike.ops.broadcast import SumTo
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.softmax import LogSoftmax, LogSumExp

TOP = f("max")(M, axis=1)


SAMPLES = {
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
        lambda: log(f("sum")(softmax(M) * V, axis=1)),
        lambda: log(f("sum")(f("sqr")(exp(V)) * 0.5 / W)),
        lambda: log(f("sum")(N * sigmoid(M) * exp(ROW), axis=0, keepdims=True)),
        lambda: log(0.3 * exp(V) + f("sqr")(W) * exp(-V)),
        lambda: log(exp(V) + exp(W) + sigmoid(S) / 2.0),
        lambda: log(3.0 * exp(f("abs_")(V)) - sigmoid(W) ** 2),
        lambda: log(f("dot")(softmax(M), W)),
        lambda: log(f("dot")(V, exp(W))),
        lambda: log(f("dot")(SQUARE[0], softmax(SQUARE))),
        lambda: log(f("diagonal")(f("dot")(softmax(SQUARE), FIXED.T))),
    ],
    "log_of_elements_of_exp": [
        lambda: log(f("max")(softmax(M), axis=1)),
        lambda: log(f("prod")(exp(V) * sigmoid(W))),
        lambda: log(f("abs_")(exp(V) * W)),
        lambda: log(softmax(M)[:, 1]),
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
        lambda: log(V * exp(W) * 3.0),
        lambda: log(f("sum")(exp(M) * V, axis=1) * f("sum")(exp(M) * W, axis=1)),
        lambda: log(f("sum")(softmax(M) * V, axis=1) ** 2),
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
    "log_of_constant_and_exp": [
        lambda: log(2.5 + exp(V)),
        lambda: log(exp(V) * 3.0 + 0.5 + exp(W)),
        lambda: log1p(0.25 * exp(V)),
        lambda: log1p(exp(V) + exp(-V)),
        lambda: log(0.5 + f("sum")(exp(M), axis=1)),
    ],
    "over_constant_and_exp": [
        lambda: W / (2.0 + 3.0 * exp(V)),
        lambda: exp(V) / (2.0 + exp(V)),
        lambda: W * exp(V) * 3.0 / (0.5 + exp(V) / 2.0),
        lambda: exp(V) / f("sqr")(1 + exp(V)),
        lambda: f("sqr")(exp(V)) / (1 + f("sqr")(exp(V))),
        lambda: (1 + exp(-V)) ** -0.5,
        lambda: 1 / f("sqrt")(4.0 + exp(-V)),
    ],
    "exp_over_sum_of_exp": [
        lambda: exp(V) / (exp(V) + exp(W) + 2.0),
        lambda: N * exp(M) / f("sum")(N * exp(M), axis=1, keepdims=True),
        lambda: V * exp(M) / f("sum")(V * exp(M), axis=1, keepdims=True),
        lambda: exp(V) / (exp(S) + f("sum")(exp(W))),
        lambda: exp(M) / (1.0 + f("sum")(exp(M), axis=1, keepdims=True)),
        lambda: W * exp(V) / exp(W),
    ],
    "exp_of_logsoftmax": [lambda: exp(LogSoftmax((1,))(M))],
}
