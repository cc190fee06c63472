"""The loop program: what a function computes, before anyone decides how.

A program is a list of nodes in order; a node has operands and results, both `Value`s.
What an element *is* stands in a scalar expression that loads elements of other values:
expressions.py has these, and what imports the language imports them from here. Nothing
is C++: an emitter for another language reads the same.

==========  ===================================================================
Input       argument `slot` of the program
Data        a constant array
Map         element at (i, j...) is a scalar expression of i, j...
Reduce      a Map's elements combined along some axes
View        another index map over the same elements (no data)
Reshape     the same dense elements under another shape (no data)
Scatter     a copy of an array with elements at computed places set or added to
Library     an opaque call on whole dense buffers
Require     two extents must be equal
Loop        a program repeated, with carried states
Branch      one of two programs
Host        a call back into Python
==========  ===================================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from theanolike.codegen.expressions import (
    Axis,
    Call,
    Checked,
    Literal,
    Load,
    Scalar,
    Size,
    Value,
    as_index,
    children,
    scalar_order,
    sources,
    with_children,
)
from theanolike.codegen.shapes import Extent, Shape, add, mul

__all__ = [
    "Axis",
    "Branch",
    "Call",
    "Checked",
    "Data",
    "Effect",
    "Host",
    "Input",
    "Library",
    "Literal",
    "Load",
    "Loop",
    "Map",
    "Node",
    "Program",
    "Reduce",
    "Require",
    "Reshape",
    "Scalar",
    "Scatter",
    "Size",
    "Value",
    "View",
    "ViewDim",
    "as_index",
    "children",
    "dense_offset",
    "from_arguments",
    "scalar_order",
    "sources",
    "with_children",
]


class Effect(Enum):
    """What may happen besides the result."""

    TOTAL = "total"  # nothing: may be moved, merged, recomputed, dropped
    MAY_FAIL = "may_fail"  # an error: neither speculated nor hoisted past a trip count
    EFFECT = "effect"  # something outside sees it: never dropped, kept in order


class Node:
    """A step of the program; `results` are the values that it makes."""

    scalars: tuple[Scalar, ...] = ()  # those it computes, each after its children
    operands: tuple[Value, ...]
    results: tuple[Value, ...]
    effect: Effect
    site: int


def _init(node: Any, operands: Sequence[Value], results: Sequence[Any]) -> None:
    node.operands = tuple(operands)
    node.results = tuple(
        Value(node, i, dtype, shape) for i, (dtype, shape) in enumerate(results)
    )


def _describe(node: Node, *roots: Scalar) -> None:
    """Note the scalars under `roots`, and whether one of them may fail."""
    node.scalars = tuple(scalar_order(*roots))
    fails = any(isinstance(s, Checked) for s in node.scalars)
    node.effect = Effect.MAY_FAIL if fails else Effect.TOTAL


class Input(Node):
    """Argument `slot`; its unknown extents are `dim(value, axis)`."""

    def __init__(self, slot: int, dtype: str, static: Sequence[int | None]) -> None:
        self.slot = slot
        self.effect = Effect.TOTAL
        self.site = -1
        self.operands = ()
        value = Value(self, 0, dtype, ())
        value.shape = tuple(
            Extent("dim", value, axis) if known is None else known
            for axis, known in enumerate(static)
        )
        self.results = (value,)


class Data(Node):
    """A constant array."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        self.effect = Effect.TOTAL
        self.site = -1
        _init(self, (), [(array.dtype.name, tuple(array.shape))])


class Map(Node):
    """The element at index i is `body`, in which Axis(k) is i[k].

    One that is `gathered` chooses among 0-d values, each element another.
    """

    gathered = False

    def __init__(self, shape: Shape, dtype: str, body: Scalar, site: int) -> None:
        self.body = body
        self.site = site
        _describe(self, body)
        _init(self, sources(self.scalars), [(dtype, shape)])


class Reduce(Node):
    """The elements `body` over `domain`, combined by `kind` along `axes`.

    `kind` is add, mul, max, min, and, or (any), argmax, argmin. The result's axes are
    the domain's others, in order. The accumulator has dtype `accumulator`.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a node states all at once
        self,
        kind: str,
        domain: Shape,
        axes: tuple[int, ...],
        body: Scalar,
        dtype: str,
        accumulator: str,
        site: int,
    ) -> None:
        self.kind = kind
        self.domain = domain
        self.axes = axes
        self.body = body
        self.accumulator = accumulator
        self.site = site
        _describe(self, body)
        kept = tuple(e for axis, e in enumerate(domain) if axis not in axes)
        _init(self, sources(self.scalars), [(dtype, kept)])


class ViewDim(NamedTuple):
    """Index of one source dim: `start + step * i[axis]`, or `start` if axis is None."""

    axis: int | None
    start: int | Extent = 0
    step: int | Extent = 1


class View(Node):
    """Element i of the result is the source's at `dims` applied to i."""

    def __init__(
        self, source: Value, shape: Shape, dims: tuple[ViewDim, ...], site: int
    ) -> None:
        self.dims = dims
        self.site = site
        self.effect = Effect.TOTAL
        _init(self, (source,), [(source.dtype, shape)])


def dense_offset(view: View) -> "int | Extent | None":
    """Return where a view's elements begin in its source, if they are dense there.

    They are when all but the leading dims are whole: a block of rows, or one row.
    """
    source = view.operands[0]
    shape = view.results[0].shape
    start: int | Extent = 0
    whole = True  # nothing but whole dims so far, from the innermost
    axis = len(shape)
    step: int | Extent = 1
    for extent, d in zip(reversed(source.shape), reversed(view.dims), strict=True):
        if d.axis is not None:
            axis -= 1
            if d.axis != axis or d.step != 1 or not whole:
                return None
            whole = d.start == 0 and (shape[axis] is extent or shape[axis] == extent)
        elif extent != 1:
            whole = False
        start = add(start, mul(d.start, step))
        step = mul(step, extent)
    return start if axis == 0 else None


