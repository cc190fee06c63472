"""Loops in loops that fill a table become one over its anti-diagonals.

So dynamic time warping, edit distances and alignments, written row by row, run at
vectors of cells a step.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.broadcast import Fill
from theanolike.ops.cast import Cast
from theanolike.ops.conditional import (
    _guessed_maximum,
    _guessed_minimum,
    maximum,
    minimum,
)
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.indexing.pattern import items_of
from theanolike.ops.joining import Join
from theanolike.ops.known import known_int
from theanolike.ops.scan.diagonals import Diagonals
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.loops.opened import OpenLoop, known_as, reading, row_shapes
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant
from theanolike.types.type import TensorType

__all__ = ["table_by_diagonals"]

# In vectors there is nothing to guess.
PLAIN: dict[Any, Any] = {_guessed_maximum: maximum, _guessed_minimum: minimum}
MOST_NODES = 32  # of a matrix's elements
SPREAD, DOWN, ACROSS = DimShuffle((None,)), DimShuffle((0, None)), DimShuffle((None, 0))


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def table_by_diagonals(node: Apply) -> Any:
    """loop(loop(f(left, above, corner))) = loop(f), by anti-diagonals of the table.

    The state of the loop around is a row; the loop inside makes the next one, of which
    each element is a function of the one before it and of two elements of the last row.
    Only the last row may be read.
    """
    op: Any = node.op
    if (op.states, op.collected) != (1, 0) or op.until or op.reverse:
        return None
    inside = [n for n in op.graph.nodes if isinstance(n.op, LoopOp)]
    made = op.graph.outputs[0].owner
    if len(inside) != 1 or inside[0] is not made or made.op.until or made.op.reverse:
        return None
    if made.outputs.index(op.graph.outputs[0]) != made.op.states:
        return None
    found = _Table(node, made).read()
    return None if found is None else [known_as(found, node.outputs[0])]


class _Table:
    """What the cells of a table are made of, by the variables that stand for it.

    Attributes
    ----------
    cells : dict
        Variables of the graphs that have a value for each cell (of one dim in the
        graph around, along a row, or of none), as they are along a diagonal.
    corners : list
        What stands between the corner and the last row where that is shifted.
    """

    def __init__(self, around: Apply, inner: Apply) -> None:
        self.around, self.inner = around, inner
        self.loop = OpenLoop(around)
        (state,) = self.loop.states
        self.row, self.above = state.before, state.start
        kind = TensorType(self.row.type.dtype, (None,))
        self.near = [kind.make_variable() for _ in range(3)]  # left, above, corner
        self.cells: dict[Variable, Any] = {self.row: self.near[1]}
        self.given: dict[str, dict[Any, Any]] = {
            kind: {} for kind in ("rows", "columns", "tables", "scalars")
        }
        self.corners: list[Any] = []

    def read(self) -> Any:
        """Return the last row by diagonals, or None for another kind of loop."""
        self._read_inputs()
        for one in self.loop.op.graph.nodes:
            if one is not self.inner:
                self._read_around(one)
        before = self._read_inside()
        length = row_shapes(self.around, [0])
        if before is None or length is None:
            return None
        corner = self._corner(before)
        inside: Any = self.inner.op
        value = self.cells.get(inside.graph.outputs[inside.states])
        if corner is None or value is None or value.type != self.near[0].type:
            return None
        read = reading([value])
        given = [
            [(outer, own) for outer, own in known.items() if own in read]
            for known in self.given.values()
        ]
        inputs = [*self.near, *(own for part in given for _, own in part)]
        rows, columns, tables, _ = map(len, given)
        op = Diagonals(FrozenGraph(inputs, [value]), rows, columns, tables)
        steps = self.around.inputs[0]
        before = before if before.ndim else Alloc()(before, maximum(steps, 0))
        operands = [outer for part in given for outer, _ in part]
        return op(self.above, before, corner, length[0][0], *operands)

    # What the cells read.

    def _read_inputs(self) -> None:
        for inside, outside in self.loop.sequences.items():
            if inside.ndim == 0:
                self.cells[inside] = self._given("rows", outside)
            elif inside.ndim == 1:
                self.cells[inside] = self._of_table(outside)
        for inside, outside in self.loop.captured.items():
            if inside.ndim <= 1:
                kind = "columns" if inside.ndim else "scalars"
                self.cells[inside] = self._given(kind, outside)

    def _given(self, kind: str, outside: Any) -> Any:
        """Return the variable along a diagonal for one outside of the loops."""
        if isinstance(outside, Constant) and not outside.ndim:  # type: ignore[attr-defined]
            return outside
        known = self.given[kind]
        if outside not in known:
            rank = 0 if kind == "scalars" else 1
            known[outside] = TensorType(
                outside.type.dtype, (None,) * rank
            ).make_variable()
        return known[outside]

    def _of_table(self, matrix: Any) -> Any:
        """Return the elements of a matrix, made of what it is made of if that is less.

        A function of a row's and of a column's elements needs no matrix.
        """
        seen, stack = {matrix}, [matrix]
        while stack:
            node = stack.pop().owner
            if node is None or not isinstance(node.op, Elementwise | Cast):
                return self._given("tables", matrix)
            inner = {v for v in node.inputs if not _is_edge(v)} - seen
            seen |= inner
            stack += inner
            if len(seen) > MOST_NODES:
                return self._given("tables", matrix)
        made: dict[Any, Any] = {}
        for node in toposort([matrix], blockers=[*_edges(seen)]):
            operands = [made[v] if v in made else self._of_edge(v) for v in node.inputs]
            made[node.outputs[0]] = node.op(*operands)
        return made[matrix]

    def _of_edge(self, variable: Any) -> Any:
        if variable.ndim == 0:
            return self._given("scalars", variable)
        if variable.ndim == 1:
            return self._given("columns", variable)
        kind = "rows" if variable.owner.op == DOWN else "columns"
        return self._given(kind, variable.owner.inputs[0])

    def _read_around(self, node: Apply) -> None:
        """Note what a node of the graph around makes, if it is known of each cell."""
        op: Any = node.op
        (out, *others) = node.outputs
        if others or out.type.ndim > 1:  # type: ignore[attr-defined]
            return
        if isinstance(op, Subtensor):
            source: Any = node.inputs[0]
            if source in self.cells and source.type.ndim == 1 and _is_head(node):
                self.cells[out] = self.cells[source]
        elif op == SPREAD:
            self._note(node, lambda *known: known[0])
        elif isinstance(op, Join):
            self._read_shifted(node)
        elif isinstance(op, Elementwise | Cast):
            self._note(node, PLAIN.get(op, op))
        elif isinstance(op, Fill):
            self._note(node, lambda _, value: value)

    def _note(self, node: Apply, make: Callable[..., Any]) -> None:
        known = [self._known(v) for v in node.inputs]
        if all(v is not None for v in known):
            self.cells[node.outputs[0]] = make(*known)

    def _known(self, variable: Any) -> Any:
        if not isinstance(variable, Constant):
            return self.cells.get(variable)
        return self._of_edge(variable) if variable.type.ndim <= 1 else None  # type: ignore[attr-defined]

    def _read_shifted(self, node: Apply) -> None:
        """Read [corner, *row[:-1]]: the last row, one element on."""
        parts = node.inputs
        if len(parts) != 2 or not _is_without_last(parts[1], self.row):
            return
        corner = _only_element(parts[0])
        if corner is not None:
            self.corners.append(corner)
            self.cells[node.outputs[0]] = self.near[2]

    def _read_inside(self) -> Any:
        """Read the loop inside; return the column before the table, or None.

        A state is the cell on the left, or the one above it, which is the corner.
        """
        loop = OpenLoop(self.inner)
        cell = loop.rows[0].value
        befores = []
        for state in loop.states:
            if state.after is cell:
                befores.append(state.start)
                self.cells[state.before] = self.near[0]
            elif self._is_row(loop.sequences.get(state.after)):
                self.corners.append(state.start)
                self.cells[state.before] = self.near[2]
            else:
                return None
        for known in (loop.sequences, loop.captured):
            for inside, outside in known.items():
                value = self._known(outside)
                if value is not None and inside.ndim == 0:
                    self.cells[inside] = value
        for one in loop.op.graph.nodes:
            if isinstance(one.op, Elementwise | Cast):
                self._note(one, PLAIN.get(one.op, one.op))
        if not befores or any(v is not befores[0] for v in befores):
            return None
        return self._each_row(befores[0])

    def _is_row(self, variable: Any) -> bool:
        return variable is not None and self.cells.get(variable) is self.near[1]

    # What stands around the table.

    def _each_row(self, variable: Any) -> Any:
        """Return a number of the graph around for all its steps, None if it is made."""
        if isinstance(variable, Constant):
            return variable
        found = self.loop.sequences.get(variable)
        return self.loop.captured.get(variable) if found is None else found

    def _corner(self, before: Any) -> Any:
        """Return the corner, if the cells before the table are the same to all.

        What a row takes for its first corner must be what the row above has on the
        left of its first cell.
        """
        found = None
        for variable in self.corners:
            column = _whole(self._each_row(variable))
            node = None if column is None else column.owner
            if node is None or not isinstance(node.op, Join):
                return None
            parts = node.inputs
            corner = _only_element(parts[0]) if len(parts) == 2 else None
            if corner is None or not _follows(parts[1], _whole(before)):
                return None
            if found is not None and corner is not found:
                return None
            found = corner
        return _zero(self.row.type.dtype) if not self.corners else found


def _zero(dtype: str) -> Any:
    return constant(np.zeros((), dtype))


def _is_edge(variable: Any) -> bool:
    """Tell whether a matrix's operand is known from a row and a column alone."""
    node = variable.owner
    return variable.ndim <= 1 or (node is not None and node.op in (DOWN, ACROSS))


