"""Loops in blocks: what a gradient needs of a block's steps is computed again.

Backward, a loop of n steps keeps the states before each of them. In blocks of b steps
it keeps those before each block, and those of one block at a time: n/b + b of them, for
one more run through the steps. With b near the root of n that is about 2 sqrt(n) (after
A. Griewank, "Achieving logarithmic growth of temporal and spatial complexity in reverse
automatic differentiation", 1992, section 1).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.op import unobserved
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, NativeOp, Shape, Shaped, Value
from theanolike.ops.scan.derivatives import apart, total
from theanolike.ops.scan.loop import LoopOp, row_type
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

__all__ = ["KnownLast", "in_blocks", "root_of"]


def root_of(steps: Any) -> Any:
    """Return how many steps a block has: the root of their number, rounded up."""
    f = functions()
    return f.maximum(f.cast(f.ceil(f.sqrt(f.cast(steps, "float64"))), "int64"), 1)


def in_blocks(
    loop: LoopOp,
    steps: Any,
    starts: Sequence[Any],
    rows: Sequence[Any],
    captured: Sequence[Any],
) -> list[Any]:
    """Return what `loop` returns for these inputs, from blocks of its steps."""
    f, k = functions(), loop.states
    every = root_of(steps)
    blocks = steps // every
    done = blocks * every
    with unobserved():
        inner = _inner_loop(loop)
        outer = _outer_loop(inner, rows)
    pieces = [
        f.reshape(
            x[:done],
            (blocks, every, *(x.shape[d] for d in range(1, x.ndim))),
            ndim=x.ndim + 1,
        )
        for x in rows
    ]
    made = outer(blocks, *starts, *pieces, *captured, every, return_list=True)
    tails = [x[done:] for x in rows]
    # What is left over is less than a block.
    rest = inner(steps - done, *made[:k], *tails, *captured, done, return_list=True)
    last = rest[:k]
    results: list[Any] = []
    for r in range(loop.collected):
        whole = made[k + r]
        shape = (done, *(whole.shape[d] for d in range(2, whole.ndim)))
        flat = f.reshape(whole, shape, ndim=whole.ndim - 1)
        joined = f.join(0, flat, rest[k + r])
        value = loop.graph.outputs[k + r]
        following = loop.graph.outputs[:k]
        if value in following:
            joined = KnownLast()(joined, last[following.index(value)])
        results.append(joined)
    return [*last, *results]


def _inner_loop(loop: LoopOp) -> LoopOp:
    """Return the loop with one more captured value, which is added to its step."""
    inside = [v.type.make_variable(v.name) for v in loop.graph.inputs]
    base = TensorType("int64", ()).make_variable()
    outputs = loop.graph.copy([inside[0] + base, *inside[1:]])
    return replace(loop, graph=FrozenGraph([*inside, base], outputs))


def _outer_loop(inner: LoopOp, rows: Sequence[Any]) -> LoopOp:
    """Return the loop of the blocks, which keeps the states after each of them."""
    k, declared = inner.states, inner.graph.inputs
    integer = TensorType("int64", ())
    block, every = integer.make_variable(), integer.make_variable()
    states = [v.type.make_variable(v.name) for v in declared[1 : 1 + k]]
    pieces = [
        TensorType(x.type.dtype, (None, *row_type(x.type).shape)).make_variable(x.name)
        for x in rows
    ]
    first = 1 + k + len(rows)
    values = [v.type.make_variable(v.name) for v in declared[first:-1]]
    made: list[Variable] = inner(
        every, *states, *pieces, *values, block * every, return_list=True
    )
    graph = FrozenGraph([block, *states, *pieces, *values, every], [*made, *made[:k]])
    return LoopOp(graph, k, len(made), sequences=len(rows))


@record
class KnownLast(NativeOp):
    """Rows whose last one, where there are any, is at hand by itself."""

    def result(self, *types: TensorType) -> TensorType:
        return types[0]

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, *arrays: Any) -> Any:
        return np.asarray(arrays[0])

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return inputs[0]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        """Give the cotangent of the last row alone to what it is at hand by."""
        (g,) = cotangents
        if g is None:
            return [disconnected, disconnected]
        last, rest = apart(g.value)
        return [
            Cotangent(total(rest)) if rest else disconnected,
            Cotangent(total(last)) if last else disconnected,
        ]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [tangents[0]]
