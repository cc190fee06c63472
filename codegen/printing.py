"""The loop program and its schedule as text, for people and for tests.

`print_program` has a line per node, in the words of `program.py`; `describe_nest` and
its like are lines of `f.plan`. Names are the user's where there are any, else in order
of appearance.
"""

from collections.abc import Callable, Iterable

from theanolike.codegen.program import (
    Axis,
    Branch,
    Call,
    Checked,
    Data,
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
    children,
    scalar_order,
)
from theanolike.codegen.schedule.fuse import Nest, Stage
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent

__all__ = ["Labels", "describe_nest", "print_program"]

AXES = "ijklmnpq"
INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
    "and": "&",
    "or": "|",
    "xor": "^",
}
IN_PLACE = "  in place, where nobody else holds the old value"  # follows its step


class Labels:
    """Names for values: the user's, or `x0` for arguments and `v0` for the rest."""

    def __init__(self) -> None:
        self._of: dict[Value, str] = {}
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def __call__(self, value: Value) -> str:
        """Return the name of a value."""
        if value not in self._of:
            self._of[value] = self._fresh(value)
            self._taken.add(self._of[value])
        return self._of[value]

    def same(self, inner: Value, outer: Value) -> None:
        """Let what a nested program calls `inner` have the name of `outer`."""
        self._of[inner] = self(outer)

    def _fresh(self, value: Value) -> str:
        if value.label and value.label not in self._taken:
            return value.label
        prefix = {Input: "x", Data: "k"}.get(type(value.node), "v")
        number = self._next.get(prefix, 0)
        while f"{prefix}{number}" in self._taken:
            number += 1
        self._next[prefix] = number + 1
        return f"{prefix}{number}"

    def extent(self, extent: int | Extent) -> str:
        """Return the text of an extent: `x.0` is the first one of x."""
        if not isinstance(extent, Extent):
            return str(extent)
        if extent.op == "dim":
            return f"{self(extent.args[0])}.{extent.args[1]}"
        if extent.op == "item":
            return self(extent.args[0])
        args = [self.extent(arg) for arg in extent.args]
        if extent.op in INFIX:
            return f"({args[0]} {INFIX[extent.op]} {args[1]})"
        return f"{extent.op}({', '.join(args)})"

    def shape(self, shape: Iterable[int | Extent]) -> str:
        """Return the text of a shape."""
        return f"({', '.join(self.extent(e) for e in shape)})"

    def typed(self, value: Value) -> str:
        """Return name, dtype and shape of a value."""
        return f"{self(value)}: {value.dtype}{self.shape(value.shape)}"


def print_program(program: Program) -> str:
    """Return a program as text, a line per node, nested programs indented."""
    return "\n".join(_lines(program, Labels()))


def _lines(program: Program, labels: Labels) -> list[str]:
    lines: list[str] = []
    for node in program.nodes:
        made = ", ".join(labels.typed(value) for value in node.results)
        first, *rest = _PRINTERS[type(node)](node, labels)
        lines.append(f"{made} = {first}" if made else first)
        lines += [f"  {line}" for line in rest]
    return [*lines, f"return {', '.join(map(labels, program.outputs))}"]


def _elements(head: str, labels: Labels, *roots: Scalar) -> tuple[list[str], list[str]]:
    """Return `head` and lines for shared scalars, and the texts of the roots."""
    order = scalar_order(*roots)
    uses: dict[int, int] = {}
    for scalar in order:
        for child in children(scalar):
            uses[id(child)] = uses.get(id(child), 0) + 1
    text: dict[int, str] = {}
    shared: list[str] = []
    for scalar in order:
        spelled = _scalar(scalar, text, labels)
        if uses.get(id(scalar), 0) > 1 and isinstance(scalar, Call | Checked):
            name = f"t{len(shared)}"
            shared.append(f"{name} = {spelled}")
            spelled = name
        text[id(scalar)] = spelled
    return [head, *shared], [text[id(root)] for root in roots]


def _scalar(scalar: Scalar, text: dict[int, str], labels: Labels) -> str:
    parts = [text[id(child)] for child in children(scalar)]
    if isinstance(scalar, Literal):
        return f"{scalar.value!s}"
    if isinstance(scalar, Axis):
        return AXES[scalar.axis]
    if isinstance(scalar, Size):
        return labels.extent(scalar.extent)
    if isinstance(scalar, Load):
        return f"{labels(scalar.source)}[{', '.join(parts)}]"
    if isinstance(scalar, Checked):
        return f"checked({parts[0]}, {parts[1]})"
    if not isinstance(scalar, Call):
        raise AssertionError(f"no such scalar: {scalar!r}")
    if scalar.name == "cast":
        return f"{scalar.dtype}({parts[0]})"
    if scalar.name in INFIX:
        return f"({parts[0]} {INFIX[scalar.name]} {parts[1]})"
    return f"{scalar.name}({', '.join(parts)})"


def _axes(count: int) -> str:
    return f"({', '.join(AXES[:count])})"


def _input(node: Input, _labels: Labels) -> list[str]:
    return [f"input {node.slot}"]


def _data(node: Data, _labels: Labels) -> list[str]:
    few = str(node.array.tolist()) if node.array.size <= len(AXES) else "..."
    return [f"data {few}"]


