"""Loops over small arrays, written out element by element.

A step that computes a few numbers in vectors of fixed length is as fast as one that
computes them in scalars if the vectors are gone: each element becomes a 0-d value, each
state as many states, and a loop keeps them in registers.
"""

from collections.abc import Sequence

import numpy as np

from theanolike.codegen.program import (
    Axis,
    Branch,
    Call,
    Checked,
    Data,
    Input,
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
    as_index,
    scalar_order,
    sources,
)
from theanolike.codegen.schedule.folding import fold_call, folded, number, points
from theanolike.codegen.schedule.needed import extent_sources
from theanolike.codegen.schedule.resolve import index_add, index_mul
from theanolike.codegen.schedule.small import count_of, is_small
from theanolike.codegen.schedule.terms import combined, select, through
from theanolike.codegen.shapes import Extent, Shape, rebuilt

MOST = 1000  # scalars of a step that is written out

Point = tuple[int, ...]


def write_out_small(program: Program) -> None:
    """Write out the loops, at any depth, whose arrays are all small."""
    programs = [program]
    for current in programs:
        for node in list(current.nodes):
            if isinstance(node, Loop):
                if not (is_small(node) and _WrittenOut(current, node).write()):
                    programs.append(node.body)
            elif isinstance(node, Branch):
                programs += [node.then, node.otherwise]


