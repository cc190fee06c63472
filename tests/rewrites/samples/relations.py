"""Comparisons, logic, bounds and rounding."""

import numpy as np

from tests.rewrites.samples.operands import TRUTH, UNSIGNED, N, V, W, exp, f, sigmoid
from theanolike.ops.extents import ShapeItem
from theanolike.types.constants import constant

SAMPLES = {
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
}