def _edges(matrices: set[Any]) -> set[Any]:
    """Return the operands of matrices' elements that are none themselves."""
    return {v for m in matrices for v in m.owner.inputs if v not in matrices}


def _is_head(node: Apply) -> bool:
    """Tell whether an index takes the first elements, however many."""
    items = _items(node)
    return (
        len(items) == 1
        and isinstance(items[0], slice)
        and items[0].step in (None, 1)
        and items[0].start in (None, 0)
        and not (isinstance(items[0].stop, int) and items[0].stop < 0)
    )


def _items(node: Apply) -> list[Any]:
    op: Any = node.op
    return list(items_of(op.idx_list, map(known_int, node.inputs[1:])))


def _whole(variable: Any) -> Any:
    """Return what the first elements of were taken."""
    while variable is not None and variable.owner is not None:
        node = variable.owner
        if not (isinstance(node.op, Subtensor) and variable.ndim == 1):
            break
        if not _is_head(node):
            break
        (variable, *_) = node.inputs
    return variable


def _is_without_last(variable: Any, row: Any) -> bool:
    node = variable.owner
    if node is None or not isinstance(node.op, Subtensor) or node.inputs[0] is not row:
        return False
    (item,) = _items(node)
    return isinstance(item, slice) and (item.start, item.stop, item.step) in (
        (None, -1, None),
        (0, -1, None),
    )


def _only_element(variable: Any) -> Any:
    """Return the number that a vector of one element holds, or None."""
    node = variable.owner
    if isinstance(variable, Constant):
        kind: Any = variable.type
        if kind.shape != (1,):
            return None
        return constant(variable.data[0])
    return node.inputs[0] if node is not None and node.op == SPREAD else None


def _follows(rest: Any, column: Any) -> bool:
    """Tell whether `rest` has the elements of `column` without its last one."""
    if _is_without_last(rest, column):
        return True
    one, other = _repeated(rest), _repeated(column)
    if one is None or other is None:
        return False
    return one is other or (
        isinstance(one, Constant) and isinstance(other, Constant) and one.equals(other)
    )


def _repeated(variable: Any) -> Any:
    """Return the number that each element of a vector is, or None."""
    if variable.ndim == 0:
        return variable
    node = variable.owner
    if node is not None and isinstance(node.op, Alloc) and node.inputs[0].ndim == 0:
        return node.inputs[0]
    return None
