"""Run-time errors of nodes: the user's exception type, with op, inputs and line."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from theanolike.codegen.extents import NO_ELEMENTS, TOO_LARGE
from theanolike.config import config
from theanolike.errors import (
    AllocationError,
    AssertionFailedError,
    IndexOutOfBoundsError,
    LinearAlgebraError,
    ShapeError,
    TheanolikeError,
    describe_failure,
)
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.ops.declare import NativeOp
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.scan.counts import LastRow, StepCount, named
from theanolike.ops.scan.loop import LoopOp

__all__ = [
    "BROADCAST",
    "EMPTY",
    "HOST",
    "MEMORY",
    "SHAPE",
    "advice",
    "bodies",
    "calls_python",
    "describe",
    "enclosing",
    "mismatch",
    "node_error",
    "steps_of",
    "unit_error",
    "with_inner",
]

EMPTY = 0  # an argument without elements, but of an extent above 2**31
# As in codegen/include/theanolike/abi.h.
SHAPE = 1
BROADCAST = 2
HOST = 4
MEMORY = 5

Shapes = Sequence[tuple[int, ...] | None]


def mismatch(shapes: Sequence[tuple[int, ...]]) -> str:
    """Return Theano's text for operands that don't broadcast, or ""."""
    rank = max((len(shape) for shape in shapes), default=0)
    for axis in range(-1, -rank - 1, -1):
        seen: tuple[int, int, int] | None = None
        for i, shape in enumerate(shapes):
            if len(shape) < -axis or shape[axis] == 1:
                continue
            here = (i, len(shape) + axis, shape[axis])
            if seen is not None and seen[2] != here[2]:
                return (
                    "Input dimension mis-match. "
                    f"(input[{seen[0]}].shape[{seen[1]}] = {seen[2]}, "
                    f"input[{here[0]}].shape[{here[1]}] = {here[2]})"
                )
            seen = seen or here
    return ""


def node_error(
    node: Apply, values: Sequence[Any], error: Exception, around: Sequence[str] = ()
) -> Exception:
    """Return the error to raise for what went wrong when `node` was computed.

    Parameters
    ----------
    node : Apply
    values : sequence
        What the node was given.
    error : Exception
        What its `perform` raised.
    around : sequence of str
        The steps of loops around it, where the error doesn't know them.

    Returns
    -------
    Exception
        One of `error`'s own type where that can be made of a text; else `error`
        itself, with the text as a note.
    """
    lead = str(error)
    loops = list(around)
    inside = getattr(error, "inside", None)
    if inside is not None and not around:
        loops = steps_of(enclosing([node], inside[0]), getattr(error, "steps", ()))
        node, values = inside
    if isinstance(error, _WITHOUT_ROOM) and isinstance(node.op, NativeOp):
        from theanolike.compile.sizes import MOST_BYTES, too_large

        least = -1 if isinstance(error, MemoryError) else MOST_BYTES
        told = too_large(node, values, least)
        if told or isinstance(error, MemoryError):
            lead = told or lead
            error = AllocationError(lead)
    if isinstance(error, ValueError) and _broadcasts(node):
        told = mismatch([np.shape(value) for value in values])
        if told:
            error, lead = ShapeError(told), told
    if isinstance(node.op, NativeOp) and type(error) in _OURS:
        error = _OURS[type(error)](lead)
    shapes = [np.shape(value) for value in values]
    text = describe(node, lead, shapes, advice(error), loops)
    if config.exception_verbosity == "high":
        text = "\n".join([text, *_shown(node, values)])
    return _with_text(error, text)


def _broadcasts(node: Apply) -> bool:
    return isinstance(node.op, Elementwise) or getattr(node.op, "keeps_shape", False)


def _shown(node: Apply, values: Sequence[Any]) -> Iterator[str]:
    """Yield the values of the inputs, long ones cut as NumPy prints them."""
    for i, (variable, value) in enumerate(zip(node.inputs, values, strict=True)):
        yield f"value of {variable.name or f'input {i}'}: {value!r}"


# What NumPy raises in a reference, as errors of this library.
_OURS: dict[type[Exception], type[Exception]] = {
    AssertionError: AssertionFailedError,
    IndexError: IndexOutOfBoundsError,
    ValueError: ShapeError,
    np.linalg.LinAlgError: LinearAlgebraError,
}


# What NumPy raises where an array would be too large, among other things.
_WITHOUT_ROOM = (MemoryError, ValueError, OverflowError)


def _with_text(error: Exception, text: str) -> Exception:
    kind = type(error)
    if kind.__init__ in _PLAIN and not isinstance(error, KeyError | OSError):
        return kind(text)
    error.add_note(text)
    return error


# Constructors that take a text and nothing else.
_PLAIN = {
    kind.__init__
    for kind in (Exception, ValueError, TypeError, IndexError, RuntimeError)
}
_PLAIN |= {NotImplementedError.__init__, ZeroDivisionError.__init__}
_PLAIN |= {MemoryError.__init__, OverflowError.__init__}
_PLAIN |= {AssertionError.__init__, ArithmeticError.__init__, TheanolikeError.__init__}


def advice(error: Exception) -> str:
    """Return the next step for an error of this type."""
    if isinstance(error, MemoryError):
        return "Compare the extents that are asked for with the memory there is."
    if isinstance(error, IndexError):
        return "Compare the index with the shape of what it indexes."
    if isinstance(error, ValueError):
        return "Compare the shapes and values of these inputs."
    return "mode='FAST_COMPILE' runs the ops one by one, for a debugger."


def calls_python(node: Apply) -> bool:
    """Tell whether a node's op is a user's."""
    return not isinstance(node.op, NativeOp)


def bodies(node: Apply) -> dict[str, FrozenGraph]:
    """Return the graphs that a node holds, by the names of its op's fields."""
    op = node.op
    if not hasattr(op, "graph") and not hasattr(op, "then"):
        return {}
    named = {n: getattr(op, n, None) for n in ("graph", "then", "otherwise")}
    return {n: graph for n, graph in named.items() if isinstance(graph, FrozenGraph)}


