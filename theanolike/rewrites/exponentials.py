"""Exponentials over their own sum, as written and as gradients make them."""

from collections.abc import Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import inv, mul, true_div
from theanolike.ops.broadcast import SumTo
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.exponential import exp
from theanolike.ops.reduction import Sum
from theanolike.ops.softmax import Softmax
from theanolike.rewrites.pattern import uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite

__all__: list[str] = []


@rewrite(
    Phase.STABILIZE, true_div, grade=Grade.DOMAIN, aliases=["local_softmax_recognized"]
)
def exp_over_its_sum(node: Apply) -> Any:
    """exp(x) / sum(exp(x), axes) = softmax(x, axes); also within c * exp(x) / sum.

    And where the exponentials are turned: exp(x).T / sum(exp(x), 1).
    """
    above, below = node.inputs
    factors = _factors(above)
    for k, factor in enumerate(factors):
        softmax = _softmax(below, factor)
        if softmax is not None:
            return _product([*factors[:k], *factors[k + 1 :]], softmax)
    return None


def _softmax(total: Any, powers: Any) -> Any:
    """Return softmax(x) if `total` is a sum of `powers`, exp(x) or that turned."""
    node = powers.owner
    if node is None or not _turns(node):
        axes = _axes_of_sum(total, powers)
        return None if axes is None else Softmax(axes)(node.inputs[0])
    (source,), order = node.inputs, node.op.order
    axes = _axes_of_sum(total, source, turned=order)
    if axes is None:
        return None
    own = tuple(i for i, k in enumerate(order) if k in axes)
    return Softmax(own)(node.op(source.owner.inputs[0]))


def _turns(node: Any) -> bool:
    """Tell whether a node changes the order of the dims, and nothing else."""
    is_turned = isinstance(node.op, DimShuffle)
    return is_turned and sorted(-1 if k is None else k for k in node.op.order) == list(
        range(node.inputs[0].ndim)
    )


@rewrite(Phase.STABILIZE, mul, grade=Grade.DOMAIN)
def exp_times_inverse_of_its_sum(node: Apply) -> Any:
    """exp(x) * (c / sum(exp(x), axes)) = c * softmax(x, axes), as in gradients."""
    factors = list(node.inputs)
    for k, factor in enumerate(factors):
        if not _is_exp(factor):
            continue
        for i, other in enumerate(factors):
            found = _over_sum(other, factor) if i != k else None
            if found is not None:
                axes, above = found
                others = [v for j, v in enumerate(factors) if j not in (i, k)]
                return _product(
                    [*others, *(v for v in above if uniform(v) != 1)],
                    Softmax(axes)(factor.owner.inputs[0]),  # type: ignore[union-attr]
                )
    return None


def _factors(variable: Any) -> list[Any]:
    node = variable.owner
    return list(node.inputs) if node is not None and node.op == mul else [variable]


def _product(factors: list[Any], softmax: Any) -> Any:
    return mul(*factors, softmax) if factors else softmax


def _is_exp(variable: Any) -> bool:
    return variable.owner is not None and variable.owner.op == exp


def _over_sum(variable: Any, powers: Any) -> tuple[tuple[int, ...], list[Any]] | None:
    """Return (axes, [c]) if a variable is c over the sum of `powers` along axes."""
    node = variable.owner
    order: tuple[int | None, ...] = tuple(range(variable.ndim))
    if node is not None and isinstance(node.op, DimShuffle):
        order, node = node.op.order, node.inputs[0].owner
    narrowed = None
    if node is not None and isinstance(node.op, SumTo):
        narrowed, node = node, node.inputs[0].owner
    if node is None or node.op not in (true_div, inv):
        return None
    total = node.inputs[-1]
    axes = _axes_of_sum(total, powers, order)
    if axes is None or (narrowed and narrowed.inputs[1] is not total):
        return None
    above = list(node.inputs[:-1])
    if narrowed:
        # The sum over what g has more dims of is over g alone.
        above = [narrowed.op(v, total) if v.ndim >= total.ndim else v for v in above]
    if order != tuple(range(len(order))):
        # What is divided may have fewer dims than the quotient.
        if any(v.ndim not in (0, total.ndim) for v in above):
            return None
        above = [DimShuffle(order)(v) if v.ndim else v for v in above]
    return axes, above


def _axes_of_sum(
    total: Any,
    powers: Any,
    order: tuple[int | None, ...] | None = None,
    turned: Sequence[int] | None = None,
) -> tuple[int, ...] | None:
    """Return the axes if `total` is the sum of `powers`, spread out beside these.

    `order` is how it is turned before it meets them, `turned` how they are.
    """
    node = total.owner
    if not _is_exp(powers) or node is None:
        return None
    if isinstance(node.op, DimShuffle):
        own = node.op.order
        order = (
            own if order is None else tuple(k if k is None else own[k] for k in order)
        )
        node = node.inputs[0].owner
    if node is None or not isinstance(node.op, Sum) or node.inputs[0] is not powers:
        return None
    axes: tuple[int, ...] = tuple(node.op.axes)
    kept = [k for k in range(powers.ndim) if k not in axes]
    dims = range(powers.ndim) if turned is None else turned
    spread = [None if k in axes else kept.index(k) for k in dims]
    given: list[int | None] = list(
        range(node.outputs[0].type.ndim) if order is None else order
    )
    missing: list[int | None] = [None] * (powers.ndim - len(given))
    given = missing + given
    dtypes = {v.type.dtype for v in (powers, powers.owner.inputs[0], total)}
    return axes if axes and given == spread and len(dtypes) == 1 else None