def _map(node: Map, labels: Labels) -> list[str]:
    head = f"map {_axes(node.results[0].ndim)}:"
    lines, (body,) = _elements(head, labels, node.body)
    return _joined(lines, body)


def _joined(lines: list[str], last: str) -> list[str]:
    """Put the result behind the head, or below what it shares."""
    return [f"{lines[0]} {last}"] if len(lines) == 1 else [*lines, last]


def _reduce(node: Reduce, labels: Labels) -> list[str]:
    over = ", ".join(AXES[axis] for axis in node.axes)
    domain = f"{_axes(len(node.domain))} in {labels.shape(node.domain)}"
    head = f"reduce {node.kind} over {over} of {domain}:"
    lines, (body,) = _elements(head, labels, node.body)
    return _joined(lines, body)


def _view(node: View, labels: Labels) -> list[str]:
    parts = []
    for d in node.dims:
        terms = []
        if d.axis is not None:
            step = "" if d.step == 1 else f" * {labels.extent(d.step)}"
            terms.append(AXES[d.axis] + step)
        if d.start != 0 or not terms:
            terms.append(labels.extent(d.start))
        parts.append(" + ".join(terms))
    source = labels(node.operands[0])
    return [f"view {_axes(node.results[0].ndim)}: {source}[{', '.join(parts)}]"]


def _reshape(node: Reshape, labels: Labels) -> list[str]:
    return [f"reshape {labels(node.operands[0])}"]


def _scatter(node: Scatter, labels: Labels) -> list[str]:
    domain = f"{_axes(len(node.domain))} in {labels.shape(node.domain)}"
    head = f"scatter {node.kind} into {labels(node.operands[0])} for {domain}:"
    lines, (body, *index) = _elements(head, labels, node.body, *node.index)
    return _joined(lines, f"[{', '.join(index)}] {body}")


def _library(node: Library, labels: Labels) -> list[str]:
    operands = ", ".join(map(labels, node.operands))
    return [f"library {node.name} {node.params} of {operands}"]


def _require(node: Require, labels: Labels) -> list[str]:
    first, second = labels.extent(node.first), labels.extent(node.second)
    return [f"require {first} {'>=' if node.least else '=='} {second}"]


def _loop(node: Loop, labels: Labels) -> list[str]:
    states = ", ".join(map(labels, node.states))
    captured = ", ".join(map(labels, node.captured))
    until = " until the last output" if node.until else ""
    until += " in reverse" if node.reverse else ""
    head = f"loop {labels.extent(node.steps)} times from {states or 'nothing'}"
    head += f" with {captured}" if captured else ""
    return [f"{head}{until}:", *_lines(node.body, labels)]


def _branch(node: Branch, labels: Labels) -> list[str]:
    captured = ", ".join(map(labels, node.captured))
    head = f"if {labels(node.condition)}" + (f" with {captured}:" if captured else ":")
    return [
        head,
        *_lines(node.then, labels),
        "else:",
        *_lines(node.otherwise, labels),
    ]


def _host(node: Host, labels: Labels) -> list[str]:
    operands = ", ".join(map(labels, node.operands))
    return [f"host {node.callback} of {operands}"]


_PRINTERS: dict[type[Node], Callable[..., list[str]]] = {
    Branch: _branch,
    Data: _data,
    Host: _host,
    Input: _input,
    Library: _library,
    Loop: _loop,
    Map: _map,
    Reduce: _reduce,
    Require: _require,
    Reshape: _reshape,
    Scatter: _scatter,
    View: _view,
}


def describe_nest(nest: Nest, labels: Labels) -> str:
    """Return a nest in a line: its loops, what they make, and the arrays it reads.

    Each array that is named behind "reads" is one pass over its memory.
    """
    made = {s.value for s in nest.statements}
    stages = "; ".join(_stage(stage, labels) for stage in nest.stages)
    if nest.k:
        stages = f"{labels.shape(nest.outer)} {{{stages}}}"
    loads = [load for s in nest.statements for load in s.loads]
    loads += [load for s in nest.statements if s.base for load in s.base.loads]
    read = dict.fromkeys(
        load.source for load in loads if load.source.ndim and load.source not in made
    )
    reads = f" | reads {', '.join(map(labels, read))}" if read else ""
    return f"nest over {stages}{reads}"


def describe_library(node: Library, labels: Labels, name: str) -> str:
    """Return a product in a line, as a formula."""
    left, right = map(labels, node.operands[:2])
    turned = node.params[:2]
    left, right = (x + ".T" * t for x, t in zip((left, right), turned, strict=True))
    added = f"{labels(node.operands[2])} + c * " if node.name == "gemm_add" else ""
    return f"{name}: {labels(node.results[0])} = {added}{left} @ {right}"


def describe_loop(states: int, in_place: int, shared: str = "") -> str:
    """Return what heads the plan of a loop; `shared` says how threads divide it."""
    text = f"loop with {states} state{'s' * (states != 1)}"
    text += f", {in_place} in place" if in_place else ""
    return f"{text}, {shared}" if shared else text


def _stage(stage: Stage, labels: Labels) -> str:
    made = ", ".join(_statement(s, labels) for s in stage.statements)
    return f"{labels.shape(stage.domain)} {made}"


def _statement(s: Statement, labels: Labels) -> str:
    kind = s.node.kind if isinstance(s.node, Reduce | Scatter) else ""
    return f"{labels(s.value)} = {s.kind}" + (f" {kind}" if kind else "")