class _WrittenOut:
    """One loop, its arrays replaced by their elements."""

    def __init__(self, outer: Program, loop: Loop) -> None:
        self.outer = outer
        self.loop = loop
        self.body = loop.body
        self.count = len(loop.states)
        arguments = self.body.inputs[1 + self.count :]
        self.captured = dict(zip(arguments, loop.captured, strict=True))
        self.elements: dict[Value, list[Scalar]] = {}
        self.numbers: dict[Value, int] = {}
        self.before: list[Node] = []  # around the loop: elements of what it starts with
        self.nodes: list[Node] = []
        self.homes: list[tuple[Value, Node]] = []
        self.states: list[Value] = []  # those of the loop that is made
        self.starts: list[Value] = []
        self.more: dict[tuple[Value, int], tuple[Value, Value]] = {}  # captured
        self.site = -1
        self.scalars = 0

    def write(self) -> bool:
        """Replace the loop; tell whether it was worth it."""
        for k in range(self.count):
            self._state(k)
        for node in self.body.nodes:
            self.site = node.site
            self._node(node)
            if self.scalars > MOST:
                return False
        self._commit()
        return True

    # The body.

    def _state(self, k: int) -> None:
        argument, start = self.body.inputs[1 + k], self.loop.states[k]
        if not argument.ndim:
            self.states.append(argument)
            self.starts.append(start)
            return
        self.elements[argument] = []
        for at, point in enumerate(points(argument.shape)):
            element = _input(argument, f"{at}")
            self.states.append(element)
            self.starts.append(self._outside(start, argument.shape, point))
            self.elements[argument].append(Load(element, ()))

    def _outside(self, value: Value, shape: Shape, point: Point) -> Value:
        """Return an element of an outer value that has `shape` if all is well.

        The loop checks that; before it, nothing is read out of bounds.
        """
        index = tuple(as_index(i) for i in point)
        body: Scalar = Load(value, index)
        if value.ndim and isinstance(value.node, Data):
            body = Literal(value.node.array[point], value.dtype)
        for at, extent, inner in zip(point, value.shape, shape, strict=True):
            if extent != inner:
                inside = Call("lt", "bool", (as_index(at), Size(extent)))
                zero = Literal(np.zeros((), value.dtype)[()], value.dtype)
                body = Call("guard", value.dtype, (inside, body, zero))
        node = Map((), value.dtype, body, self.loop.site)
        self.before.append(node)
        return node.results[0]

    def _node(self, node: Node) -> None:
        if isinstance(node, Require):
            again = Require(
                self._known(node.first),
                self._known(node.second),
                node.axis,
                node.site,
                node.broadcasting,
                node.least,
            )
            self.nodes.append(again)
        elif isinstance(node, Map):
            self._map(node)
        elif isinstance(node, Reduce):
            value = node.results[0]
            self._set(value, [self._reduced(node, p) for p in points(value.shape)])
        elif isinstance(node, Scatter):
            self._scatter(node)
        elif isinstance(node, Reshape):
            source, value = node.operands[0], node.results[0]
            self._set(value, [self._at(source, p) for p in points(source.shape)])

    def _map(self, node: Map) -> None:
        value = node.results[0]
        made = [self._folded(node.scalars, p) for p in points(value.shape)]
        if value.ndim == 0 and (found := number(made[0])) is not None:
            self.numbers[value] = found
        self._set(value, made)

    def _set(self, value: Value, made: Sequence[Scalar]) -> None:
        """Note a value's elements, each a 0-d value of its own."""
        if value.ndim:
            self.elements[value] = [self._named(m, value) for m in made]
            return
        node = Map((), value.dtype, made[0], self.site)
        self._home(value, node)
        again = isinstance(made[0], Literal) or _is_copy(made[0])
        self.elements[value] = [made[0] if again else Load(value, ())]

    def _home(self, value: Value, node: Node) -> None:
        """Let `node` make `value`, which others mention already."""
        self._append(node)
        node.results = (value,)
        self.homes.append((value, node))

    def _append(self, node: Node) -> None:
        self.nodes.append(node)
        self.scalars += sum(isinstance(s, Call) for s in node.scalars)

    def _named(self, scalar: Scalar, value: Value) -> Scalar:
        """Return a scalar that may be read many times."""
        if isinstance(scalar, Literal) or _is_copy(scalar):
            return scalar
        node = Map((), value.dtype, scalar, self.site)
        node.results[0].label = value.label
        self._append(node)
        return Load(node.results[0], ())

    def _folded(self, scalars: Sequence[Scalar], point: Point) -> Scalar:
        return folded(scalars, point, self._known, self._read)

    def _known(self, extent: int | Extent) -> int | Extent:
        """Return an extent in which the integers that are known by now are."""
        if not isinstance(extent, Extent):
            return extent
        if extent.op == "item":
            return self.numbers.get(extent.args[0], extent)
        return extent if extent.op == "dim" else rebuilt(extent, self._known)

    # Elements.

    def _at(self, source: Value, point: Point) -> Scalar:
        return self._element(source, tuple(as_index(i) for i in point))

    def _read(self, load: Load, index: tuple[Scalar, ...]) -> Scalar:
        return self._element(load.source, index)

    def _element(self, source: Value, index: tuple[Scalar, ...]) -> Scalar:
        while isinstance(source.node, View):
            view = source.node
            index = tuple(
                as_index(self._known(d.start))
                if d.axis is None
                else _moved(index[d.axis], self._known(d.step), self._known(d.start))
                for d in view.dims
            )
            source = view.operands[0]
        if source in self.elements:
            return self._chosen(self.elements[source], source, index)
        place = [number(i) for i in index]
        point = tuple(i for i in place if i is not None)
        if source.ndim and len(point) == source.ndim and count_of(source.shape):
            return self._fixed(source, point)
        return Load(source, tuple(self._evaluated(i) for i in index))

    def _fixed(self, source: Value, point: Point) -> Scalar:
        """Return an element of a constant, or of an array from outside of the loop."""
        at = _flat(point, source.shape)
        if at is None:
            return _zero(source.dtype)
        if isinstance(source.node, Data):
            return Literal(source.node.array[point], source.dtype)
        if (source, at) not in self.more:
            argument = _input(source, f"{at}")
            value = self._outside(self.captured[source], source.shape, point)
            self.more[source, at] = argument, value
        return Load(self.more[source, at][0], ())

    def _chosen(
        self, elements: Sequence[Scalar], source: Value, index: tuple[Scalar, ...]
    ) -> Scalar:
        """Return the element at an index: one of all where it is not known."""
        place = [number(i) for i in index]
        if None not in place:
            at = _flat(place, source.shape)  # type: ignore[arg-type]
            return _zero(source.dtype) if at is None else elements[at]
        index = tuple(self._evaluated(i) for i in index)
        chosen = elements[-1]
        for point, element in zip(points(source.shape), elements, strict=True):
            chosen = select(_meets(index, point), element, chosen)
        return chosen

    def _evaluated(self, index: Scalar) -> Scalar:
        """Return an index that is checked once, however often it is read."""
        if not any(isinstance(s, Checked) for s in scalar_order(index)):
            return index
        node = Map((), "int64", index, self.site)
        self._append(node)
        return Load(node.results[0], ())

    # Reductions and scatters.

    def _reduced(self, node: Reduce, point: Point) -> Scalar:
        """Return an element of a reduction: its terms, combined in a fixed order."""
        value = node.results[0]
        terms = [
            self._named(self._folded(node.scalars, p), value)
            for p in through(node, point)
        ]
        return combined(node, terms)

    def _scatter(self, node: Scatter) -> None:
        value, base = node.results[0], node.operands[0]
        now = [self._at(base, p) for p in points(base.shape)]
        body = scalar_order(node.body)
        for point in points(node.domain):
            what = self._named(self._folded(body, point), value)
            index = [self._folded(scalar_order(i), point) for i in node.index]
            index = [self._evaluated(i) for i in index]
            for at, place in enumerate(points(base.shape)):
                new = what
                if node.kind == "add":
                    new = Call("add", value.dtype, (now[at], what))
                now[at] = select(_meets(index, place), new, now[at])
            now = [self._named(element, value) for element in now]
        self._set(value, now)

    # The loop around it.

    def _commit(self) -> None:
        """Put the new loop in the place of the old one."""
        until = self.loop.until
        outputs = self.body.outputs
        states = [e for v in outputs[: self.count] for e in self._parts(v)]
        rows = outputs[self.count : len(outputs) - until]
        kept = [self._array(v) for v in rows]
        stop = [e for v in outputs[len(outputs) - until :] for e in self._parts(v)]
        read = self._captured_values([*states, *kept, *stop])
        body = Program(
            [self.body.inputs[0], *self.states, *(a for a, _ in read)],
            [],
            [*states, *kept, *stop],
            self.body.equal,
        )
        for slot, argument in enumerate(body.inputs):
            node = argument.node
            if not isinstance(node, Input):
                raise AssertionError("a body's inputs are Inputs")
            node.slot = slot
        data = [n for n in self.body.nodes if isinstance(n, Data)]
        body.nodes = [*(v.node for v in body.inputs), *data, *self.nodes]
        for value, node in self.homes:
            value.node, value.index = node, 0
        old = self.loop
        loop = Loop(
            old.steps,
            self.starts,
            [v for _, v in read],
            body,
            old.site,
            old.until,
            old.reverse,
            old.in_pieces,
        )
        self._replace(loop)

    def _parts(self, value: Value) -> list[Value]:
        """Return the 0-d values that a value is made of."""
        return [self._value(self._at(value, p)) for p in points(value.shape)]

    def _value(self, element: Scalar) -> Value:
        if isinstance(element, Load) and not element.index:
            return element.source
        node = Map((), element.dtype, element, -1)
        self._append(node)
        return node.results[0]

    def _array(self, value: Value) -> Value:
        """Return an array of a value's elements, for a row that is kept."""
        if not value.ndim:
            return self._parts(value)[0]
        parts = [self._at(value, p) for p in points(value.shape)]
        node = _gathered(value.shape, parts, value.dtype, value.node.site)
        node.results[0].label = value.label
        self._append(node)
        return node.results[0]

    def _captured_values(self, outputs: Sequence[Value]) -> list[tuple[Value, Value]]:
        """Return the captured arguments that are read, and what they are outside."""
        read = set(outputs)
        for node in self.nodes:
            read.update(sources(node.scalars))
            read.update(extent_sources(node))
        whole = [(a, v) for a, v in self.captured.items() if a in read]
        return whole + list(self.more.values())

    def _replace(self, loop: Loop) -> None:
        old, after = self.loop, []
        results = list(loop.results)
        first = len(self.states)
        for k, value in enumerate(old.results[self.count :]):
            results[first + k] = value
            value.node, value.index = loop, first + k
        at = 0
        for k, value in enumerate(old.results[: self.count]):
            size = len(self.elements[self.body.inputs[1 + k]]) if value.ndim else 1
            parts = results[at : at + size]
            if value.ndim:
                after.append(self._last(value, k, parts))
            else:
                results[at] = value
                value.node, value.index = loop, at
            at += size
        loop.results = tuple(results)
        place = self.outer.nodes.index(old)
        self.outer.nodes[place : place + 1] = [*self.before, loop, *after]

    def _last(self, value: Value, k: int, parts: Sequence[Value]) -> Node:
        """Return what makes a last state: where no step was taken, the first one."""
        loads: list[Scalar] = [Load(part, ()) for part in parts]
        shape = self.body.inputs[1 + k].shape
        body = _gathered(shape, loads, value.dtype, self.loop.site).body
        steps = self.loop.steps
        if value.shape != shape and not (isinstance(steps, int) and steps > 0):
            axes = tuple(Axis(k) for k in range(value.ndim))
            some = Call("lt", "bool", (as_index(0), as_index(steps)))
            body = Call(
                "guard", value.dtype, (some, body, Load(self.loop.states[k], axes))
            )
        node = Map(value.shape, value.dtype, body, self.loop.site)
        node.gathered = value.shape == shape
        node.results = (value,)
        value.node, value.index = node, 0
        return node


