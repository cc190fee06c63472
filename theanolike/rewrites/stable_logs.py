"""Logarithms of what is made of exponentials: of products, powers and weighted sums.

Where exp(x) underflows, its logarithm is still x. So a product is parted into factors
whose logarithms are known without it, and the others, which are weights of a sum.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.ops.activation import sigmoid, softplus
from theanolike.ops.arithmetic import (
    abs_,
    add,
    inv,
    mul,
    neg,
    power,
    sqr,
    sub,
    true_div,
)
from theanolike.ops.barriers import disconnected_grad
from theanolike.ops.batched import BatchedDot
from theanolike.ops.cast import cast
from theanolike.ops.comparison import isinf, lt
from theanolike.ops.conditional import maximum, minimum, switch
from theanolike.ops.diagonal import Diagonal
from theanolike.ops.dimshuffle import DimShuffle, insert_dims
from theanolike.ops.exponential import exp, log, log1p, scaled_exp, sqrt
from theanolike.ops.extents import shape_i
from theanolike.ops.extrema import Max, Min
from theanolike.ops.indexing.getitem import getitem
from theanolike.ops.indexing.region import Take
from theanolike.ops.products import Dot
from theanolike.ops.reduction import Prod, Sum
from theanolike.ops.reduction import sum as sum_along
from theanolike.ops.shape import Flatten, Rebroadcast, Reshape, SpecifyShape
from theanolike.ops.softmax import LogSoftmax, LogSumExp, Softmax
from theanolike.rewrites.extents import is_beside
from theanolike.rewrites.factors import Parts, parts_of, product_of
from theanolike.rewrites.hyperbolic import log_of_complement
from theanolike.rewrites.pattern import conform, uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant
from theanolike.types.dtypes import is_float

__all__ = [
    "SumOfExp",
    "again",
    "is_spread",
    "made_by",
    "powers_of",
    "rows_that_meet",
    "split_product",
    "sum_of_exp",
    "terms_of_exp",
    "unshuffled",
]

STABILIZE = Phase.STABILIZE
_SUMS = (Sum, Dot, BatchedDot, Diagonal)
_PRODUCTS = (mul, true_div, inv, sqr, neg, power)
# What takes and turns elements and changes none.
_MOVES = (DimShuffle, Take, Reshape, Flatten, Rebroadcast, SpecifyShape)
# Products of exponentials within powers within products are followed so far down.
_MOST_NESTED = 8
_MOST_TERMS = 8


def made_by(variable: Any, *kinds: type) -> Any:
    """Return the node of a variable if its op is of these kinds, else None."""
    node = variable.owner
    return node if node is not None and isinstance(node.op, kinds) else None


def is_result_of(variable: Any, op: Any) -> bool:
    """Tell whether a variable is the result of an op."""
    return variable.owner is not None and variable.owner.op == op


def unshuffled(variable: Any) -> tuple[Any, DimShuffle | None]:
    """Return what a variable is the DimShuffle of, and that op if it is one."""
    node = made_by(variable, DimShuffle)
    return (variable, None) if node is None else (node.inputs[0], node.op)


def again(op: DimShuffle | None, variable: Any) -> Any:
    """Return a variable turned by an op, if there is one."""
    return variable if op is None else op(variable)


def is_spread(op: DimShuffle | None, axes: tuple[int, ...], rank: int) -> bool:
    """Tell whether a result of a reduction is put beside the `rank` dims it had."""
    order = tuple(range(rank - len(axes))) if op is None else op.order
    return is_beside(order, axes, rank)


def powers_of(variable: Any) -> Any:
    """Return x if a variable is exp(x), of one dtype, else None."""
    node = variable.owner
    if node is None or node.op != exp:
        return None
    source: Any = node.inputs[0]
    return source if source.type.dtype == variable.type.dtype else None


class Parted(NamedTuple):
    """A product: the logarithm of some factors, and the others, None for none."""

    log: Any
    weight: Any
    leaves: Sequence[Any]


class Known(NamedTuple):
    """The logarithm of the size of a factor, and its sign, None where that is 1."""

    log: Any
    sign: Any = None


def _known(variable: Any, depth: int = 0) -> Known | None:
    """Return the logarithm of a factor that may overflow or underflow, else None."""
    node = variable.owner
    if node is None or depth > _MOST_NESTED:
        return None
    source = powers_of(variable)
    if source is not None:
        return Known(source)
    if node.op == sigmoid:
        return Known(neg(softplus(neg(node.inputs[0]))))
    if isinstance(node.op, Softmax):
        return Known(LogSoftmax(node.op.axes)(node.inputs[0]))
    complement = log_of_complement(node)
    if complement is not None:
        return Known(complement)
    if isinstance(node.op, _SUMS) or node.op in (add, sub):
        return _known_sum(variable, depth + 1)
    found = _of_elements(node, depth + 1)
    return found if found is None or isinstance(found, Known) else Known(found)


def _known_sum(total: Any, depth: int) -> Known | None:
    found = sum_of_exp(total, depth)
    if found is None:
        return None
    if found.rest is None:
        return Known(found.shift)
    size = add(log(abs_(found.rest)), found.shift)
    return Known(size, cast(switch(lt(found.rest, 0), -1, 1), size.type.dtype))


def _of_elements(node: Any, depth: int) -> Any:
    """Return what is known of a function of elements whose logarithms are, or None."""
    op = node.op
    if isinstance(op, _MOVES):
        inner = _known(node.inputs[0], depth)
        return inner and Known(*(v and op(v, *node.inputs[1:]) for v in inner))
    if op == abs_:
        parted = split_product(node.inputs[0], depth)
        if parted is None or parted.weight is None:
            return parted and parted.log
        return add(parted.log, log(abs_(parted.weight)))
    if op not in (power, sqrt) and not isinstance(op, Max | Min | Prod):
        return None
    parted = split_product(node.inputs[0], depth)
    if parted is None or parted.weight is not None:
        return None
    if op in (power, sqrt):
        return mul(node.inputs[1] if op == power else 0.5, parted.log)
    if isinstance(op, Prod):
        if {op.dtype, op.acc_dtype} != {parted.log.type.dtype} or op.no_zeros:
            return None
        op = Sum(op.axes, op.dtype, op.acc_dtype)
    return op(conform(node.inputs[0].owner, parted.log, parted.leaves))


def split_product(
    variable: Any, depth: int = 0, *, is_term: bool = False
) -> Parted | None:
    """Part a product, None where no factor's logarithm is known.

    A term of a sum is not parted where it is `scaled_exp`: that is shifted already.
    """
    parts = parts_of(variable, is_product=True)
    if not is_float(parts.dtype) or not parts.is_safe() or parts.cancelled:
        return None
    if is_term and any(is_result_of(v, scaled_exp) for v in parts.counts):
        return None
    total: Any = None
    for factor, count in list(parts.counts.items()):
        known = _known_factor(factor, count, parts, depth)
        if known is None:
            continue
        del parts.counts[factor]
        if known.sign is not None:
            parts.counts[known.sign] += count
        term = cast(known.log, parts.dtype)
        if abs(count) > 1:
            term = mul(abs(count), term)
        if total is None:
            total = term if count > 0 else neg(term)
        else:
            total = add(total, term) if count > 0 else sub(total, term)
    if total is None:
        return None
    weight = None
    if any(parts.counts.values()) or parts.constant != 1:
        weight = product_of(parts)
    return Parted(total, weight, parts.leaves)


def _known_factor(factor: Any, count: int, parts: Parts, depth: int) -> Known | None:
    """Return what is known of a factor; what scales an exponential is a part, too."""
    if is_result_of(factor, scaled_exp):
        parts.take(factor.owner.inputs[0], count)
        return Known(factor.owner.inputs[1])
    return _known(factor, depth) if factor.type.dtype == parts.dtype else None


class SumOfExp(NamedTuple):
    """A sum as rest * exp(shift); a rest of None is 1."""

    shift: Any
    rest: Any = None


def _sum_of_terms(total: Any, depth: int = 0) -> SumOfExp | None:
    """Return a few exponentials, weighted or not, added up without their overflow."""
    parts = parts_of(total, is_product=False)
    if parts.n_constants or parts.cancelled or not is_float(parts.dtype):
        return None
    return terms_of_exp(total, parts, depth)


def terms_of_exp(total: Any, parts: Parts, depth: int = 0) -> SumOfExp | None:
    """Return the same of the parts of a sum, a constant that isn't 0 among them."""
    counts = parts.counts
    terms, sizes = [], []
    if parts.constant:
        weight: Any = constant(parts.constant)
        terms.append((weight, constant(0, dtype=parts.dtype)))
        sizes.append(constant(np.log(abs(parts.constant))))
    if not 2 <= len(counts) + len(terms) <= _MOST_TERMS:
        return None
    for term, count in counts.items():
        if term.type.dtype != parts.dtype:
            return None
        parted = split_product(term, depth, is_term=True)
        if parted is None:
            return None
        weight = constant(count, dtype=parts.dtype)
        if parted.weight is not None:
            weight = mul(weight, parted.weight)
        terms.append((cast(weight, parts.dtype), parted.log))
        sizes.append(add(parted.log, log(abs_(terms[-1][0]))))
    size = sizes[0]
    for other in sizes[1:]:
        size = maximum(size, other)
    shift = disconnected_grad(switch(isinf(size), 0, size))
    rest: Any = None
    for weight, known in terms:
        term = scaled_exp(weight, sub(known, shift))
        rest = term if rest is None else add(rest, term)
    return SumOfExp(conform(total.owner, shift, parts.leaves), rest)


