"""What a node computes in each step, computed for all steps at once.

A value of each step becomes an array with a first axis of steps; what is the same in
all steps stays as it is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.arithmetic import add, mul
from theanolike.ops.broadcast import Fill
from theanolike.ops.cast import Cast
from theanolike.ops.comparison import eq
from theanolike.ops.conditional import switch
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.extents import ShapeItem, shape_i
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.indexing.pattern import FULL, items_of
from theanolike.ops.known import known_int
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.reduction import AllTrue, AnyTrue, Prod, Sum
from theanolike.ops.scan.fitted import FitRows
from theanolike.ops.shape import Reshape, reshape
from theanolike.ops.softmax import LogSoftmax, LogSumExp, Softmax
from theanolike.rewrites.extents import covers

__all__ = [
    "TRANSPOSED",
    "Stacker",
    "can_stack",
    "flattened",
    "is_costly",
    "is_harmless",
    "is_one",
    "is_total",
]

TRANSPOSED = DimShuffle((1, 0))
TURNED = DimShuffle((0, 2, 1))  # the same of the matrices of all steps
POINTWISE = (Elementwise, Cast, Fill)
ALONG_AXES = (Sum, Prod, AnyTrue, AllTrue, Softmax, LogSoftmax, LogSumExp)
# What costs more than to store its result and to read it again.
COSTLY = frozenset(
    "exp exp2 expm1 log log1p log2 log10 pow sin cos tan sinh cosh tanh sigmoid "
    "softplus arcsin arccos arctan arctan2 arcsinh arccosh arctanh erf erfc erfinv "
    "erfcinv erfcx gamma gammaln psi tri_gamma".split()
)


class Operand(NamedTuple):
    """An operand outside, and whether it has an axis of steps."""

    value: Any
    is_row: bool


def is_costly(node: Apply) -> bool:
    """Tell whether a node's op is a function of elements that takes its time."""
    return type(node.op) is Elementwise and node.op.name in COSTLY


def is_one(variable: Any) -> bool:
    """Tell whether a scalar is the constant 1."""
    return isinstance(variable, Constant) and bool(variable.data == 1)


def is_total(node: Apply) -> bool:
    """Tell whether a node surely can't fail: its operands' shapes agree.

    The ops that can be stacked can fail in no other way.
    """
    op, inputs = node.op, node.inputs
    if isinstance(op, POINTWISE):
        return any(all(covers(wide, v) for v in inputs) for wide in inputs)
    if isinstance(op, Dot):
        return _inner_agrees(*inputs)
    if isinstance(op, Gemm):
        z, _, x, y, _ = inputs
        wanted = (x.type.shape[0], y.type.shape[1])  # type: ignore[attr-defined]
        return _inner_agrees(x, y) and None not in wanted and z.type.shape == wanted  # type: ignore[attr-defined]
    if isinstance(op, Subtensor):
        return _is_within(op, *inputs)
    return isinstance(op, (DimShuffle, ShapeItem, *ALONG_AXES))


def is_harmless(node: Apply, is_row: Callable[[Variable], bool]) -> bool:
    """Tell whether a node can't fail for no steps, stacked: its rows are fitted then.

    So what is the same in all steps must have shapes that surely agree.
    """
    if isinstance(node.op, POINTWISE):
        fixed = [v for v in node.inputs if not is_row(v) and v.type.ndim]  # type: ignore[attr-defined]
        return not fixed or any(all(covers(w, v) for v in fixed) for w in fixed)
    return isinstance(node.op, Dot | Reshape) or is_total(node)


def _is_within(op: Any, x: Any, *numbers: Any) -> bool:
    """Tell whether an index surely is in bounds, as slices are."""
    items = items_of(op.idx_list, map(known_int, numbers))
    for item, extent in zip(items, x.type.shape, strict=False):
        if isinstance(item, slice):
            if item.step is not None:
                return False
        elif item is None or extent is None or not -extent <= item < extent:
            return False
    return True


def _inner_agrees(x: Any, y: Any) -> bool:
    own, other = x.type.shape[-1], y.type.shape[0]
    return own is not None and own == other


def can_stack(node: Apply, is_row: Callable[[Variable], bool]) -> bool:
    """Tell whether a node can be computed for all steps, at no more work."""
    op, inputs = node.op, node.inputs
    if isinstance(op, (*POINTWISE, DimShuffle, *ALONG_AXES)):
        return True
    if isinstance(op, Subtensor):
        return not any(map(is_row, inputs[1:]))
    if isinstance(op, Reshape):
        return not any(map(is_row, inputs[1:])) and all(map(_is_extent, inputs[1:]))
    if isinstance(op, Dot):
        return not all(map(is_row, inputs))
    if isinstance(op, Gemm):
        _, alpha, x, y, beta = inputs
        return not (is_row(alpha) or is_row(beta)) and is_row(x) != is_row(y)
    return False


def _is_extent(number: Any) -> bool:
    """Tell whether a number surely isn't negative, which leaves an extent open."""
    node = number.owner
    if node is None:
        return isinstance(number, Constant) and bool(number.data >= 0)
    if node.op == mul:
        return all(map(_is_extent, node.inputs))
    return isinstance(node.op, ShapeItem)


