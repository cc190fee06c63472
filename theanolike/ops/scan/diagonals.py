"""`Diagonals`: a table whose cells follow from their neighbours, by anti-diagonals.

Loops in loops visit such a table row by row, each cell after the one before it. The
cells of an anti-diagonal don't need each other: they are one vector.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen.lowering import (
    Call,
    Literal,
    Scalar,
    ViewDim,
    add,
    as_index,
    guard,
    lower_nodes,
    maximum,
    minimum,
    mul,
    select,
    sub,
    where_negative,
)
from theanolike.errors import ShapeError
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.record import record
from theanolike.ops.declare import Builder, Extent, NativeOp, Shape, Shaped, Value
from theanolike.types.type import TensorType

__all__ = ["Diagonals"]

LINE = 64  # bytes: where what a diagonal stores begins at first, whole vectors


@record
class Diagonals(NativeOp):
    """The last row of a table of which each cell is a function of three others.

    Cell (i, j) is `graph` of those at (i, j - 1), (i - 1, j) and (i - 1, j - 1), of
    element i of each of the `rows`, element j of each of the `columns`, element (i, j)
    of each of the `tables`, and of scalars. The operands are the row above the table,
    the column before it, the corner of both, how long a row is (that above must be as
    long), rows, columns, tables and scalars. Columns and rows of tables may be longer,
    and if they have one element it stands for all.

    Attributes
    ----------
    graph : FrozenGraph
        Of vectors along an anti-diagonal, and scalars; without an op that could fail.
    rows, columns, tables : int
        How many.
    """

    graph: FrozenGraph
    rows: int
    columns: int
    tables: int

    def result(self, *types: TensorType) -> TensorType:
        return TensorType(types[0].dtype, types[0].shape)

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def parts(self, given: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
        """Return rows, columns, tables and scalars among the last operands."""
        first, second = self.rows, self.rows + self.columns
        third = second + self.tables
        return given[:first], given[first:second], given[second:third], given[third:]

    def reference(self, *arrays: Any) -> Any:
        above, before, corner, length, *given = arrays
        n, m = len(before), len(above)
        if length != m:
            raise ShapeError(f"A row of {m} elements becomes one of {length}.")
        rows, columns, tables, scalars = self.parts(given)
        table = np.empty((n + 1, m + 1), above.dtype)
        table[0, 0], table[0, 1:], table[1:, 0] = corner, above, before
        columns = [_wide(x, m) for x in columns]
        tables = [_wide(x, m) for x in tables]
        for d in range(n + m - 1 if n and m else 0):
            i = np.arange(max(0, d + 1 - m), min(n, d + 1))
            j = d - i
            cells = [table[i + 1, j], table[i, j + 1], table[i, j]]
            cells += [x[i] for x in rows] + [x[j] for x in columns]
            cells += [x[i, j] for x in tables]
            (table[i + 1, j + 1],) = self.graph.run([*cells, *scalars])
        return table[-1, 1:]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        above, before, corner, length, *given = inputs
        n, m = before.shape[0], above.shape[0]
        b.require_equal(m, b.item(length))
        rows, columns, tables, scalars = self.parts(given)
        for needed, axis, operands in (
            (n, 0, (*rows, *tables)),
            (m, -1, (*columns, *tables)),
        ):
            for x in operands:
                own = x.shape[axis]
                enough = where_negative(sub(1, own), minimum(own, needed), needed)
                b.require_equal(enough, needed, axis % x.ndim)

        pad = LINE // np.dtype(above.dtype).itemsize + 1
        top = b.map(
            (add(m, 1),),
            above.dtype,
            lambda j: guard(_less(j, m), above.at(j), corner.at()),
        )

        def start(first: Scalar) -> Value:
            """Return a diagonal before all cells but those around the table."""
            return b.map(
                (add(n, pad),),
                above.dtype,
                lambda k: guard(_less(k, pad), first, before.at(k + (-pad))),
            )

        # With an element in front for the row above the table, and columns from the
        # last one on: on a diagonal they are read the other way round.
        fronted = [self._fronted(b, x, n) for x in rows]
        turned = [self._turned(b, x, m) for x in columns]
        states = [start(top.at(0)), start(corner.at()), start(corner.at())]
        captured = [top, *fronted, *turned, *tables, *scalars]

        def body(inner: Builder, step: Value, *values: Value) -> list[Value]:
            return self._step(inner, inner.item(step), (n, m, pad), values)

        steps = where_negative(sub(mul(n, m), 1), 0, sub(add(n, m), 1))
        *_, last = b.loop(steps, states, captured, body, collect=1)
        return b.map(
            (m,),
            above.dtype,
            lambda j: guard(
                _less(as_index(n), 1), above.at(j), last.at(j + as_index(sub(n, 1)))
            ),
        )

    def _fronted(self, b: Builder, x: Value, n: int | Extent) -> Value:
        zero = Literal(0, x.dtype)
        return b.map(
            (add(n, 1),), x.dtype, lambda k: guard(_less(k, 1), zero, x.at(k + (-1)))
        )

    def _turned(self, b: Builder, x: Value, m: int | Extent) -> Value:
        zero, last = Literal(0, x.dtype), sub(x.shape[0], 1)

        def at(k: Scalar) -> Scalar:
            return guard(_less(k, 1), zero, x.at(_least(as_index(m) - k, last)))

        return b.map((add(m, 1),), x.dtype, at)

    def _step(
        self,
        b: Builder,
        d: int | Extent,
        sizes: tuple[Any, Any, int],
        values: Sequence[Value],
    ) -> list[Value]:
        """Return the diagonal `d`, those that are read later, and its last row's cell.

        Row i is at place i + pad. What a row has there before its first cell is that of
        the column before the table; the place in front of all is the row's above it.
        """
        n, m, pad = sizes
        last, second, oldest, top, *given = values
        rows, columns, tables, scalars = self.parts(given)
        low = b.named(maximum(sub(add(d, 1), m), 0))
        # One more than there are cells: where that is in the table it is overwritten.
        count = b.named(add(sub(minimum(n, add(d, 1)), low), 1))

        def seen(value: Value, first: int | Extent) -> Value:
            return b.view(value, (count,), [ViewDim(0, first)])

        place = add(low, pad - 1)
        known = [seen(last, place), seen(last, sub(place, 1))]
        known.append(seen(second, sub(place, 1)))
        known += [seen(x, low) for x in rows]
        known += [seen(x, sub(add(m, low), add(d, 1))) for x in columns]
        for x in tables:

            def cell(k: Scalar, x: Value = x) -> Scalar:
                i = k + as_index(sub(low, 1))
                j = as_index(add(sub(d, low), 1)) - k
                return x.at(_most(i, 0), _least(j, sub(x.shape[1], 1)))

            known.append(b.map((count,), x.dtype, cell))
        known_as = dict(zip(self.graph.inputs, [*known, *scalars], strict=True))
        site = b.site
        lower_nodes(b, self.graph.nodes, known_as)
        b.site = site
        cells = known_as[self.graph.outputs[0]]
        first = top.at(as_index(minimum(add(d, 1), m)))

        def put(k: Scalar) -> tuple[list[Scalar], Scalar]:
            return [k + as_index(place)], select(_less(k, 1), first, cells.at(k))

        new = b.scatter("set", oldest, (count,), put, unique=True)
        shown = b.map((), new.dtype, lambda: new.at(as_index(add(n, pad - 1))))
        return [new, last, second, shown]


def _less(a: Scalar, bound: int | Extent) -> Scalar:
    return Call("lt", "bool", (a, as_index(bound)))


def _most(a: Scalar, bound: int) -> Scalar:
    return Call("maximum", "int64", (a, as_index(bound)))


def _least(a: Scalar, bound: int | Extent) -> Scalar:
    return Call("minimum", "int64", (a, as_index(bound)))


def _wide(x: Any, m: int) -> Any:
    """Return as many columns as are read, of one that stands for all."""
    if x.shape[-1] < m and x.shape[-1] != 1:
        raise ShapeError(f"A row of {m} elements reads {x.shape[-1]}.")
    return np.broadcast_to(x, (*x.shape[:-1], m)) if x.shape[-1] == 1 else x
