"""Broadcasting and its transpose: `fill` and `SumTo`, which read only a shape.

Whether two variables surely have one shape is decided here too, so that gradients
get no nodes which would do nothing.
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from theanolike.codegen.lowering import (
    Literal,
    Size,
    select,
    sub,
    where_negative,
)
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    Call,
    Extent,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    register,
)
from theanolike.ops.elementwise import broadcast_shape
from theanolike.types.broadcasting import StaticShape, broadcast_static
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import is_continuous
from theanolike.types.type import TensorType

# The input whose shape a variable has; None where it is a shape of its own.
_roots: "WeakKeyDictionary[Variable, Variable | None]" = WeakKeyDictionary()


@record
class Fill(NativeOp):
    """`value` broadcast against the shape of `like`, whose elements aren't read."""

    keeps_shape: ClassVar[bool] = True

    def result(self, like: TensorType, value: TensorType) -> TensorType:  # type: ignore[override]
        shape = broadcast_static([like.shape, value.shape], "The operands of fill")
        return TensorType(value.dtype, shape)

    def shape(self, *inputs: Shaped) -> Shape:
        return broadcast_shape(*inputs)

    def reference(self, like: Any, value: Any) -> Any:
        shape = np.broadcast_shapes(np.shape(like), np.shape(value))
        return np.broadcast_to(value, shape)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [True]]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,), value = cotangents, node.inputs[1]
        if g is None or not is_continuous(value.type.dtype):  # type: ignore[attr-defined]
            return disconnected, disconnected
        back = g.through(lambda x: sum_to(x, value), lambda s: or_to(s, value))
        return disconnected, back

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        if tangents[1] is None:
            return [None]
        return [tangents[1].through(lambda x: fill_like(x, node.outputs[0]))]  # type: ignore[list-item]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        like, value = inputs
        shape, (_, read) = b.broadcast(like, value)
        return b.map(shape, value.dtype, lambda *axes: read(axes))

    def __str__(self) -> str:
        return "fill"


@record
class SumTo(NativeOp):
    """`g` combined over the dims along which `like` was broadcast to g's shape.

    Attributes
    ----------
    kind : {"add", "or"}
        Sums, or of a bool `g` whether any element is true.
    """

    kind: str = "add"

    @property
    def support(self) -> str:  # type: ignore[override]
        """What the gradient does to a support."""
        return "keeps it" if self.kind == "add" else ""

    def result(self, g: TensorType, like: TensorType) -> TensorType:  # type: ignore[override]
        if g.ndim < like.ndim:
            raise ShapeError(
                f"Expected a tensor of rank {like.ndim} or more to sum down to rank "
                f"{like.ndim}, got rank {g.ndim}; broadcast it first."
            )
        own = g.shape[g.ndim - like.ndim :]
        return TensorType(
            g.dtype,
            tuple(
                1 if mine == 1 else extent
                for mine, extent in zip(own, like.shape, strict=True)
            ),
        )

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[1].shape

    def reference(self, g: Any, like: Any) -> Any:
        g, shape = np.asarray(g), np.shape(like)
        extra = g.ndim - len(shape)
        axes = tuple(
            axis for axis in range(g.ndim) if axis < extra or shape[axis - extra] == 1
        )
        combine = np.any if self.kind == "or" else np.sum
        return combine(g, axis=axes).astype(g.dtype).reshape(shape)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (h,), g = cotangents, node.inputs[0]
        if h is None or not is_continuous(g.type.dtype):  # type: ignore[attr-defined]
            return disconnected, disconnected
        return h.through(lambda x: fill_like(x, g)), disconnected

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        if tangents[0] is None:
            return [None]
        like = node.inputs[1]
        return [
            tangents[0].through(  # type: ignore[list-item]
                lambda x: sum_to(x, like), lambda s: or_to(s, like)
            )
        ]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        g, like = inputs
        extra = g.ndim - like.ndim
        summed = list(range(extra))
        scattered = []
        for axis, wanted in enumerate(like.shape):
            extent = b.representative(g.shape[axis + extra])
            wanted = b.representative(wanted)  # noqa: PLW2901 - the same extent
            if wanted is extent or wanted == extent:
                continue
            if type(wanted) is int and wanted == 1:
                summed.append(axis + extra)
            elif b.can_assume(wanted) and b.can_assume(extent):
                b.require_equal(extent, wanted, axis, broadcasting=True)
            else:
                scattered.append(axis)
        ones = {axis - extra for axis in summed}
        kept = [axis for axis in range(like.ndim) if axis not in ones]
        if summed:
            g = b.reduce(self.kind, g, summed)
        if ones - set(range(-extra, 0)):
            order = [kept.index(k) if k in kept else None for k in range(like.ndim)]
            g = b.transpose(g, order)
        return self._scatter(b, g, like, scattered) if scattered else g

    def _scatter(self, b: Builder, g: Value, like: Value, axes: list[int]) -> Value:
        """Add into a result whose extents, 1 or g's, are known only inside the run."""
        shape = list(g.shape)
        for axis in axes:
            wanted = b.representative(like.shape[axis])
            is_one = sub(1, _not_one(wanted))
            b.require_equal(
                where_negative(sub(0, is_one), g.shape[axis], wanted),
                g.shape[axis],
                axis,
            )
            shape[axis] = wanted
        dtype = "int64" if self.kind == "or" else g.dtype
        base = b.map(tuple(shape), dtype, lambda *_: Literal(0, dtype))

        def place(*index: Scalar) -> tuple[list[Scalar | int | Extent], Scalar]:
            where: list[Scalar | int | Extent] = list(index)
            for axis in axes:
                where[axis] = index[axis] * Size(_not_one(shape[axis]))
            element: Scalar = g.at(*index)
            if self.kind == "or":
                one, zero = Literal(1, dtype), Literal(0, dtype)
                element = select(element, one, zero)
            return where, element

        total = b.scatter("add", base, g.shape, place)
        if self.kind == "add":
            return total
        return b.pointwise(
            "bool", lambda n: Call("ne", "bool", (n, Literal(0, dtype))), total
        )

    def __str__(self) -> str:
        return "SumTo" if self.kind == "add" else "AnyTo"


