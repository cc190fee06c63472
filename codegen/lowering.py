"""What an op's `lower` may use: the builder of a loop program, and what it takes.

`lower(b, *inputs)` says what the result is and returns a `Value` (or a tuple of them).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from theanolike.codegen.arrangement import is_only_copied, laid_out
from theanolike.codegen.builder import Builder
from theanolike.codegen.program import (
    Call,
    Literal,
    Scalar,
    Size,
    Value,
    ViewDim,
    as_index,
)
from theanolike.codegen.shapes import (
    FOLDS,
    Extent,
    Shape,
    Shaped,
    add,
    ceildiv,
    dim,
    floordiv,
    is_nonnegative,
    item,
    maximum,
    minimum,
    mod,
    mul,
    product,
    sub,
    where_negative,
)
from theanolike.codegen.suppose import Suppositions
from theanolike.codegen.views import is_uniform, untransposed

__all__ = [
    "FOLDS",
    "Builder",
    "Call",
    "Extent",
    "Literal",
    "Scalar",
    "Shape",
    "Shaped",
    "Size",
    "Value",
    "ViewDim",
    "add",
    "as_index",
    "ceildiv",
    "dim",
    "floordiv",
    "guard",
    "is_nonnegative",
    "is_uniform",
    "item",
    "kept_inside",
    "maximum",
    "minimum",
    "mod",
    "mul",
    "product",
    "select",
    "sub",
    "untransposed",
    "where_negative",
]


def select(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    """Return `then` if `condition` else `otherwise`; both may be evaluated."""
    return Call("select", then.dtype, (condition, then, otherwise))


def guard(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    """As `select`, but only one arm is evaluated: the other may read out of bounds."""
    return Call("guard", then.dtype, (condition, then, otherwise))


def kept_inside(index: Scalar, x: Value, axis: int) -> Scalar:
    """Clamp an index, so that an element not chosen has an address in memory.

    Masked vector loads skip it then at no cost; one outside would be slow.
    """
    return Call("inside", "int64", (index, Size(sub(x.shape[axis], 1))))


def lower(
    inputs: Sequence[Any],
    nodes: Sequence[Any],
    outputs: Sequence[Any],
    *,
    supposing: bool = True,
    standing_by: bool = False,
    layouts: Mapping[int, int] | None = None,
) -> Builder:
    """Lower a graph: `inputs`, Apply `nodes` in order of dependence, `outputs`.

    With `supposing` the program checks, and relies on, what it supposes of extents and,
    unless `standing_by`, that no branch that stands by is needed. `layouts` are those
    of the inputs that aren't dense, by number.
    """
    supposed = Suppositions(standing_by=standing_by) if supposing else None
    b = Builder(supposed=supposed)
    values: dict[Any, Value] = {}
    for k, variable in enumerate(inputs):
        values[variable] = laid_out(b, variable.type, (layouts or {}).get(k, 0))
        b.program.inputs[-1].label = variable.name or ""
    odd = [values[inputs[k]] for k in layouts or ()]
    lower_nodes(b, nodes, values)
    b.program.outputs = [_value_of(b, values, variable) for variable in outputs]
    b.check_suppositions()
    b.reads_in_place = not all(is_only_copied(b, value) for value in odd)
    return b


def lower_nodes(b: Builder, nodes: Sequence[Any], values: dict[Any, Value]) -> None:
    """Lower Apply `nodes` into `b`; `values` maps variables and grows."""
    for node in nodes:
        arguments = [_value_of(b, values, variable) for variable in node.inputs]
        b.sites.append(node)
        b.site = len(b.sites) - 1
        b.outputs = tuple(out.type for out in node.outputs)
        lowered = node.op.lower(b, *arguments)
        results = lowered if isinstance(lowered, tuple) else (lowered,)
        for variable, value in zip(node.outputs, results, strict=True):
            values[variable] = value
            if variable.name and not value.label:
                value.label = variable.name


def _value_of(b: Builder, values: dict[Any, Value], variable: Any) -> Value:
    if variable not in values:
        values[variable] = b.constant(variable.data)
    return values[variable]
