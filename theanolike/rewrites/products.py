"""Products of matrices: transposes moved inside, sums with a product as one call."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import add, mul, neg, sub
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.products import BLAS, Dot, Gemm
from theanolike.rewrites.dots import is_term
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__: list[str] = []

TRANSPOSED = DimShuffle((1, 0))


@rewrite(Phase.BLAS, DimShuffle, aliases=["local_lift_transpose_through_dot"])
def transpose_of_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """dot(x, y).T = dot(y.T, x.T), where a factor is turned, or a sum reads it."""
    product = node.inputs[0]
    made = product.owner
    if node.op != TRANSPOSED or made is None or not isinstance(made.op, Dot):
        return None
    if not fgraph.has_one_client(product):
        return None
    x, y = made.inputs
    if not (_is_transposed(x) or _is_transposed(y) or is_term(node.outputs[0], fgraph)):
        return None
    return made.op(_transposed(y), _transposed(x))


def _is_transposed(x: Any) -> bool:
    return x.owner is not None and x.owner.op == TRANSPOSED


def _transposed(x: Any) -> Any:
    return x.owner.inputs[0] if _is_transposed(x) else TRANSPOSED(x)


@rewrite(
    Phase.BLAS,
    *(add, sub),
    grade=Grade.ROUNDING,
    aliases=["local_gemm", "gemm", "BlasOpt", "local_dot22_to_gemm"],
)
def product_and_sum(node: Apply, fgraph: FunctionGraph) -> Any:
    """beta * z + alpha * dot(x, y) = gemm(z, alpha, x, y, beta).

    Only where z may be assumed to have the shape of the product, and nothing else
    reads that.
    """
    out: Any = node.outputs[0]
    if len(node.inputs) != 2 or out.type.ndim != 2 or out.type.dtype not in BLAS:
        return None
    sign = -1 if node.op == sub else 1
    first, second = node.inputs
    for product, signs, other in (
        (second, (1, sign), first),
        (first, (sign, 1), second),
    ):
        found = _scaled_product(product, fgraph)
        if found is None or not _same(other, product) or other.type.dtype != out.dtype:  # type: ignore[attr-defined]
            continue
        alpha, dot = found
        z, beta = _scaled(other, fgraph)
        scale = _signed(alpha, signs[1], out.type.dtype)
        return Gemm()(z, scale, *dot.inputs, _signed(beta, signs[0], out.type.dtype))
    return None


def _same(a: Any, b: Any) -> bool:
    """Tell whether two shapes may be assumed equal: a 1 that may meet an n may not."""
    if a.type.ndim != b.type.ndim:
        return False
    pairs = zip(a.type.shape, b.type.shape, strict=True)
    return all(x == y or (None in (x, y) and 1 not in (x, y)) for x, y in pairs)


def _scaled_product(variable: Any, fgraph: FunctionGraph) -> Any:
    """Return (alpha, the node of dot) if a variable is alpha * dot(x, y), else None."""
    inner, alpha = _scaled(variable, fgraph)
    made = inner.owner
    if made is None or not isinstance(made.op, Dot) or inner.type.ndim != 2:
        return None
    alone = fgraph.has_one_client(inner) and fgraph.has_one_client(variable)
    return (alpha, made) if alone else None


def _scaled(variable: Any, fgraph: FunctionGraph) -> Any:
    """Return (x, s) if a variable is s * x for a scalar s, else (variable, 1)."""
    made = variable.owner
    if made is None or not fgraph.has_one_client(variable):
        return variable, 1
    if made.op == neg:
        return made.inputs[0], -1
    if made.op == mul and len(made.inputs) == 2:
        for scalar, other in (made.inputs, made.inputs[::-1]):
            if scalar.type.ndim == 0 and other.type.dtype == variable.type.dtype:
                return other, scalar
    return variable, 1


def _signed(scalar: Any, sign: int, dtype: str) -> Any:
    if isinstance(scalar, int):
        return constant(scalar * sign, dtype=dtype)
    return scalar if sign == 1 else neg(scalar)