def _input(like: Value, at: str) -> Value:
    value = Input(0, like.dtype, ()).results[0]
    value.label = f"{like.label}_{at}" if like.label else ""
    return value


def _flat(point: Sequence[int], shape: Shape) -> int | None:
    """Return the place of an index in row-major order, None outside of the array."""
    at = 0
    for i, extent in zip(point, shape, strict=True):
        if not isinstance(extent, int) or not 0 <= i < extent:
            return None
        at = at * extent + i
    return at


def _moved(index: Scalar, step: int | Extent, start: int | Extent) -> Scalar:
    return index_add(index_mul(index, as_index(step)), as_index(start))


def _zero(dtype: str) -> Scalar:
    """Return what stands for an element that is never read."""
    return Literal(np.zeros((), dtype)[()], dtype)


def _is_copy(scalar: Scalar) -> bool:
    return isinstance(scalar, Load) and not scalar.index


def _meets(index: Sequence[Scalar], point: Point) -> Scalar:
    """Return whether an index is `point`."""
    met: Scalar = Literal(value=True, dtype="bool")
    for i, at in zip(index, point, strict=True):
        args = (i, as_index(at))
        same = fold_call(Call("eq", "bool", args), args)
        if number(met) or number(same) == 0:
            met = same
        elif number(same) is None:
            met = Call("and", "bool", (met, same))
    return met


def _gathered(shape: Shape, parts: Sequence[Scalar], dtype: str, site: int) -> Map:
    """Return an array made of 0-d parts."""
    axes = tuple(Axis(k) for k in range(len(shape)))
    body = parts[-1]
    for point, part in reversed(list(zip(points(shape), parts, strict=True))[:-1]):
        body = select(_meets(axes, point), part, body)
    made = Map(shape, dtype, body, site)
    made.gathered = True
    return made
