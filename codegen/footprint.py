"""The memory that a call takes, reckoned from the plan and given shapes.

Extents are evaluated as the compute function does it, in Python: those of arguments,
and numbers that the program makes of them before it touches arrays.
"""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theanolike.codegen.memory import ALIGNMENT, Slot
from theanolike.codegen.program import (
    Branch,
    Call,
    Data,
    Input,
    Literal,
    Load,
    Loop,
    Map,
    Program,
    Reshape,
    Scalar,
    Size,
    Value,
    View,
)
from theanolike.codegen.shapes import Extent, floordiv, mod
from theanolike.errors import UnsupportedError

__all__ = ["Footprint", "LoopRows", "footprint"]


@dataclass(frozen=True)
class LoopRows:
    """What a loop keeps of all its steps.

    Attributes
    ----------
    line : str
        Where it was written.
    steps : int
        How many; in blocks, those of all blocks.
    kept : int
        Bytes of the rows that it keeps now.
    all, root : int
        Bytes of the states before all steps, and of those that ``memory="sqrt"`` keeps.
    """

    line: str
    steps: int
    kept: int
    all: int
    root: int


@dataclass(frozen=True)
class Footprint:
    """The bytes that a call takes beyond its arguments.

    Attributes
    ----------
    workspace : int
        Kept between calls.
    outputs : int
        Fresh arrays: outputs, and new values that aren't written in place.
    loops : tuple of LoopRows
    """

    workspace: int
    outputs: int
    loops: tuple[LoopRows, ...]

    @property
    def total(self) -> int:
        """All bytes at once."""
        return self.workspace + self.outputs

    def __str__(self) -> str:
        parts = [("workspace", self.workspace), ("outputs", self.outputs)]
        parts.append(("together", self.total))
        lines = [", ".join(f"{name} {_shown(size)}" for name, size in parts)]
        lines += [
            f"loop of {loop.steps} steps at {loop.line or 'an unknown line'}: keeps "
            f"{_shown(loop.kept)} of rows; its states of all steps are "
            f"{_shown(loop.all)}, with memory='sqrt' {_shown(loop.root)}"
            for loop in self.loops
        ]
        return "\n".join(lines)


def _shown(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:.4g} {unit}"
        size /= 1024  # type: ignore[assignment]
    raise AssertionError("the last unit takes all")


def footprint(
    program: Program,
    slots: Sequence[Slot],
    fresh: Sequence[Value],
    arguments: Sequence[Any],
    line: Callable[[int], str],
    threads: int = 1,
) -> Footprint:
    """Return what a call of a scheduled program takes.

    Parameters
    ----------
    program : Program
    slots : sequence of Slot
        All pieces of its workspace.
    fresh : sequence of Value
        The outputs that get arrays of their own.
    arguments : sequence of array or tuple of int
        Values, or shapes where the values don't matter.
    line : callable
        The user's line of a site.
    threads : int
        How many the pool has: some slots are each thread's own.
    """
    evaluate = _Evaluator(program, arguments)
    workspace = sum(
        _aligned(evaluate.extent(slot.size)) * (threads if slot.each else 1)
        for slot in slots
    )
    outputs = sum(evaluate.size(value) for value in fresh)
    loops = [
        evaluate.rows(node, line(node.site))
        for node in program.nodes
        if isinstance(node, Loop)
    ]
    return Footprint(workspace, outputs, tuple(r for r in loops if r.steps))


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


