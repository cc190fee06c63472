"""Shapes of the values inside of a step, from those of what enters it."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from theanolike.codegen.lowering import FOLDS
from theanolike.errors import UnsupportedError
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.declare import Extent, Shape
from theanolike.ops.extents import ShapeItem, ShapeOf
from theanolike.ops.indexing import Subtensor
from theanolike.ops.indexing.pattern import INTEGER
from theanolike.types.dtypes import is_continuous


class Inside:
    """A value inside of the body, as an op's `shape` sees it."""

    __slots__ = ("data", "shape")

    def __init__(self, shape: Shape, data: Any = None) -> None:
        self.shape = shape
        self.data = data

    def item(self, *index: int) -> int | Extent:
        """Return an element, which a constant or an extent has before the loop runs."""
        if self.data is None:
            raise UnsupportedError(
                "A shape inside of the loop depends on values computed there."
            )
        element = self.data[index]
        return element if isinstance(element, Extent) else int(element)


def shapes_inside(
    graph: FrozenGraph,
    known: dict[Variable, Any],
    wanted: Sequence[Variable],
    *,
    guess: bool = False,
) -> list[Shape]:
    """Return the shapes of some of a graph's variables, given those of its inputs.

    With `guess` extents are 0 that the graph's values decide: where no step computes
    these, nothing else is known.

    Raises
    ------
    UnsupportedError
        They depend on values that the graph computes, or on a user's op.
    """
    for node in graph.nodes:
        given = [_shaped(known, v) for v in node.inputs]
        try:
            found = _inferred(node, given)
        except NotImplementedError:
            if not guess:
                raise
            found = _guessed(node, given)
        shapes = found if len(node.outputs) > 1 else [found]
        for out, shape in zip(node.outputs, shapes, strict=True):
            known[out] = Inside(shape, _extents(node, known))
    return [_shaped(known, variable).shape for variable in wanted]


def _inferred(node: Apply, given: Sequence[Any]) -> Any:
    infer = getattr(node.op, "shape", None)
    if infer is None:
        raise UnsupportedError(f"{node.op} doesn't tell the shape of its result.")
    return infer(*given)


def _guessed(node: Apply, given: Sequence[Any]) -> Any:
    of_no_steps = getattr(node.op, "shape_of_no_steps", None)
    if of_no_steps is not None:  # a loop, which knows more
        return of_no_steps(*given)
    kinds: list[Any] = [out.type for out in node.outputs]
    shapes = [tuple(extent or 0 for extent in kind.shape) for kind in kinds]
    return shapes if len(shapes) > 1 else shapes[0]


def _extents(node: Apply, known: dict[Variable, Any]) -> dict[Any, Any] | None:
    """Return the elements of a shape by their places, or a number made of them."""
    if isinstance(node.op, ShapeItem):
        return {(): _shaped(known, node.inputs[0]).shape[node.op.axis]}
    if isinstance(node.op, ShapeOf):
        extents = enumerate(_shaped(known, node.inputs[0]).shape)
        return {(axis,): extent for axis, extent in extents}
    kind: Any = node.outputs[0].type
    if getattr(kind, "ndim", 1) or is_continuous(kind.dtype):
        return None
    if isinstance(node.op, Subtensor) and node.op.idx_list == (INTEGER,):
        return _element(*(_shaped(known, v) for v in node.inputs))
    fold = FOLDS.get(getattr(node.op, "name", ""))
    if fold is None:
        return None
    given = [_shaped(known, v) for v in node.inputs]
    if any(isinstance(x, Inside) and x.data is None for x in given):
        return None
    return {(): reduce(fold, (x.item() for x in given))}


def _element(x: Any, place: Any) -> dict[Any, Any] | None:
    """Return an element of a shape, or of another vector that is known."""
    if x.data is None or place.data is None:
        return None
    at, extent = place.item(), x.shape[0]
    if isinstance(at, Extent) or isinstance(extent, Extent):
        return None
    return {(): x.item(at % extent)} if -extent <= at < extent else None


def _shaped(known: dict[Variable, Any], variable: Variable) -> Any:
    if isinstance(variable, Constant):
        return Inside(variable.data.shape, variable.data)
    return known[variable]
