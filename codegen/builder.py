"""The builder of a loop program; ops see it as `b` in their `lower`."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from theanolike.codegen.outside import Outside
from theanolike.codegen.program import (
    Axis,
    Branch,
    Call,
    Checked,
    Data,
    Effect,
    Host,
    Input,
    Library,
    Literal,
    Load,
    Loop,
    Map,
    Node,
    Program,
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
    from_arguments,
)
from theanolike.codegen.shapes import (
    Extent,
    Shape,
    add,
    floordiv,
    is_nonnegative,
    item,
    maximum,
    minimum,
    mod,
    mul,
    sub,
    where_negative,
)
from theanolike.codegen.suppose import Suppositions, from_shapes
from theanolike.codegen.views import is_block, keeps_order, through

DEEPEST = 24  # operations in an extent that has no value of its own


class Argument:
    """An input as an op's `shape` sees it (`Shaped`)."""

    __slots__ = ("_builder", "value")

    def __init__(self, builder: "Builder", value: Value) -> None:
        self._builder = builder
        self.value = value

    @property
    def shape(self) -> Shape:
        """The extents."""
        return self.value.shape

    def item(self, *index: int) -> int | Extent:
        """Return an element of an integer value as an extent."""
        return self._builder.item(self.value, *index)


class Builder:
    """Appends nodes to a program. One is made per program; ops see it as `b`.

    Attributes
    ----------
    program : Program
    sites : list
        For each site number, what the compiler was lowering (an Apply).
    outputs : tuple of TensorType
        The types of the outputs of the node being lowered.
    supposed : Suppositions or None
        What the build supposes of the arguments' extents.
    """

    def __init__(
        self,
        sites: list[Any] | None = None,
        supposed: Suppositions | None = None,
    ) -> None:
        self.program = Program()
        self.supposed = supposed
        self.sites: list[Any] = [] if sites is None else sites
        self.hosts: list[Any] = []
        self.outputs: tuple[Any, ...] = ()
        self.site = -1
        self.shape: Shape = ()
        self._items: dict[tuple[Value, tuple[int, ...]], int | Extent] = {}
        self._flat: dict[Extent, Extent] = {}
        self._required: set[tuple[Any, Any]] = set()
        self._met: dict[tuple[int | Extent, int | Extent], int | Extent] = {}
        self._places: dict[tuple[Any, Any], int | Extent] = {}
        self._classes = self.program.equal
        # Arguments of a nested program that are values of the one around it.
        self._outside: dict[Value, tuple[Builder, Value]] = {}

    def append(self, node: Node) -> Any:
        """Append a node and return its result, or all of them."""
        self.program.nodes.append(node)
        return node.results[0] if len(node.results) == 1 else node.results

    # What enters the program.

    def input(self, dtype: str, static: Sequence[int | None]) -> Value:
        """Declare the next argument of the program."""
        value: Value = self.append(Input(len(self.program.inputs), dtype, static))
        self.program.inputs.append(value)
        return value

    def constant(self, array: Any) -> Value:
        """Return a constant array."""
        return self.append(Data(np.ascontiguousarray(array).reshape(np.shape(array))))  # type: ignore[no-any-return]

    # Extents.

    def item(self, value: Value, *index: int) -> int | Extent:
        """Return an element of an integer value as an extent (an int if constant)."""
        key = (value, index)
        if key not in self._items:
            found = self._find_item(value, index)
            if self.supposed is not None:
                found = self.supposed.simplify(found, more=False)
            self._items[key] = found
        return self._items[key]

    def _find_item(self, value: Value, index: tuple[int, ...]) -> int | Extent:
        if value in self._outside:
            outer, captured = self._outside[value]
            return outer.item(captured, *index)
        node = value.node
        if isinstance(node, Data):
            return int(node.array[index])
        if isinstance(node, View):
            source = node.operands[0]
            where = [
                (
                    d.start
                    if d.axis is None
                    else add(d.start, mul(d.step, index[d.axis]))
                )
                for d in node.dims
            ]
            if all(isinstance(i, int) for i in where):
                return self.item(source, *where)  # type: ignore[arg-type]
        if isinstance(node, Map):
            known = self.evaluate(node.body, index)
            if known is not None:
                return known
        if not index and value.dtype == "int64" and not isinstance(node, View):
            return item(value)
        element = self.map(
            (), "int64", lambda: Call("cast", "int64", (value.at(*index),))
        )
        return item(element)

    def evaluate(self, scalar: Scalar, index: tuple[int, ...]) -> int | Extent | None:
        """Return an integer expression of a Map as an extent, if it is one."""
        if isinstance(scalar, Literal):
            return int(scalar.value)
        if isinstance(scalar, Size):
            return scalar.extent
        if isinstance(scalar, Axis):
            return index[scalar.axis]
        if isinstance(scalar, Load):
            where = [self.evaluate(i, index) for i in scalar.index]
            if all(isinstance(i, int) for i in where):
                return self.item(scalar.source, *where)  # type: ignore[arg-type]
            return None
        return self._evaluate_call(scalar, index) if isinstance(scalar, Call) else None

    def _evaluate_call(self, call: Call, index: tuple[int, ...]) -> int | Extent | None:
        if call.name in ("select", "guard"):
            chosen = self.evaluate(call.args[0], index)
            if isinstance(chosen, int):
                return self.evaluate(call.args[1 if chosen else 2], index)
            return self._where_less(call, index)
        if call.dtype not in ("int64", "bool"):
            return None
        args = [self.evaluate(arg, index) for arg in call.args]
        if any(arg is None for arg in args):
            return None
        if call.name in _COMPARISON and all(isinstance(arg, int) for arg in args):
            return int(_COMPARISON[call.name](*args))
        if call.name in ("lt", "ge") and args[1] == 0 and is_nonnegative(args[0]):  # type: ignore[arg-type]
            return int(call.name == "ge")
        if call.name == "eq" and self._exceeds(*args):  # type: ignore[arg-type]
            return 0
        fold = _INTEGER.get(call.name)
        return None if fold is None else fold(*args)

    def _exceeds(self, extent: int | Extent, bound: int | Extent) -> bool:
        """Tell whether a build supposes an extent to be larger than a number."""
        if self.supposed is None or not isinstance(bound, int):
            return False
        return self.supposed.knows(extent, bound + 1)

    def _where_less(self, call: Call, index: tuple[int, ...]) -> int | Extent | None:
        """Return a choice by a < b as an extent."""
        condition = call.args[0]
        while isinstance(condition, Load) and isinstance(condition.source.node, Map):
            if condition.index:
                return None
            condition = condition.source.node.body
        if not isinstance(condition, Call) or condition.name != "lt":
            return None
        parts = (*condition.args, *call.args[1:])
        a, b, then, otherwise = (self.evaluate(part, index) for part in parts)
        if a is None or b is None or then is None or otherwise is None:
            return None
        return where_negative(sub(a, b), then, otherwise)

    def flat(self, extent: int | Extent) -> int | Extent:
        """Return an extent, by way of a 0-d value if it is a deep expression.

        Extents are spelled by recursion, and chains of slices nest without end.
        """
        if not isinstance(extent, Extent) or extent.depth <= DEEPEST:
            return extent
        if extent not in self._flat:
            value = self.append(Map((), "int64", Size(extent), self.site))
            self._flat[extent] = item(value)
        return self._flat[extent]

    def require_equal(
        self,
        first: int | Extent,
        second: int | Extent,
        axis: int = 0,
        *,
        broadcasting: bool = False,
    ) -> int | Extent:
        """Check at run time that two extents are equal; return the one to use."""
        first, second = self.representative(first), self.representative(second)
        if first is second or first == second:
            return first
        self.append(Require(first, second, axis, self.site, broadcasting))
        for old, new in ((second, first), (first, second)):
            if isinstance(old, Extent) and self._stands_aside(old, new):
                self._classes[old] = new
                return new
        return first

    def _stands_aside(self, old: Extent, new: int | Extent) -> bool:
        """Tell whether `new` can be written for `old` once they are checked."""
        if self.supposed is None or not (from_shapes(old) and from_shapes(new)):
            return old.op in ("dim", "mul")
        return isinstance(new, int) or old.depth >= new.depth

    def suppose(self, extent: int | Extent) -> int | Extent:
        """Return an extent as it is under what the build supposes of the arguments."""
        return extent if self.supposed is None else self.supposed.simplify(extent)

    def can_assume(self, extent: int | Extent) -> bool:
        """Tell whether a build may assume that an extent equals one that it meets."""
        if self.supposed is None:
            return from_arguments(extent)
        return from_shapes(extent)

    def check_suppositions(self) -> None:
        """Let the finished program begin with the checks of what it supposes."""
        least = {} if self.supposed is None else self.supposed.least
        checks: list[Node] = [
            Require(extent, bound, 0, -1, broadcasting=True, least=True)
            for extent, bound in least.items()
        ]
        nodes, first = self.program.nodes, len(self.program.inputs)
        nodes[first:first] = checks

    def representative(self, extent: int | Extent) -> int | Extent:
        """Return the extent that stands for those required equal to this one."""
        while isinstance(extent, Extent) and extent in self._classes:
            extent = self._classes[extent]
        return extent

    # Elements.

    def map(self, shape: Shape, dtype: str, f: Callable[..., Scalar]) -> Value:
        """Return the value whose element at (i, j...) is `f(i, j...)`."""
        shape = tuple(map(self.flat, shape))
        body = f(*(Axis(k) for k in range(len(shape))))
        return self.append(  # type: ignore[no-any-return]
            Map(tuple(shape), dtype, body, self.site)
        )

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
            common = item(self.map((), "int64", lambda: Size(wide)))
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
        may_fail: bool = False,
    ) -> Any:
        """Call a library routine on dense buffers."""
        effect = Effect.MAY_FAIL if may_fail else Effect.TOTAL
        dense = [self.dense(value) for value in operands]
        return self.append(Library(name, dense, results, params, self.site, effect))

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
        tell = Outside(self, inner, zip(arguments[first:], captured, strict=True))
        shapes = [value.shape for value in states]
        shapes += [
            (steps, *tell.shape(value)) for value in outputs[first : first + collect]
        ]
        loop = Loop(steps, states, captured, inner.program, self.site, until, reverse)
        self.append(loop)
        results = self.program.nodes[-1].results
        for value, shape in zip(results, shapes, strict=False):
            value.shape = shape
        return results

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
        return inner

    def see_outside(
        self, outer: "Builder", arguments: Sequence[Value], captured: Sequence[Value]
    ) -> None:
        """Let integers among the arguments be extents of the program around this."""
        for argument, value in zip(arguments, captured, strict=True):
            if value.dtype == "int64" and not value.ndim:
                self._outside[argument] = outer, value

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


_COMPARISON: Mapping[str, Callable[..., bool]] = {
    "eq": operator.eq,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
    "ne": operator.ne,
}
_INTEGER: Mapping[str, Callable[..., int | Extent]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "floordiv": floordiv,
    "mod": mod,
    "maximum": maximum,
    "minimum": minimum,
    "neg": lambda a: sub(0, a),
    "cast": lambda a: a,
}
