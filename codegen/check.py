"""The invariants of a loop program, checked between phases under test."""

from collections.abc import Callable, Iterable, Sequence

from theanolike.codegen.program import (
    Axis,
    Branch,
    Call,
    Checked,
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
)
from theanolike.codegen.scalars import CTYPE
from theanolike.codegen.shapes import Extent, Shape, leaves

KINDS = frozenset(["add", "mul", "max", "min", "and", "or", "argmax", "argmin"])
ARITIES = {"select": 3, "guard": 3, "cast": 1, "neg": 1, "add": 2, "mul": 2}


class InvalidProgramError(AssertionError):
    """A loop program breaks an invariant: a fault of the library."""


def check_program(program: Program) -> None:
    """Raise InvalidProgramError if `program` breaks an invariant.

    Every operand and every value that an extent stands for is made before it is read, a
    body loads only operands and has the dtype of its result, indices are as many as
    dims, axes lie in the domain, and nested programs fit the node that holds them.
    """
    programs: list[tuple[Program, frozenset[Value]]] = [(program, frozenset())]
    for inner, outside in programs:
        known = _Checker(inner, outside).run()
        for node in inner.nodes:
            programs += [(nested, known) for nested in nested_programs(node)]


def nested_programs(node: Node) -> tuple[Program, ...]:
    """Return the programs that a node holds."""
    if isinstance(node, Loop):
        return (node.body,)
    return (node.then, node.otherwise) if isinstance(node, Branch) else ()