class _Evaluator:
    """Knows the extents of one call."""

    def __init__(self, program: Program, arguments: Sequence[Any]) -> None:
        self._inputs = dict(zip(program.inputs, arguments, strict=False))
        self._known: dict[Any, Any] = {}
        # What nested programs see of values outside of them.
        self._outside: dict[Value, Value] = {}
        self._look_into(program)

    def _look_into(self, program: Program) -> None:
        for node in program.nodes:
            if isinstance(node, Loop):
                inside = node.body.inputs[1 + len(node.states) :]
                self._outside.update(zip(inside, node.captured, strict=True))
                self._look_into(node.body)
            elif isinstance(node, Branch):
                for nested in (node.then, node.otherwise):
                    self._outside.update(zip(nested.inputs, node.captured, strict=True))
                    self._look_into(nested)

    def extent(self, extent: int | Extent) -> int:
        if not isinstance(extent, Extent):
            return extent
        if extent not in self._known:
            self._known[extent] = self._evaluate(extent)
        return self._known[extent]  # type: ignore[no-any-return]

    def _evaluate(self, extent: Extent) -> int:
        if extent.op == "dim":
            value, axis = extent.args
            if not isinstance(value.node, Input) or value not in self._inputs:
                _refuse()
            given = self._inputs[value]
            shape = given if isinstance(given, tuple) else np.shape(given)
            return int(shape[axis])
        if extent.op == "item":
            return int(self._element(extent.args[0], ()))
        args = [self.extent(a) for a in extent.args]
        return _EXTENTS[extent.op](*args)

    def size(self, value: Value) -> int:
        """Return the bytes of a value."""
        count = math.prod(self.extent(e) for e in value.shape)
        return count * int(np.dtype(value.dtype).itemsize)

    def rows(self, loop: Loop, line: str) -> LoopRows:
        """Return what a loop keeps of its steps."""
        steps = max(self.extent(loop.steps), 0)
        count = len(loop.states)
        collected = loop.results[count : len(loop.results) - loop.until]
        kept = sum(self.size(value) for value in collected)
        states = sum(self.size(value) for value in loop.states)
        for node in loop.body.nodes:
            if not isinstance(node, Loop) or len(node.states) != count or not count:
                continue
            if loop.body.outputs[:count] == list(node.results[:count]):
                steps *= self._in_block(node)
        every = max(math.isqrt(max(steps - 1, 0)) + 1, 1)
        root = (steps // every + 2 * every) * states
        return LoopRows(line, steps, kept, steps * states, min(root, steps * states))

    def _in_block(self, node: Loop) -> int:
        try:
            return max(self.extent(node.steps), 1)
        except UnsupportedError:
            return 1

    def _element(self, value: Value, index: tuple[int, ...]) -> Any:
        key = (value, index)
        if key not in self._known:
            self._known[key] = self._find(value, index)
        return self._known[key]

    def _find(self, value: Value, index: tuple[int, ...]) -> Any:
        node = value.node
        if value in self._outside:
            return self._element(self._outside[value], index)
        if isinstance(node, Data):
            return node.array[index]
        if isinstance(node, Input) and value in self._inputs:
            given = self._inputs[value]
            if isinstance(given, tuple):
                _refuse()
            return np.asarray(given)[index]
        if isinstance(node, Map) and not index:
            return self._scalar(node.body)
        if isinstance(node, View | Reshape) and not value.ndim:
            if isinstance(node, Reshape):
                return self._element(node.operands[0], (0,) * node.operands[0].ndim)
            where = tuple(self.extent(d.start) for d in node.dims)
            return self._element(node.operands[0], where)
        return _refuse()

    def _scalar(self, scalar: Scalar) -> Any:
        if isinstance(scalar, Literal):
            return scalar.value
        if isinstance(scalar, Size):
            return self.extent(scalar.extent)
        if isinstance(scalar, Load):
            where = tuple(int(self._scalar(i)) for i in scalar.index)
            return self._element(scalar.source, where)
        if isinstance(scalar, Call) and scalar.name in _SCALARS:
            args = [self._scalar(a) for a in scalar.args]
            if scalar.name == "cast":
                return np.asarray(args[0]).astype(scalar.dtype)[()]
            return _SCALARS[scalar.name](*args)
        return _refuse()


def _refuse() -> Any:
    raise UnsupportedError(
        "The memory of this function depends on values that it computes, or on the "
        "value of an argument given by its shape; give the arguments themselves."
    )


_EXTENTS: dict[str, Callable[..., int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floordiv": floordiv,  # type: ignore[dict-item]
    "mod": mod,  # type: ignore[dict-item]
    "max": max,
    "min": min,
    "where_negative": lambda a, b, c: b if a < 0 else c,
}
_SCALARS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": floordiv,
    "mod": mod,
    "neg": operator.neg,
    "abs": abs,
    "maximum": max,
    "minimum": min,
    "inside": lambda index, last: min(max(index, 0), last),
    "ceil": np.ceil,
    "floor": np.floor,
    "sqrt": np.sqrt,
    "sqr": lambda a: a * a,
    "cast": lambda a: a,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
    "and": operator.and_,
    "or": operator.or_,
    "select": lambda a, b, c: b if a else c,
    "guard": lambda a, b, c: b if a else c,
}