def sum_of_exp(total: Any, depth: int = 0) -> SumOfExp | None:
    """Return a sum of exponentials, weighted or not, without their overflow."""
    if total.owner is not None and total.owner.op in (add, sub):
        return _sum_of_terms(total, depth)
    node = made_by(total, *_SUMS)
    if node is None:
        return None
    if not isinstance(node.op, Sum):
        product = _elementwise(node)
        return None if product is None else _weighted(*product, depth)
    (x,) = node.inputs
    if x.owner is None or not node.op.axes or x.type.dtype != total.type.dtype:
        return None
    return _weighted(x, node.op, depth)


def _weighted(x: Any, op: Sum, depth: int) -> SumOfExp | None:
    """Return sum(x) for an x of exponentials times weights, else None."""
    parted = split_product(x, depth, is_term=True)
    if parted is None:
        return None
    z = conform(x.owner, parted.log, parted.leaves)
    if parted.weight is None:
        return SumOfExp(LogSumExp(op.axes)(z))
    y = cast(parted.weight, x.type.dtype)
    value = uniform(y)
    if value is not None and value > 0:
        return SumOfExp(add(log(y), LogSumExp(op.axes)(z)))
    size = LogSumExp(op.axes)(add(z, log(abs_(y))))
    # No gradient goes through the shift: the sum is the same for any.
    shift = disconnected_grad(switch(isinf(size), 0, size))
    apart = sub(z, insert_dims(shift, op.axes))
    return SumOfExp(shift, op(scaled_exp(y, apart)))


