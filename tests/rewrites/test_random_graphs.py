"""The whole catalogue on graphs made at random: values and gradients stay."""

import numpy as np
import pytest

from theanolike import ops
from theanolike.compile.interpreter import Interpreter
from theanolike.errors import TheanolikeError
from theanolike.gradient import grad
from theanolike.graph.check import check_graph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.rewrites.engine import run
from theanolike.rewrites.registry import catalogue
from theanolike.types.type import TensorType

f = ops.find
N, M = 3, 4
UNARY = ["exp", "sigmoid", "tanh", "neg", "sqr", "abs_", "softplus", "cos"]
POSITIVE = ["log", "sqrt", "inv", "log1p"]
BINARY = ["add", "sub", "mul", "true_div", "maximum", "minimum"]


class Maker:
    """Makes expressions of vectors and matrices of one size."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.inputs = [
            TensorType("float64", shape).make_variable(name)
            for name, shape in (
                ("x", (None,)),
                ("y", (None,)),
                ("X", (None, None)),
                ("Y", (N, M)),
                ("s", ()),
            )
        ]
        x, y, big, fixed, s = self.inputs
        self.pool = [x, y, big, fixed, s, exp(x), 1 - f("sigmoid")(big)]

    def pick(self, *ranks):
        fitting = [v for v in self.pool if not ranks or v.type.ndim in ranks]
        return fitting[self.rng.integers(len(fitting))]

    def number(self):
        return [-1.0, 0.0, 1.0, 2.0, 0.5, -2.0, 3][self.rng.integers(7)]

    def grow(self):
        kinds = [name for name in dir(self) if name.startswith("make_")]
        made = getattr(self, kinds[self.rng.integers(len(kinds))])()
        self.pool.append(made)

    def make_unary(self):
        return f(UNARY[self.rng.integers(len(UNARY))])(self.pick())

    def make_positive(self):
        base = [exp, f("sigmoid"), f("softplus")][self.rng.integers(3)](self.pick())
        return f(POSITIVE[self.rng.integers(len(POSITIVE))])(base)

    def make_binary(self):
        return f(BINARY[self.rng.integers(len(BINARY))])(self.pick(), self.pick())

    def make_scaled(self):
        return f(BINARY[self.rng.integers(4)])(self.pick(), self.number() or 1.0)

    def make_difference(self):
        return [self.number() - self.pick(), self.number() + self.pick()][
            self.rng.integers(2)
        ]

    def make_power(self):
        return self.pick() ** [1, 2, 3, -1][self.rng.integers(4)]

    def make_reduction(self):
        v = self.pick(1, 2)
        axis = [None, v.type.ndim - 1, 0][self.rng.integers(3)]
        name = ["sum", "max", "sum", "mean"][self.rng.integers(4)]
        if self.rng.random() < 0.3:
            return f("log")(f("sum")(exp(v), axis=axis, keepdims=True))
        return f(name)(v, axis=axis, keepdims=bool(self.rng.integers(2)))

    def make_softmax(self):
        rows = f("softmax")(self.pick(2))
        return f("log")(rows) if self.rng.random() < 0.5 else rows

    def make_quotient_of_exponentials(self):
        v = exp(self.pick(2))
        return v / f("sum")(v, axis=1, keepdims=True)

    def make_switch(self):
        a, b = self.pick(), self.pick()
        return f("switch")(f("gt")(a, self.number()), a, b)

    def make_part(self):
        v = self.pick(2)
        return [v[1], v[:, 1], v[::-1], v[1:][0], v[:, ::-1][:, 2]][
            self.rng.integers(5)
        ]

    def make_written(self):
        v = self.pick(2)
        return f("set_subtensor")(v[1], self.number())

    def make_transposed(self):
        return self.pick(2).T.T

    def make_product(self):
        return f("dot")(self.pick(2), self.pick(2).T)[:, :1] * self.pick(0, 2)

    def make_outer(self):
        return self.pick(1)[:1].dimshuffle(0, "x") * self.pick(2)


exp = f("exp")


def values_of(fgraph, arrays):
    with np.errstate(all="ignore"):
        return Interpreter(fgraph.inputs, fgraph.toposort(), fgraph.outputs).compute(
            arrays
        )


def graph_at_random(seed):
    """Return inputs, outputs and arrays; the outputs are a cost and its gradients."""
    maker = Maker(seed)
    for _ in range(20):
        try:
            maker.grow()
        except (TypeError, ValueError, IndexError):
            continue
    last = maker.pool[-6:]
    cost = f("sum")(f("sqr")(last[-1]))
    for v in last:
        cost = cost + f("sum")(f("tanh")(v))
    gradients = [grad(cost, v, disconnected_inputs="ignore") for v in maker.inputs]
    rng = np.random.default_rng(seed + 1)
    shapes = [(M,), (M,), (N, M), (N, M), ()]
    arrays = [rng.normal(size=shape) for shape in shapes]
    return maker.inputs, [cost, *last, *gradients], arrays


def disagreement(seed):
    """Return how far rewritten values are from the others, 0 where these aren't finite.

    Measured by a second run on slightly other inputs: what these change by rounding
    alone may change.
    """
    inputs, outputs, arrays = graph_at_random(seed)
    plain = FunctionGraph(inputs, outputs)
    rewritten = FunctionGraph(inputs, outputs)
    run(rewritten, catalogue())
    check_graph(rewritten)
    try:
        expected = values_of(plain, arrays)
    except TheanolikeError:
        return 0.0  # an index that is out of bounds, or extents that don't fit
    near = values_of(plain, [a * (1 + 1e-12) for a in arrays])
    got = values_of(rewritten, arrays)
    worst = 0.0
    for one, other, new in zip(expected, near, got, strict=True):
        assert one.shape == new.shape
        assert one.dtype == new.dtype
        if not np.isfinite(one).all() or np.abs(one).max(initial=0) > 1e100:
            continue
        slack = 1e-9 * (1 + np.abs(one)) + 1e3 * np.abs(other - one)
        worst = max(worst, float(np.max(np.abs(new - one) / slack, initial=0)))
    return worst


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_values_and_gradients_stay_on_graphs_at_random(first):
    for seed in range(first, first + 20):
        assert disagreement(seed) < 1, f"seed {seed}"


@pytest.mark.slow
def test_values_and_gradients_stay_on_many_graphs_at_random():
    for seed in range(60, 1000):
        assert disagreement(seed) < 1, f"seed {seed}"