def _not_one(extent: int | Extent) -> int | Extent:
    """Return 0 where the extent is 1, else 1."""
    return where_negative(sub(1, extent), 1, where_negative(sub(extent, 1), 1, 0))


_fill = register(Fill(), "fill")
_sum_to = register(SumTo(), "SumTo")
_or_to = register(SumTo("or"), "AnyTo")


def fill(a: Any, b: Any) -> Any:
    """Return `b` broadcast to the shape of `a`.

    Parameters
    ----------
    a : tensor_like
        Only its shape counts.
    b : tensor_like
        Its dtype is the result's.
    """
    return _fill(a, b)


second = fill


def fill_like(value: Any, like: Any) -> Any:
    """Return `value` in the shape of `like`; `value` itself where it has it."""
    value, like = as_tensor_variable(value), as_tensor_variable(like)
    return value if surely_same_shape(value, like) else _fill(like, value)


def sum_to(g: Any, like: Any) -> Any:
    """Return `g` summed over the dims along which `like` was broadcast.

    This is the gradient of broadcasting: `g` has the shape that `like` was broadcast
    to. Where the shapes are surely the same it is `g` itself.
    """
    return g if surely_same_shape(g, like) else _sum_to(g, like)


def or_to(support: Any, like: Any) -> Any:
    """Return whether `support` holds anywhere along the dims that `like` lacks."""
    return support if surely_same_shape(support, like) else _or_to(support, like)


def surely_same_shape(a: Variable, b: Variable) -> bool:
    """Tell whether two tensors have the same shape whatever the arguments are."""
    if a is b:
        return True
    first: StaticShape = a.type.shape  # type: ignore[attr-defined]
    second: StaticShape = b.type.shape  # type: ignore[attr-defined]
    if len(first) != len(second):
        return False
    if None not in first and None not in second:
        return first == second
    return shape_root(a) is shape_root(b)


def shape_root(x: Variable) -> Variable:
    """Return the variable farthest up that has the shape of `x` by construction.

    An elementwise result has its operands' shape when all of them that aren't surely
    made of ones have the same one.
    """
    stack = [x]
    while stack:
        top = stack[-1]
        if top in _roots:
            stack.pop()
            continue
        parents = _parents(top)
        missing = [parent for parent in parents if parent not in _roots]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        roots = {_root_of(parent): None for parent in parents}
        if len(roots) == 1 and parents:
            (root,) = roots
            _roots[top] = root
        else:
            _roots[top] = None
    return _root_of(x)


def _root_of(x: Variable) -> Variable:
    root = _roots[x]
    return x if root is None else root


def _parents(x: Variable) -> list[Variable]:
    """Return the variables whose shapes, if all are one, are that of `x`."""
    if x.owner is None:
        return []
    op, inputs = x.owner.op, x.owner.inputs
    if isinstance(op, SumTo):
        return [inputs[1]]
    if getattr(op, "keeps_first_shape", False):
        return [inputs[0]]
    if not getattr(op, "keeps_shape", False):
        return []
    rank = x.type.ndim  # type: ignore[attr-defined]
    wide = [v for v in inputs if any(extent != 1 for extent in v.type.shape)]  # type: ignore[attr-defined]
    # An operand of ones can't widen the others, but it can add dims to them.
    if any(v.type.ndim != rank for v in wide):  # type: ignore[attr-defined]
        return []
    return wide
