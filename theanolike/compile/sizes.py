"""How large arrays would be: for the message when there is no memory for one."""

from collections.abc import Collection, Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from theanolike.compile.errors import advice, bodies, describe
from theanolike.compile.replay import UNKNOWN, Answer, Replay
from theanolike.errors import AllocationError
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.declare import NativeOp
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.inside import Inside
from theanolike.ops.scan.loop import LoopOp

__all__ = ["memory_error", "too_large"]

# Bytes of arrays that are computed, to know the sizes of others.
SMALL = 1 << 20
MOST_BYTES = 1 << 56  # no array is larger


class Large(NamedTuple):
    """A node's largest result.

    Attributes
    ----------
    node : Apply
    shape : tuple of int
    bytes : int
        As if no extent were 0, where they then are too many for any memory.
    given : list of (tuple of int or None)
        The shapes of the node's inputs.
    """

    node: Apply
    shape: tuple[int, ...]
    bytes: int
    given: list[Any]

    def told(self) -> str:
        """Return the first line of the message."""
        dtype = self.node.outputs[0].type.dtype  # type: ignore[attr-defined]
        array = f"an array with shape {self.shape} and data type {dtype}"
        if 0 in self.shape:
            return f"The extents are too large of {array}, though it has no elements."
        return f"Unable to allocate {self.bytes} bytes for {array}."


def too_large(node: Apply, values: Sequence[Any], least: int = MOST_BYTES) -> str:
    """Say what a node would need, if that is more than `least` bytes."""
    found = _largest_of(node, [_seen(value) for value in values])
    return found.told() if found is not None and found.bytes > least else ""


def largest(
    nodes: Iterable[Apply],
    values: dict[Variable, Any],
    replay: Replay,
    lines: Collection[Any] = (),
) -> Large | None:
    """Return the node of the largest result, without computing large ones.

    Parameters
    ----------
    nodes : iterable of Apply
        In order of dependence.
    values : dict
        Arrays for the graph's inputs; what is found is added.
    replay : Replay
        Computes small arrays.
    lines : collection of Origin, optional
        Where the node is to be written; anywhere by default.
    """
    most: Large | None = None
    for node in nodes:
        given = [_value(values, x) for x in node.inputs]
        if any(x is UNKNOWN for x in given):
            values.update((out, UNKNOWN) for out in node.outputs)
            continue
        found = _inside(node, given, replay, lines)
        if not lines or any(line in lines for line in node.origin):
            found = [_largest_of(node, given), *found]
        for one in found:
            most = _worse(most, one)
        values.update(zip(node.outputs, _results(node, given, replay), strict=True))
    return most


def memory_error(
    origins: Sequence[Any],
    graphs: Sequence[FunctionGraph],
    arrays: Sequence[Any],
    answers: Sequence[Answer],
) -> Exception | None:
    """Return the error of the largest array, for which there was no memory.

    Parameters
    ----------
    origins : sequence of Origin
        Where it was written, if that is known.
    graphs : sequence of FunctionGraph
        As compiled and as written; the message tells of the last one that has an array
        of this size.
    arrays : sequence
        The arguments.
    answers : sequence of Answer
        What users' ops computed.
    """
    most: Large | None = None
    for graph in graphs:
        values = dict(zip(graph.inputs, arrays, strict=True))
        found = largest(graph.toposort(), values, Replay(answers), origins)
        if found is not None and (most is None or found.bytes >= most.bytes):
            most, origins = found, found.node.origin
    if most is None or most.bytes < SMALL:
        return None
    step = advice(MemoryError())
    return AllocationError(describe(most.node, most.told(), most.given, step))


def _value(values: dict[Variable, Any], variable: Variable) -> Any:
    if isinstance(variable, Constant):
        return _seen(variable.data)
    value = values.get(variable, UNKNOWN)
    return value if value is UNKNOWN else _seen(value)


def _seen(value: Any) -> Inside:
    """Return an array as an op's `shape` sees it."""
    if isinstance(value, Inside):
        return value
    return Inside(np.shape(value), np.asarray(value))


def _shapes(node: Apply, given: Sequence[Inside]) -> list[tuple[int, ...]] | None:
    """Return the shapes of a node's results, None where they aren't known."""
    if not isinstance(node.op, NativeOp):
        return None
    try:
        found: Any = node.op.shape(*given)
    except Exception:  # noqa: BLE001 - what it reads isn't known, or doesn't fit
        return None
    shapes = found if len(node.outputs) > 1 else [found]
    if not all(isinstance(extent, int | np.integer) for s in shapes for extent in s):
        return None
    return [tuple(int(extent) for extent in shape) for shape in shapes]


def _bytes(node: Apply, shapes: Sequence[tuple[int, ...]]) -> list[int]:
    kinds: list[Any] = [out.type for out in node.outputs]
    items = [kind.numpy_dtype.itemsize for kind in kinds]
    # Extents too large to be multiplied are an error beside a 0, too.
    whole = [prod(extent or 1 for extent in shape) for shape in shapes]
    return [
        item * (count if item * count > MOST_BYTES else prod(shape))
        for item, count, shape in zip(items, whole, shapes, strict=True)
    ]


def _largest_of(node: Apply, given: Sequence[Inside]) -> Large | None:
    shapes = _shapes(node, given)
    if shapes is None:
        return None
    sizes = _bytes(node, shapes)
    at = sizes.index(max(sizes))
    return Large(node, shapes[at], sizes[at], [x.shape for x in given])


def _results(node: Apply, given: Sequence[Inside], replay: Replay) -> list[Any]:
    """Return a node's results: arrays if they are small, else what is known of them."""
    shapes = _shapes(node, given)
    known: list[Any] = [UNKNOWN] * len(node.outputs)
    if shapes is not None:
        known = [Inside(shape) for shape in shapes]
    inner = isinstance(node.op, LoopOp)
    if inner or any(x.data is None for x in given):
        return known
    if shapes is not None and sum(_bytes(node, shapes)) > SMALL:
        return known
    try:
        return list(replay.perform(node, [x.data for x in given]))
    except Exception:  # noqa: BLE001 - another error than the one that is told
        return known


def _inside(
    node: Apply, given: Sequence[Inside], replay: Replay, lines: Collection[Any]
) -> list[Large | None]:
    """Return the largest results in the graphs that a node holds, in its first step."""
    op: Any = node.op
    seen = list(given)
    if isinstance(op, LoopOp):
        first = 1 + op.states
        for k in range(first, first + op.sequences):
            rows = seen[k]
            data = None if rows.data is None or not len(rows.data) else rows.data[0]
            seen[k] = Inside(rows.shape[1:], data)
        seen[0] = Inside((), np.asarray(0))
    elif isinstance(op, IfElse):
        seen = seen[1:]
    return [
        largest(graph.nodes, dict(zip(graph.inputs, seen, strict=True)), replay, lines)
        for name, graph in bodies(node).items()
        if name == "graph" or given[0].data is None or _chosen(op, name, given[0].data)
    ]


def _worse(first: Large | None, second: Large | None) -> Large | None:
    """Return the larger one, but the first of those that no memory could ever hold."""
    if first is None or second is None:
        return first or second
    return second if MOST_BYTES >= first.bytes < second.bytes else first


def _chosen(op: Any, name: str, condition: Any) -> bool:
    return op.chosen(condition) is getattr(op, name)
