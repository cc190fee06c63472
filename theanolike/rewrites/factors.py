"""Products and sums as lists: constants gathered, what stands on both sides cancelled.

A product of products and quotients is a list of factors above and below the line; a
sum of sums and differences a list of terms with signs. Both are collected from the
outermost node only, a bounded way down, and written anew only where that gains
something: so a formula keeps the order of operations in which it was written.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.activation import sigmoid
from theanolike.ops.arithmetic import add, mul, neg, power, sub, true_div
from theanolike.ops.cast import cast
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.exponential import exp
from theanolike.rewrites.pattern import conform, uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant
from theanolike.types.dtypes import is_complex, is_continuous

__all__ = ["PRODUCTS", "Parts", "collect", "parts_of", "product_of", "sum_of"]

MOST_PARTS = 24
MOST_POWER = 4
CANONICALIZE = Phase.CANONICALIZE
PRODUCTS = frozenset({"mul", "true_div", "inv", "neg", "sqr", "pow"})
SUMS = frozenset({"add", "sub", "neg"})


class Parts:
    """The factors of a product, or the terms of a sum.

    Attributes
    ----------
    counts : Counter of Variable to int
        How often a factor stands above the line, or a term with a plus; negative below
        it, or with a minus. In order of appearance.
    constant : number
        Of all constants, and of the signs of a product.
    n_constants : int
        How many there were.
    cancelled : bool
        Something stood on both sides.
    leaves : list of Variable
        All that the shape depends on.
    """

    def __init__(self, dtype: str, *, is_product: bool) -> None:
        self.dtype = dtype
        self.is_product = is_product
        self.counts: Counter[Any] = Counter()
        self.n_constants = 0
        self.cancelled = False
        self.leaves: list[Any] = []
        self.constant: Any = np.asarray(is_product).astype(dtype)[()]

    def take(self, variable: Any, count: int) -> None:
        """Enter a factor or a term."""
        self.leaves.append(variable)
        value = uniform(variable)
        if value is not None:
            self.n_constants += 1
            with np.errstate(all="ignore"):
                self._gather(np.asarray(value).astype(self.dtype)[()], count)
            return
        before = self.counts[variable]
        self.cancelled |= before * count < 0
        self.counts[variable] = before + count

    def _gather(self, value: Any, count: int) -> None:
        for _ in range(abs(count)):
            if not self.is_product:
                self.constant = self.constant + (value if count > 0 else -value)
            elif count > 0:
                self.constant = self.constant * value
            else:
                self.constant = self.constant / value

    def negate(self) -> None:
        """Change the sign of a product."""
        with np.errstate(all="ignore"):
            self.constant = -self.constant

    def is_safe(self) -> bool:
        """Tell whether the constant is one that loses nothing."""
        size = abs(self.constant)
        if not is_continuous(self.dtype):
            return True
        if not self.is_product:
            return bool(np.isfinite(size))
        real = np.finfo(self.dtype)
        return bool(real.tiny <= size <= real.max)


def collect(node: Apply, fgraph: FunctionGraph, *, is_product: bool) -> Parts | None:
    """Return the parts of a node if it is the outermost of its kind, else None."""
    out: Any = node.outputs[0]
    names = PRODUCTS if is_product else SUMS
    dtype: str = out.type.dtype
    # Two parts alone are left to the patterns of trivial algebra.
    if not any(v.owner and _is_one_of(v.owner, names, dtype) for v in node.inputs):
        return None
    if _has_larger(out, fgraph, names, dtype):
        return None
    return parts_of(out, is_product=is_product)


def parts_of(out: Any, *, is_product: bool) -> Parts:
    """Return the parts of a variable, itself alone where it is no product or sum."""
    names = PRODUCTS if is_product else SUMS
    parts = Parts(out.type.dtype, is_product=is_product)
    stack: list[tuple[Any, int]] = [(out, 1)]
    while stack:
        variable, count = stack.pop()
        below = None
        if len(stack) + len(parts.leaves) < MOST_PARTS:
            below = _below(variable, count, parts, names)
        if below is None:
            parts.take(variable, count)
        else:
            stack.extend(reversed(below))
    return parts


def _has_larger(
    out: Any, fgraph: FunctionGraph, names: frozenset[str], dtype: str
) -> bool:
    """Tell whether a result is read only as a part of a larger product or sum."""
    clients = fgraph.clients(out)
    if len(clients) != 1:
        return False
    client = clients[0][0]
    return not isinstance(client, str) and _is_one_of(client, names, dtype)


def _is_one_of(node: Apply, names: frozenset[str], dtype: str) -> bool:
    op = node.op
    return (
        type(op) is Elementwise
        and op.name in names
        and node.outputs[0].type.dtype == dtype  # type: ignore[attr-defined]
    )


def _below(
    variable: Any, count: int, parts: Parts, names: frozenset[str]
) -> Sequence[tuple[Any, int]] | None:
    """Return the parts that a part is made of, or None."""
    node = variable.owner
    if node is None or not _is_one_of(node, names, parts.dtype):
        return None
    name, inputs = node.op.name, node.inputs
    if parts.is_product and _is_logistic(name, inputs):
        return None
    if name in {"add", "mul"}:
        return [(v, count) for v in inputs]
    if name in {"sub", "true_div"}:
        return [(inputs[0], count), (inputs[1], -count)]
    if name == "neg" and not parts.is_product:
        return [(inputs[0], -count)]
    if name == "neg":
        if count % 2:
            parts.negate()
        return [(inputs[0], count)]
    n = count * _exponent(node)
    return [(inputs[0], n)] if 0 < abs(n) <= MOST_POWER else None


def _is_logistic(name: str, inputs: Sequence[Any]) -> bool:
    """Tell whether a node is 1 / (1 + exp(u)): it is to become a sigmoid."""
    if name == "true_div" and uniform(inputs[0]) != 1:
        return False
    return name in {"true_div", "inv"} and _one_plus_exp(inputs[-1]) is not None


def _exponent(node: Apply) -> int:
    """Return n where a node is x ** n, 0 where that is no small integer."""
    name = node.op.name  # type: ignore[attr-defined]
    if name != "pow":
        return -1 if name == "inv" else 2
    value = uniform(node.inputs[1])
    if value is None or not abs(value) <= MOST_POWER:
        return 0
    return int(value) if value == int(value) else 0


def product_of(parts: Parts) -> Any:
    """Write a product anew."""
    above = [_power(v, n, parts.dtype) for v, n in parts.counts.items() if n > 0]
    below = [_power(v, -n, parts.dtype) for v, n in parts.counts.items() if n < 0]
    minus = parts.constant == -1 and bool(above)
    if not above or parts.constant not in {1, -1}:
        above.insert(0, constant(np.asarray(parts.constant)))
    total = _folded(mul, above)
    if below:
        total = true_div(total, _folded(mul, below))
    return neg(total) if minus else total


def sum_of(parts: Parts) -> Any:
    """Write a sum anew."""
    plus = [_multiple(v, n, parts.dtype) for v, n in parts.counts.items() if n > 0]
    minus = [_multiple(v, -n, parts.dtype) for v, n in parts.counts.items() if n < 0]
    if parts.constant != 0 or not (plus or minus):
        plus.append(constant(np.asarray(parts.constant)))
    if not plus:
        return neg(_folded(add, minus))
    total = _folded(add, plus)
    return sub(total, _folded(add, minus)) if minus else total


def _folded(op: Any, parts: Sequence[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = op(total, part)
    return total


def _power(variable: Any, n: int, dtype: str) -> Any:
    base = cast(variable, dtype)
    if is_complex(dtype):  # of these there are no powers
        return _folded(mul, [base] * n)
    return base if n == 1 else power(base, n)


def _multiple(variable: Any, n: int, dtype: str) -> Any:
    base = cast(variable, dtype)
    return base if n == 1 else mul(base, n)


def _gathered(node: Apply, fgraph: FunctionGraph, *, is_product: bool) -> Any:
    parts = collect(node, fgraph, is_product=is_product)
    if parts is None or parts.n_constants < 2 or parts.cancelled:
        return None
    if not parts.is_safe():
        return None
    new = product_of(parts) if is_product else sum_of(parts)
    return conform(node, new, parts.leaves)


def _cancelled(node: Apply, fgraph: FunctionGraph, *, is_product: bool) -> Any:
    parts = collect(node, fgraph, is_product=is_product)
    if parts is None or not parts.cancelled or not parts.is_safe():
        return None
    new = product_of(parts) if is_product else sum_of(parts)
    return conform(node, new, parts.leaves)


@rewrite(
    CANONICALIZE,
    *(mul, true_div, neg),
    grade=Grade.ROUNDING,
    aliases=["local_mul_canonizer"],
)
def constants_of_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """x * c * y / d = (c / d) * x * y."""
    return _gathered(node, fgraph, is_product=True)


@rewrite(
    CANONICALIZE,
    *(add, sub, neg),
    grade=Grade.ROUNDING,
    aliases=["local_add_canonizer"],
)
def constants_of_sum(node: Apply, fgraph: FunctionGraph) -> Any:
    """x + c - y + d = x + (c + d) - y."""
    return _gathered(node, fgraph, is_product=False)


@rewrite(
    CANONICALIZE,
    *(mul, true_div, neg),
    grade=Grade.DOMAIN,
    aliases=["local_mul_canonizer"],
)
def factors_on_both_sides(node: Apply, fgraph: FunctionGraph) -> Any:
    """x * y * z / (y * w) = x * z / w."""
    return _cancelled(node, fgraph, is_product=True)


@rewrite(
    CANONICALIZE, *(add, sub, neg), grade=Grade.DOMAIN, aliases=["local_add_canonizer"]
)
def terms_on_both_sides(node: Apply, fgraph: FunctionGraph) -> Any:
    """x + y + z - (y + w) = x + z - w."""
    return _cancelled(node, fgraph, is_product=False)


@rewrite(
    Phase.STABILIZE,
    *(mul, true_div, neg),
    grade=Grade.DOMAIN,
    aliases=["local_exp_over_1_plus_exp", "local_sigm_times_exp"],
)
def exponentials_of_sigmoids(node: Apply, fgraph: FunctionGraph) -> Any:
    """x * exp(u) / (1 + exp(u)) ** 2 = x * sigmoid(u) * sigmoid(-u)."""
    parts = collect(node, fgraph, is_product=True)
    if parts is None or not parts.is_safe():
        return None
    found = False
    for factor, count in list(parts.counts.items()):
        exponential = _one_plus_exp(factor)
        if exponential is None or count >= 0:
            continue
        found = True
        del parts.counts[factor]
        above = min(max(parts.counts[exponential], 0), -count)
        parts.counts[exponential] -= above
        u = exponential.owner.inputs[0]
        parts.counts[sigmoid(u)] += above
        parts.counts[sigmoid(neg(u))] += -count - above
    for factor, exponential in _sigmoids_times_exp(parts.counts):
        found = True
        (v,) = factor.owner.inputs
        above = min(parts.counts[factor], parts.counts[exponential])
        parts.counts[factor] -= above
        parts.counts[exponential] -= above
        parts.counts[sigmoid(neg(v))] += above
    return conform(node, product_of(parts), parts.leaves) if found else None


def _sigmoids_times_exp(counts: Counter[Any]) -> list[tuple[Any, Any]]:
    """Return the pairs of factors sigmoid(v) and exp(-v) above the line."""
    above = [f for f, n in counts.items() if n > 0 and f.owner is not None]
    powers = [f for f in above if f.owner.op == exp]
    return [
        (f, e)
        for f in above
        if powers and f.owner.op == sigmoid
        for e in powers
        if _are_opposite(f.owner.inputs[0], e.owner.inputs[0])
        and f.type.dtype == e.type.dtype
    ]


def _are_opposite(v: Any, u: Any) -> bool:
    return any(
        a.owner is not None and a.owner.op == neg and a.owner.inputs[0] is b
        for a, b in ((v, u), (u, v))
    )


def _one_plus_exp(variable: Any) -> Any:
    """Return exp(u) if a variable is 1 + exp(u), else None."""
    node = variable.owner
    if node is None or node.op != add or len(node.inputs) != 2:
        return None
    for one, other in (node.inputs, node.inputs[::-1]):
        if uniform(one) == 1 and other.owner is not None and other.owner.op == exp:
            return other if other.type.dtype == variable.type.dtype else None
    return None