def _elementwise(node: Any) -> tuple[Any, Sum] | None:
    """Return the products that a product of vectors adds up, and their sum."""
    if not is_float(node.outputs[0].type.dtype):
        return None
    if isinstance(node.op, Diagonal):
        pair = rows_that_meet(node)
        return None if pair is None else _summed(*pair, 1)
    x, y = node.inputs
    ranks = x.type.ndim, y.type.ndim
    if isinstance(node.op, BatchedDot):
        return _summed(x, y, 1) if ranks == (2, 2) else None
    if ranks == (1, 1):
        return _summed(x, y, 0)
    # Exponentials of a vector don't become those of a matrix.
    if ranks == (2, 1) and split_product(x) is not None:
        return _summed(x, y, 1)
    if ranks == (1, 2) and split_product(y) is not None:
        return _summed(y, x, 0)
    return None


def _summed(x: Any, y: Any, axis: int) -> tuple[Any, Sum] | None:
    """Return x * y and its sum along an axis, where y must have that of x."""
    along = axis if y.type.ndim == x.type.ndim else 0
    if x.type.shape[axis] is None or x.type.shape[axis] != y.type.shape[along]:
        y = SpecifyShape((along,))(y, shape_i(x, axis))
    if x.type.ndim > y.type.ndim and axis == 0:
        y = insert_dims(y, [1])
    product = mul(x, y)
    made = sum_along(product, axis).owner
    return (product, made.op) if isinstance(made.op, Sum) else None