def with_inner(nodes: Iterable[Apply]) -> Iterator[Apply]:
    """Yield nodes and those of the graphs that they hold."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        for graph in bodies(node).values():
            stack += graph.nodes


def enclosing(nodes: Iterable[Apply], wanted: Apply) -> list[Apply]:
    """Return the nodes whose inner graphs hold `wanted`, the innermost first."""
    stack: list[tuple[Apply, tuple[Apply, ...]]] = [(node, ()) for node in nodes]
    while stack:
        node, around = stack.pop()
        if node is wanted:
            return list(reversed(around))
        for graph in bodies(node).values():
            stack += [(inner, (*around, node)) for inner in graph.nodes]
    return []


def steps_of(around: Sequence[Apply], steps: Sequence[int]) -> list[str]:
    """Say at which steps the loops among `around` were, the innermost first."""
    loops = [node for node in around if isinstance(node.op, LoopOp)]
    told = []
    for node, step in zip(loops, steps, strict=False):
        name = node.op.name and f" {node.op.name}"  # type: ignore[attr-defined]
        line = f" written at {node.origin[0]}" if node.origin else ""
        told.append(f"step {step} (of 0, 1...) of the scan{name}{line}")
    return told


def describe(
    node: Apply,
    lead: str,
    shapes: Shapes,
    next_step: str,
    loops: Sequence[str] = (),
) -> str:
    """Return the message of an error in `node`; a shape of None isn't known."""
    inputs = [
        (
            variable.name or "",
            str(getattr(variable.type, "dtype", variable.type)),
            shape,
        )
        for variable, shape in zip(node.inputs, shapes, strict=True)
        if shape is not None
    ]
    origins = [str(origin) for origin in node.origin]
    return describe_failure(lead, written_as(node), inputs, origins, next_step, loops)


def written_as(node: Apply) -> str:
    """Return what the user called an op, where that isn't its own name."""
    match node.op:
        case LoopOp(name=name) | StepCount(name=name):
            return named(name)
        case LastRow():
            return "Subtensor{int64}"
    return getattr(node.tag, "written_as", "") or str(node.op)


def unit_error(
    node: Apply | None,
    code: int,
    values: Sequence[int],
    nodes: Iterable[Apply] = (),
    shapes: Shapes | None = None,
) -> Exception:
    """Return the error of a compiled unit from its record alone.

    Used where computing the graph again tells no more; `nodes` are those that were
    compiled, `shapes` those of the node's inputs where they are known.
    """
    kind, lead = _from_record(code, values)
    if node is None:
        return kind(lead)
    steps = [step - 1 for step in values[3:] if step]
    around = enclosing(nodes, node) if steps else []
    if isinstance(node.op, LoopOp) and kind is ShapeError:
        lead = (
            f"{lead} A sequence of {named(node.op.name)} must have a row for each "
            "step, and states and rows must keep one shape."
        )
        if len(steps) > sum(isinstance(n.op, LoopOp) for n in around):
            around = [node, *around]
    loops = steps_of(around, steps)
    shapes = shapes or [None] * len(node.inputs)
    return kind(describe(node, lead, shapes, advice(kind(lead)), loops))


_INSTEAD_OF_AXES: dict[int, tuple[type[Exception], str]] = {
    TOO_LARGE: (
        AllocationError,
        "Unable to allocate an array of more elements than can be addressed.",
    ),
    NO_ELEMENTS: (
        IndexOutOfBoundsError,
        "An index is out of bounds for a dimension of 0.",
    ),
}


def _from_record(code: int, values: Sequence[int]) -> tuple[type[Exception], str]:
    first, second, third = values[:3]
    match code:
        case 1 if first in _INSTEAD_OF_AXES:
            return _INSTEAD_OF_AXES[first]
        case 5:
            return AllocationError, f"Unable to allocate {first} bytes."
        case 1 | 2:
            return ShapeError, (
                f"Input dimension mis-match. (in dimension {first}: {second} and "
                f"{third})"
            )
        case 3:
            return IndexOutOfBoundsError, (
                f"index {first} is out of bounds for a dimension of {second}"
            )
        case 6:
            return LinearAlgebraError, f"A library routine failed with info {first}."
        case 7:
            return ShapeError, f"A value that this op refuses: {first}."
        case 8:
            return AssertionFailedError, "Assertion failed."
        case _:
            return RuntimeError, f"A compiled unit stopped with code {code}."
