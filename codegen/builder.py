"""The builder of a loop program; ops see it as `b` in their `lower`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theanolike.codegen.extents import Extents
from theanolike.codegen.outside import Outside
from theanolike.codegen.program import (
    Axis,
    Branch,
    Call,
    Checked,
    Data,
    Host,
    Input,
    Library,
    Loop,
    Reduce,
    Require,
    Reshape,
    Scalar,
    Scatter,
    Size,
    Value,
    View,
    ViewDim,
    as_index,
)
from theanolike.codegen.shapes import (
    Extent,
    Shape,
    mod,
    sub,
    where_negative,
)
from theanolike.codegen.suppose import Suppositions
from theanolike.codegen.views import is_block, keeps_order, through


class Builder(Extents):
    """Appends nodes to a program. One is made per program; ops see it as `b`.

    Attributes
    ----------
    sites : list
        For each site number, what the compiler was lowering (an Apply).
    outputs : tuple of TensorType
        The types of the outputs of the node being lowered.
    reads_in_place : bool
        Whether an argument that isn't dense is read where it lies by more than a copy.
    """

    def __init__(
        self,
        sites: list[Any] | None = None,
        supposed: Suppositions | None = None,
    ) -> None:
        super().__init__(supposed)
        self.sites: list[Any] = [] if sites is None else sites
        self.hosts: list[Any] = []
        self.outputs: tuple[Any, ...] = ()
        self.reads_in_place = False
        self.shape: Shape = ()
        self._met: dict[tuple[int | Extent, int | Extent], int | Extent] = {}
        self._places: dict[tuple[Any, Any], int | Extent] = {}

    # What enters the program.

    def input(self, dtype: str, static: Sequence[int | None]) -> Value:
        """Declare the next argument of the program."""
        value: Value = self.append(Input(len(self.program.inputs), dtype, static))
        self.program.inputs.append(value)
        return value

    def constant(self, array: Any) -> Value:
        """Return a constant array."""
        return self.append(Data(np.ascontiguousarray(array).reshape(np.shape(array))))  # type: ignore[no-any-return]

    # Elements.

    def pointwise(self, dtype: str, f: Callable[..., Scalar], *inputs: Value) -> Value:
        """Return `f` of the inputs' elements, broadcast as NumPy does."""
        shape, reads = self.broadcast(*inputs)
        return self.map(shape, dtype, lambda *axes: f(*(read(axes) for read in reads)))

    def broadcast(
        self, *inputs: Value
    ) -> tuple[Shape, list[Callable[[Sequence[Scalar]], Scalar]]]:
        """Return the common shape, and for each input how to read it at an index.

        Extents that come from arguments are required equal (or specialised); for
        others, known only inside the run, a 1 is read with stride 0.
        """
        rank = max((value.ndim for value in inputs), default=0)
        shape: list[int | Extent] = []
        for axis in range(rank):
            extents = [
                self.representative(value.shape[axis - rank + value.ndim])
                for value in inputs
                if axis - rank + value.ndim >= 0
            ]
            shape.append(self._common(extents, axis))
        return tuple(shape), [self._reader(value, tuple(shape)) for value in inputs]

    def _common(self, extents: Sequence[int | Extent], axis: int) -> int | Extent:
        wide = list(
            dict.fromkeys(e for e in extents if not (type(e) is int and e == 1))
        )
        if not wide:
            return 1
        common = wide[0]
        for other in wide[1:]:
            common = self._meet(common, other, axis)
        return common

    def _meet(
        self, first: int | Extent, second: int | Extent, axis: int
    ) -> int | Extent:
        if self.can_assume(first) and self.can_assume(second):
            return self.require_equal(first, second, axis, broadcasting=True)
        if first is second or first == second:
            return first
        if (first, second) in self._met:
            return self._met[first, second]
        # Known only inside the run: the wider one, and each must be it or 1.
        wide = where_negative(
            sub(first, 2), where_negative(sub(0, first), second, first), first
        )
        common = wide
        if isinstance(wide, Extent):
            # A value of its own: its text would double with each further operand.
            common = self.named(wide)
        self._met[first, second] = common
        for extent in (first, second):
            self.append(
                Require(
                    where_negative(
                        sub(extent, 2),
                        where_negative(sub(0, extent), common, extent),
                        extent,
                    ),
                    common,
                    axis,
                    self.site,
                    False,
                )
            )
        return common

    def _reader(
        self, value: Value, shape: Shape
    ) -> Callable[[Sequence[Scalar]], Scalar]:
        padding = len(shape) - value.ndim

        def read(axes: Sequence[Scalar]) -> Scalar:
            index: list[Scalar | int] = []
            for own, (extent, axis) in enumerate(
                zip(shape[padding:], axes[padding:], strict=True)
            ):
                mine = self.representative(value.shape[own])
                if type(mine) is int and mine == 1:
                    index.append(0)
                elif self._are_alike(mine, extent):
                    index.append(axis)
                else:
                    wide = where_negative(
                        sub(1, mine), 1, where_negative(sub(mine, 1), 1, 0)
                    )
                    index.append(axis * Size(wide))
            return value.at(*index)

        return read

    def _are_alike(self, first: int | Extent, second: int | Extent) -> bool:
        if first is second or first == second:
            return True
        return self.can_assume(first) and self.can_assume(second)

    def checked(self, index: Scalar, extent: int | Extent) -> Scalar:
        """Return `index` wrapped if negative; out of bounds is the user's error."""
        if index.dtype != "int64":
            index = Call("cast", "int64", (index,))
        return Checked(index, as_index(extent), self.site)

    def place(self, index: int | Extent, extent: int | Extent) -> int | Extent:
        """Return an index as `checked` gives it, as an extent; checked once."""
        known = isinstance(index, int) and isinstance(extent, int)
        if known and -extent <= index < extent:  # type: ignore[operator]
            return mod(index, extent)
        extent = self.representative(extent)
        if (index, extent) not in self._places:
            found = self.map((), "int64", lambda: self.checked(Size(index), extent))
            self._places[index, extent] = self.item(found)
        return self._places[index, extent]

    # Whole values.

    def reduce(
        self,
        kind: str,
        source: Value | tuple[Shape, str, Callable[..., Scalar]],
        axes: Sequence[int],
        dtype: str | None = None,
        accumulator: str | None = None,
    ) -> Value:
        """Combine the elements along `axes`.

        Parameters
        ----------
        kind : str
            add, mul, max, min, and, or, argmax, argmin.
        source : Value, or (shape, dtype, f)
            What is combined; the tuple gives the elements as `map` does.
        axes : sequence of int
        dtype, accumulator : str, optional
            Of the result, and of the sum while it runs; those of the source.
        """
        if isinstance(source, Value):
            value = source
            domain, own = value.shape, value.dtype
            body: Scalar = value.at(*(Axis(k) for k in range(value.ndim)))
        else:
            domain, own, f = source
            self.make_room(domain)
            body = f(*(Axis(k) for k in range(len(domain))))
        result = dtype or own
        return self.append(  # type: ignore[no-any-return]
            Reduce(
                kind,
                tuple(domain),
                tuple(sorted(axes)),
                body,
                result,
                accumulator or result,
                self.site,
            )
        )

    def view(self, source: Value, shape: Shape, dims: Sequence[ViewDim]) -> Value:
        """Return the source's elements under another index map.

        A view of a view is one of what that shows, so that chains of them stay flat.
        """
        node = source.node
        if isinstance(node, View):
            self._keep_checks(node, dims)
            source, dims = node.operands[0], [through(d, dims) for d in node.dims]
        shape = tuple(map(self.flat, shape))
        dims = [ViewDim(d.axis, self.flat(d.start), self.flat(d.step)) for d in dims]
        self.hold(tuple(shape[d.axis] for d in dims if d.axis is not None))
        if source.shape == shape and all(d == ViewDim(k) for k, d in enumerate(dims)):
            return source
        return self.append(View(source, shape, tuple(dims), self.site))  # type: ignore[no-any-return]

    def _keep_checks(self, shown: View, dims: Sequence[ViewDim]) -> None:
        """Require the places in dims of `shown` that its source doesn't have.

        Nothing else would read them, and with them their bounds' checks would go.
        """
        seen = {d.axis for d in shown.dims}
        for k, d in enumerate(dims):
            if k not in seen and isinstance(d.start, Extent):
                self.append(Require(d.start, d.start, k, self.site, False))

    def transpose(self, source: Value, order: Sequence[int | None]) -> Value:
        """Permute dims; None makes a new one of extent 1, those left out must be 1."""
        shape = tuple(1 if k is None else source.shape[k] for k in order)
        dims = [
            ViewDim(order.index(k) if k in order else None) for k in range(source.ndim)
        ]
        return self.view(source, shape, dims)

    def reshape(self, source: Value, shape: Shape) -> Value:
        """Return the elements in row-major order under another shape."""
        shape = tuple(map(self.flat, shape))
        self.hold(shape)
        return self.append(Reshape(self.dense(source), tuple(shape), self.site))  # type: ignore[no-any-return]

    def dense(self, value: Value) -> Value:
        """Return `value` with its elements in row-major order, not as a view."""
        source = value
        while isinstance(source.node, View) and keeps_order(source.node):
            source = source.node.operands[0]
        if isinstance(source.node, View) and not is_block(source):
            view = source
            source = self.map(view.shape, view.dtype, view.at)
        if source is value or source.shape == value.shape:
            return source
        return self.append(Reshape(source, value.shape, self.site))  # type: ignore[no-any-return]

    def expand(self, source: Value, shape: Shape) -> Value:
        """Broadcast to `shape`, aligned from the right; dims of 1 repeat."""
        padding = len(shape) - source.ndim
        dims = [
            ViewDim(None) if type(e) is int and e == 1 else ViewDim(k + padding)
            for k, e in enumerate(source.shape)
        ]
        self.make_room(shape)
        return self.view(source, shape, dims)

    def scatter(
        self,
        kind: str,
        base: Value,
        domain: Shape,
        f: Callable[..., tuple[Sequence[Scalar | int | Extent], Scalar]],
        *,
        unique: bool = False,
    ) -> Value:
        """Return a copy of `base` with elements set or added to.

        Parameters
        ----------
        kind : {"set", "add"}
        f : callable
            Of the indices over `domain`: where, and what.
        unique : bool
            No two places are the same, so the order doesn't matter.
        """
        where, body = f(*(Axis(k) for k in range(len(domain))))
        index = tuple(as_index(i) for i in where)
        return self.append(  # type: ignore[no-any-return]
            Scatter(kind, base, tuple(domain), index, body, self.site, unique)
        )

    def library(
        self,
        name: str,
        operands: Sequence[Value],
        results: Sequence[tuple[str, Shape]],
        *params: Any,
    ) -> Any:
        """Call a library routine on dense buffers."""
        dense = [self.dense(value) for value in operands]
        for _, shape in results:
            self.make_room(shape)
        return self.append(Library(name, dense, results, params, self.site))

    def loop(  # noqa: PLR0913 - a loop is all this
        self,
        steps: int | Extent,
        states: Sequence[Value],
        captured: Sequence[Value],
        body: "Callable[..., Sequence[Value]]",
        *,
        collect: int = 0,
        until: bool = False,
        reverse: bool = False,
        in_pieces: bool = False,
    ) -> tuple[Value, ...]:
        """Repeat a program `steps` times.

        Parameters
        ----------
        steps : extent
        states : sequence of Value
            Their values before the first step.
        captured : sequence of Value
            What the body reads besides.
        body : callable
            `body(b, step, *states, *captured)` returns the next states, then `collect`
            values kept for every step, then with `until` a 0-d bool.
        reverse : bool
            Count the steps down.
        in_pieces : bool
            What a state adds up may be added in another order.

        Returns
        -------
        tuple of Value
            The last states, the collected values, and with `until` the steps done.
        """
        states = [self.dense(value) for value in states]
        captured = [self.dense(value) for value in captured]
        inner = self._inner()
        step = inner.input("int64", ())
        arguments = [inner.argument_like(value) for value in (*states, *captured)]
        inner.see_outside(self, arguments[len(states) :], captured)
        inner.program.outputs = list(body(inner, step, *arguments))
        if len(inner.program.outputs) != len(states) + collect + until:
            raise ValueError("the body returned another number of values than declared")
        outputs, first = inner.program.outputs, len(states)
        rows = outputs[first : first + collect]
        kept = list(dict.fromkeys(rows))  # what is collected twice is stored once
        outputs[first : first + collect] = kept
        tell = Outside(self, inner, zip(arguments[first:], captured, strict=True))
        shapes = [value.shape for value in states]
        shapes += [(steps, *tell.shape(value)) for value in kept]
        for shape in () if until else shapes[first:]:
            self.make_room(shape)
        loop = Loop(
            steps,
            states,
            captured,
            inner.program,
            self.site,
            until,
            reverse,
            in_pieces,
        )
        self.append(loop)
        results = self.program.nodes[-1].results
        for value, shape in zip(results, shapes, strict=False):
            value.shape = shape
        places = [*range(first), *(first + kept.index(row) for row in rows)]
        return tuple(results[at] for at in places) + results[first + len(kept) :]

    def branch(
        self,
        condition: Value,
        captured: Sequence[Value],
        then: Callable[..., Sequence[Value]],
        otherwise: Callable[..., Sequence[Value]],
    ) -> tuple[Value, ...]:
        """Run one of two programs: `then(b, *captured)` if the 0-d bool holds.

        Both return values of the same dtypes and ranks.
        """
        captured = [self.dense(value) for value in captured]
        programs, shapes = [], []
        for body in (then, otherwise):
            inner = self._inner()
            arguments = [inner.argument_like(value) for value in captured]
            inner.see_outside(self, arguments, captured)
            inner.program.outputs = list(body(inner, *arguments))
            programs.append(inner.program)
            tell = Outside(self, inner, zip(arguments, captured, strict=True))
            shapes.append([tell.shape(value) for value in inner.program.outputs])
        first, second = ([(v.dtype, v.ndim) for v in p.outputs] for p in programs)
        if first != second:
            raise ValueError("the branches return values of other dtypes or ranks")
        one, other = programs
        chosen = [
            tuple(
                a
                if a is c or a == c
                else where_negative(sub(self.item(condition), 1), c, a)
                for a, c in zip(*pair, strict=True)
            )
            for pair in zip(*shapes, strict=True)
        ]
        self.append(Branch(condition, captured, one, other, self.site))
        results = self.program.nodes[-1].results
        for value, shape in zip(results, chosen, strict=True):
            value.shape = shape
        return results

    def _inner(self) -> "Builder":
        inner = Builder(self.sites, self.supposed)
        inner.hosts = self.hosts
        inner.site = self.site
        # What a nested program requires is not known to hold after it: it may not run.
        inner._classes = inner.program.equal = dict(self._classes)
        inner._held, inner._measured = list(self._held), self._measured
        return inner

    def argument_like(self, value: Value) -> Value:
        """Declare an argument of `value`'s dtype and extents."""
        argument = self.input(value.dtype, (None,) * value.ndim)
        argument.shape = value.shape
        return argument

    def host(
        self,
        callback: Any,
        operands: Sequence[Value],
        results: Sequence[tuple[str, Sequence[int | None]]],
    ) -> tuple[Value, ...]:
        """Call back into Python; returns the results."""
        self.hosts.append(callback)
        dense = [self.dense(value) for value in operands]
        self.append(Host(len(self.hosts) - 1, dense, results, self.site))
        return self.program.nodes[-1].results