class _Checker:
    def __init__(self, program: Program, outside: frozenset[Value]) -> None:
        self.program = program
        self.outside = outside | set(program.inputs)  # their extents are there at once
        self.known: set[Value] = set()
        self.at = 0

    def run(self) -> frozenset[Value]:
        """Check the nodes in order; return the values that there are at the end."""
        own: dict[type[Node], Callable[[Node], None]] = {
            Map: self._map,
            Reduce: self._reduce,
            View: self._view,
            Scatter: self._scatter,
            Require: self._require,
            Loop: self._loop,
            Branch: self._branch,
        }
        for at, node in enumerate(self.program.nodes):
            self.at = at
            self._operands(node)
            own.get(type(node), _nothing)(node)
            self._results(node)
        self.at += 1
        for k, value in enumerate(self.program.inputs):
            self._hold(value in self.known, "an input has no Input node", value.node)
            node = value.node
            fits = isinstance(node, Input) and node.slot == k
            self._hold(fits, f"input {k} has another slot", node)
        for value in self.program.outputs:
            self._hold(value in self.known, "an output is never made", value.node)
        return frozenset(self.known) | self.outside

    def _hold(self, condition: bool, what: str, node: Node) -> None:
        if not condition:
            kind = type(node).__name__
            raise InvalidProgramError(f"node {self.at} ({kind}): {what}")

    def _operands(self, node: Node) -> None:
        for value in node.operands:
            self._hold(value in self.known, "an operand isn't made yet", node)
        if isinstance(node, Reshape):
            dense = node.operands[0].dtype == node.results[0].dtype
            self._hold(dense, "a reshape keeps the dtype", node)

    def _results(self, node: Node) -> None:
        for k, value in enumerate(node.results):
            self._hold(value.node is node and value.index == k, "not its result", node)
            self._hold(value.dtype in CTYPE, f"no dtype {value.dtype!r}", node)
            self._hold(value not in self.known, "made twice", node)
        self.known.update(node.results)
        for value in node.results:
            self._extents(value.shape, node)

    def _extents(self, extents: Iterable[int | Extent], node: Node) -> None:
        for extent in extents:
            if isinstance(extent, int):
                self._hold(extent >= 0, f"the extent {extent} is negative", node)
            else:
                self._leaves(extent, node)

    def _leaves(self, extent: int | Extent, node: Node) -> None:
        for leaf in leaves(extent):
            source = leaf.args[0]
            made = source in self.known or source in self.outside
            self._hold(made, f"{leaf} isn't known yet", node)
            if leaf.op == "item":
                self._hold(source.ndim == 0, f"{leaf} isn't 0-d", node)

    def _scalars(self, node: Node, domain: Shape) -> None:
        self._extents(domain, node)
        operands = set(node.operands)
        for scalar in node.scalars:
            if isinstance(scalar, Axis):
                inside = 0 <= scalar.axis < len(domain)
                self._hold(inside, f"axis {scalar.axis} isn't one of its", node)
            elif isinstance(scalar, Load):
                self._hold(scalar.source in operands, "loads no operand", node)
                self._index(node, scalar.source, scalar.index)
            elif isinstance(scalar, Size):
                self._leaves(scalar.extent, node)
            elif isinstance(scalar, Call):
                self._call(node, scalar)
            else:
                known = isinstance(scalar, Literal | Checked)
                self._hold(known, f"{scalar!r} is no scalar", node)

    def _call(self, node: Node, call: Call) -> None:
        count = ARITIES.get(call.name, len(call.args))
        self._hold(len(call.args) == count, f"{call.name} takes {count}", node)
        if call.name in ("select", "guard"):
            condition, *arms = (arg.dtype for arg in call.args)
            fits = condition == "bool" and arms == [call.dtype] * 2
            self._hold(fits, f"{call.name} of {condition}, {arms}", node)

    def _index(self, node: Node, source: Value, index: Sequence[Scalar]) -> None:
        self._hold(len(index) == source.ndim, "an index per dim is needed", node)
        ints = all(i.dtype == "int64" for i in index)
        self._hold(ints, "an index is int64", node)

    def _map(self, node: Node) -> None:
        if isinstance(node, Map):
            value = node.results[0]
            self._scalars(node, value.shape)
            same = node.body.dtype == value.dtype
            self._hold(same, f"{node.body.dtype} into {value.dtype}", node)

    def _reduce(self, node: Node) -> None:
        if isinstance(node, Reduce):
            self._scalars(node, node.domain)
            self._hold(node.kind in KINDS, f"no reduction {node.kind!r}", node)
            axes = sorted(set(node.axes))
            inside = all(0 <= axis < len(node.domain) for axis in axes)
            self._hold(inside and tuple(axes) == node.axes, "odd axes", node)

    def _view(self, node: Node) -> None:
        if isinstance(node, View):
            shape = node.results[0].shape
            count = len(node.dims) == node.operands[0].ndim
            self._hold(count, "a view maps each dim of its source", node)
            for d in node.dims:
                inside = d.axis is None or 0 <= d.axis < len(shape)
                self._hold(inside, f"axis {d.axis} isn't one of its", node)
                self._leaves(d.start, node)
                self._leaves(d.step, node)

    def _scatter(self, node: Node) -> None:
        if isinstance(node, Scatter):
            self._scalars(node, node.domain)
            self._index(node, node.operands[0], node.index)
            base = node.operands[0]
            self._hold(node.kind in ("set", "add"), f"no {node.kind!r}", node)
            same = node.body.dtype == base.dtype
            self._hold(same, f"{node.body.dtype} into {base.dtype}", node)

    def _require(self, node: Node) -> None:
        if isinstance(node, Require):
            self._leaves(node.first, node)
            self._leaves(node.second, node)

    def _loop(self, node: Node) -> None:
        if isinstance(node, Loop):
            self._leaves(node.steps, node)
            given, body = (*node.states, *node.captured), node.body
            self._alike(node, given, body.inputs[1:], "takes")
            states = body.outputs[: len(node.states)]
            self._alike(node, node.states, states, "returns")
            step = body.inputs[0] if body.inputs else None
            fits = step is not None and (step.dtype, step.ndim) == ("int64", 0)
            self._hold(fits, "the step number is a 0-d int64", node)
            if node.until:
                stop = body.outputs[-1]
                fits = (stop.dtype, stop.ndim) == ("bool", 0)
                self._hold(fits, "a loop stops on a 0-d bool", node)

    def _branch(self, node: Node) -> None:
        if isinstance(node, Branch):
            condition = node.condition
            fits = (condition.dtype, condition.ndim) == ("bool", 0)
            self._hold(fits, "a branch is chosen by a 0-d bool", node)
            for program in (node.then, node.otherwise):
                self._alike(node, node.captured, program.inputs, "takes")
                self._alike(node, node.results, program.outputs, "returns")

    def _alike(
        self, node: Node, one: Sequence[Value], other: Sequence[Value], verb: str
    ) -> None:
        types = [[(v.dtype, v.ndim) for v in values] for values in (one, other)]
        self._hold(types[0] == types[1], f"its body {verb} other types", node)


def _nothing(_: Node) -> None:
    """Check nothing more of a node of this kind."""