def rows_that_meet(node: Apply) -> tuple[Any, Any] | None:
    """Return x and y.T, of as many rows, of diagonal(dot(x, y)), else None."""
    product = made_by(node.inputs[0], Dot)
    if node.op != Diagonal(0, 0, 1) or product is None:
        return None
    x, y = product.inputs
    if x.type.ndim != 2 or y.type.ndim != 2:
        return None
    rows, columns = x.type.shape[0], y.type.shape[1]
    if rows is None or rows != columns:
        length = minimum(shape_i(x, 0), shape_i(y, 1))
        x = getitem(x, slice(None, length))
        y = getitem(y, (slice(None), slice(None, length)))
    return x, DimShuffle((1, 0))(y)


@rewrite(STABILIZE, log, aliases=["local_log_sum_exp"], grade=Grade.ROUNDING)
def log_of_sum_of_exp(node: Apply) -> Any:
    """log(sum(y * exp(x), axes)) = m + log(sum(y * exp(x - m), axes)).

    For weights y of any sign, and m = logsumexp(x + log(abs(y)), axes); without weights
    this is log(sum(exp(x), axes)) = logsumexp(x, axes). So too for products of exp,
    softmax, sigmoid, their powers and such sums, for dot products with them, and for a
    few terms: log(y * exp(x) + z * exp(w)).
    """
    total, turn = unshuffled(node.inputs[0])
    if _has_own_form(total):
        return None
    found = sum_of_exp(total)
    if found is None:
        return None
    if found.rest is None:
        return again(turn, found.shift)
    return again(turn, add(log(found.rest), found.shift))


def _has_own_form(total: Any) -> bool:
    """Tell whether a variable is exp(x) + exp(y) or sigmoid(x) - sigmoid(y)."""
    node = total.owner
    if node is None or node.op not in (add, sub) or len(node.inputs) != 2:
        return False
    if node.op == add:
        return all(powers_of(v) is not None for v in node.inputs)
    return all(is_result_of(v, sigmoid) for v in node.inputs)


@rewrite(STABILIZE, log1p, grade=Grade.ROUNDING)
def log_of_one_plus_sum_of_exp(node: Apply) -> Any:
    """log(1 + sum(exp(x))) = softplus(logsumexp(x))."""
    total, turn = unshuffled(node.inputs[0])
    made = made_by(total, Sum)
    if made is None or not made.op.axes:
        return None
    source = powers_of(made.inputs[0])
    if source is None or source.type.dtype != total.type.dtype:
        return None
    return softplus(again(turn, LogSumExp(made.op.axes)(source)))


@rewrite(STABILIZE, log, grade=Grade.ROUNDING)
def log_of_product_with_exp(node: Apply) -> Any:
    """log(p * y) = log(p) + log(y), log(p / y) = log(p) - log(y), log(y / p) likewise.

    For p made of exponentials: exp, a sum of them, softmax and sigmoid.
    """
    made = node.inputs[0].owner
    if made is None or made.op not in _PRODUCTS:
        return None
    parted = split_product(node.inputs[0])
    if parted is None:
        return None
    found, weight = parted.log, parted.weight
    if weight is not None:
        found = _with_log(found, weight)
    return conform(node, found, parted.leaves)


def _with_log(known: Any, weight: Any) -> Any:
    """Return a logarithm and that of a factor."""
    made = weight.owner
    if made is not None and made.op == true_div and uniform(made.inputs[0]) == 1:
        return sub(known, log(made.inputs[1]))
    return add(known, log(weight))


@rewrite(STABILIZE, log, grade=Grade.ROUNDING)
def log_of_power_with_exp(node: Apply) -> Any:
    """log(p ** y) = y * log(p), for p made of exponentials."""
    return _log_of(node, lambda op: op == power)


@rewrite(STABILIZE, log, grade=Grade.ROUNDING)
def log_of_elements_of_exp(node: Apply) -> Any:
    """log(max(p)) = max(log(p)), for p made of exponentials; so for min, abs, p[i].

    And log(prod(p)) = sum(log(p)).
    """
    return _log_of(
        node, lambda op: op == abs_ or isinstance(op, Max | Min | Prod | Take)
    )


def _log_of(node: Apply, is_meant: Callable[[Any], bool]) -> Any:
    variable: Any = node.inputs[0]
    if variable.owner is None or not is_meant(variable.owner.op):
        return None
    found = _known(variable)
    if found is None or found.sign is not None:
        return None
    same = found.log.type.dtype == node.outputs[0].type.dtype  # type: ignore[attr-defined]
    return found.log if same else None