class Stacker:
    """Computes variables of a loop's graph outside of it, for all steps.

    Parameters
    ----------
    rows, same : dict
        From variables inside to those outside: with an axis of steps, and without.
    is_safe : bool
        There is at least one step. Otherwise shapes that disagree must do no harm
        where there is none.
    """

    def __init__(
        self, rows: dict[Any, Any], same: dict[Any, Any], *, is_safe: bool
    ) -> None:
        self._known = {v: Operand(outer, True) for v, outer in rows.items()}
        self._known |= {v: Operand(outer, False) for v, outer in same.items()}
        self._is_safe = is_safe

    def give(self, variable: Any, rows: Any) -> None:
        """Say what a variable inside is outside: its values of all steps."""
        self._known[variable] = Operand(rows, True)

    def stack(self, variables: Iterable[Any]) -> list[Any]:
        """Return variables that depend on rows, with an axis of steps."""
        wanted = list(variables)
        for node in toposort(wanted, blockers=list(self._known)):
            operands = [self._operand(v) for v in node.inputs]
            if isinstance(node.op, ShapeItem) and operands[0].is_row:
                extent = shape_i(operands[0].value, node.op.axis + 1)
                self._known[node.outputs[0]] = Operand(extent, False)
                continue
            if any(o.is_row for o in operands):
                made = Operand(self._stacked(node, operands), True)
                self._known[node.outputs[0]] = made
                continue
            results = node.op(*(o.value for o in operands), return_list=True)
            for out, value in zip(node.outputs, results, strict=True):
                self._known[out] = Operand(value, False)
        return [self._known[v].value for v in wanted]

    def _operand(self, variable: Any) -> Operand:
        if isinstance(variable, Constant):
            return Operand(variable, False)
        return self._known[variable]

    def _stacked(self, node: Apply, operands: Sequence[Operand]) -> Any:
        op: Any = node.op
        if isinstance(op, POINTWISE):
            rank = node.outputs[0].type.ndim  # type: ignore[attr-defined]
            aligned = [o._replace(value=_aligned(o, rank)) for o in operands]
            if not self._is_safe and not is_total(node):
                aligned = _fitted(aligned)
            return op(*(o.value for o in aligned))
        values = [o.value for o in operands]
        if isinstance(op, DimShuffle):
            return DimShuffle((0, *_after_steps(op.order)))(values[0])
        if isinstance(op, Subtensor):
            return Subtensor((FULL, *op.idx_list))(*values)
        if isinstance(op, Reshape):
            return reshape(values[0], [shape_i(values[0], 0), *values[1:]])
        if isinstance(op, ALONG_AXES):
            return replace(op, axes=_after_steps(op.axes))(values[0])
        if isinstance(op, Dot):
            return self._product(*operands)
        z, alpha, x, y, beta = operands
        total = _scaled(_aligned(z, 2), beta.value)
        return add(total, _scaled(self._product(x, y), alpha.value))

    def _product(self, x: Operand, y: Operand) -> Any:
        """Return the products of all steps by one."""
        if y.is_row:
            flipped = x.value if x.value.ndim == 1 else TRANSPOSED(x.value)
            if y.value.ndim == 2:
                return self._product(y, Operand(flipped, False))
            turned = Operand(TURNED(y.value), True)
            made = self._product(turned, Operand(flipped, False))
            return made if x.value.ndim == 1 else TURNED(made)
        rows, other = x.value, y.value
        if not (self._is_safe or _inner_agrees(rows, other)):
            rows = FitRows((rows.ndim - 1,))(rows, shape_i(other, 0))
        if rows.ndim == 2:
            return Dot()(rows, other)
        flat = Dot()(flattened(rows), other)
        columns = [shape_i(other, 1)] if other.ndim == 2 else []
        return reshape(flat, [shape_i(rows, 0), shape_i(rows, 1), *columns])


def _scaled(value: Any, scale: Any) -> Any:
    return value if is_one(scale) else mul(scale, value)


def _after_steps(axes: Iterable[int | None]) -> tuple[Any, ...]:
    return tuple(None if k is None else k + 1 for k in axes)


def _aligned(operand: Operand, rank: int) -> Any:
    """Return an operand whose dims broadcast with those of results of a rank."""
    value = operand.value
    missing = rank + 1 - value.ndim
    if not operand.is_row or not missing:
        return value
    own = range(1, value.ndim)
    return DimShuffle((0, *([None] * missing), *own))(value)


def _fitted(operands: Sequence[Operand]) -> list[Operand]:
    """Return operands of which the rows fit the widest other one if there are none."""
    fixed = [o for o in operands if not o.is_row and o.value.ndim]
    widest = [w for w in fixed if all(covers(w.value, o.value) for o in fixed)]
    model = next(iter([*widest, *(o for o in operands if o.is_row)]))
    return [
        o if o is model or not o.is_row else Operand(_fit(o.value, model.value), True)
        for o in operands
    ]


def _fit(rows: Any, model: Any) -> Any:
    """Return rows; without any, of extents with which those of `model` agree."""
    wanted = {}
    for back in range(1, min(rows.ndim - 1, model.ndim) + 1):
        own, other = rows.type.shape[-back], model.type.shape[-back]
        if 1 in (own, other) or (own is not None and own == other):
            continue
        extent = shape_i(model, model.ndim - back)
        place = rows.ndim - back
        # What is 1 is widened, and no reason to be narrow.
        wanted[place] = switch(eq(extent, 1), shape_i(rows, place), extent)
    return FitRows(tuple(wanted))(rows, *wanted.values()) if wanted else rows


def flattened(rows: Any) -> Any:
    """Return matrices of all steps below each other."""
    extents = [shape_i(rows, k) for k in range(3)]
    return reshape(rows, [mul(extents[0], extents[1]), extents[2]])