class Reshape(Node):
    """The source's elements in row-major order under `shape`."""

    def __init__(self, source: Value, shape: Shape, site: int) -> None:
        self.site = site
        self.effect = Effect.TOTAL
        _init(self, (source,), [(source.dtype, shape)])


class Scatter(Node):
    """A copy of `base` with elements set (kind "set") or added to (kind "add").

    For each i in `domain`, in order, that is the element at `index`, and `body` what it
    is set to or what is added.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a node states all at once
        self,
        kind: str,
        base: Value,
        domain: Shape,
        index: tuple[Scalar, ...],
        body: Scalar,
        site: int,
        unique: bool,
    ) -> None:
        self.kind = kind
        self.domain = domain
        self.index = index
        self.body = body
        self.site = site
        self.unique = unique  # no two i share an index
        _describe(self, body, *index)
        operands = (base, *(v for v in sources(self.scalars) if v is not base))
        _init(self, operands, [(base.dtype, base.shape)])


class Library(Node):
    """An opaque routine on dense buffers: `name` with `params`, e.g. gemm."""

    def __init__(
        self,
        name: str,
        operands: Sequence[Value],
        results: Sequence[tuple[str, Shape]],
        params: tuple[Any, ...],
        site: int,
    ) -> None:
        self.name = name
        self.params = params
        self.site = site
        self.effect = Effect.TOTAL
        _init(self, operands, results)


class Require(Node):
    """Extents `first` and `second` must be equal, else an error at `site`.

    With `broadcasting` a 1 that meets another extent asks for a specialised build; with
    `least` the first may be larger, and one that isn't asks for a build that supposes
    less.
    """

    def __init__(
        self,
        first: int | Extent,
        second: int | Extent,
        axis: int,
        site: int,
        broadcasting: bool,
        least: bool = False,
    ) -> None:
        self.least = least
        self.first = first
        self.second = second
        self.axis = axis
        self.broadcasting = broadcasting
        self.site = site
        self.effect = Effect.MAY_FAIL
        _init(self, (), ())


@dataclass
class Program:
    """Nodes in order, from `inputs` to `outputs`.

    `equal` has, for extents required to be equal to others, which one stands for it.
    """

    inputs: list[Value] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    equal: dict[Extent, "int | Extent"] = field(default_factory=dict)


class Loop(Node):
    """`body` run `steps` times.

    The body's inputs are the step number (0-d int64), the states, then the captured
    values; its outputs are the next states, then the collected values, then, with
    `until`, a 0-d bool that stops the loop after this step. Results are the last states
    and, for each collected value, all steps' along a new first axis. Extents of outer
    values appear in the body as they are. With `until` a last result holds the
    number of steps done (0-d int64). In `reverse` the step numbers count down to 0;
    what is collected lies at the step's number. With `in_pieces` what a state adds up
    may be added in another order.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a node states all at once
        self,
        steps: int | Extent,
        states: Sequence[Value],
        captured: Sequence[Value],
        body: Program,
        site: int,
        until: bool = False,
        reverse: bool = False,
        in_pieces: bool = False,
    ) -> None:
        self.steps = steps
        self.reverse = reverse
        self.in_pieces = in_pieces
        self.states = tuple(states)
        self.captured = tuple(captured)
        self.body = body
        self.until = until
        self.site = site
        self.effect = Effect.MAY_FAIL
        carried = body.outputs[: len(states)]
        collected = body.outputs[len(states) : len(body.outputs) - until]
        results: list[tuple[str, Shape]] = [(v.dtype, v.shape) for v in carried]
        results += [(v.dtype, (steps, *v.shape)) for v in collected]
        if until:
            results.append(("int64", ()))
        _init(self, (*states, *captured), results)


class Branch(Node):
    """`then` if the 0-d bool `condition` holds, else `otherwise`.

    Both programs take `captured` as inputs and make results of equal dtype and shape.
    """

    def __init__(
        self,
        condition: Value,
        captured: Sequence[Value],
        then: Program,
        otherwise: Program,
        site: int,
    ) -> None:
        self.condition = condition
        self.captured = tuple(captured)
        self.then = then
        self.otherwise = otherwise
        self.site = site
        self.effect = Effect.MAY_FAIL
        results = [(v.dtype, v.shape) for v in then.outputs]
        _init(self, (condition, *captured), results)


class Host(Node):
    """A call back into Python: `callback` of dense arrays gives dense arrays.

    The results' unknown extents are `dim(value, axis)`, known once it returns.
    """

    def __init__(
        self,
        callback: int,
        operands: Sequence[Value],
        results: Sequence[tuple[str, Sequence[int | None]]],
        site: int,
    ) -> None:
        self.callback = callback
        self.site = site
        self.effect = Effect.EFFECT
        _init(self, operands, [(dtype, ()) for dtype, _ in results])
        for value, (_, static) in zip(self.results, results, strict=True):
            value.shape = tuple(
                Extent("dim", value, axis) if known is None else known
                for axis, known in enumerate(static)
            )


def from_arguments(extent: int | Extent) -> bool:
    """Tell whether a build can assume an extent: an argument's, or a product of them.

    A product is 1 just when all of them are, so typing those as 1 makes it 1 too.
    """
    stack: list[int | Extent] = [extent]
    while stack:
        part = stack.pop()
        if not isinstance(part, Extent):
            continue
        if part.op == "mul":
            stack.extend(part.args)
        elif part.op != "dim" or not isinstance(part.args[0].node, Input):
            return False
    return True
