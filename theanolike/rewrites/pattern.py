"""Patterns: expressions over wildcards, built from the ops themselves.

`log(1 + exp(x))`, where `x` is a wildcard, matches a node whose inputs have that form.
Operands of commutative ops match in either order; a number matches a constant that
has this value everywhere.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.variable import Variable
from theanolike.ops.broadcast import fill
from theanolike.ops.cast import cast
from theanolike.ops.elementwise import Elementwise
from theanolike.rewrites.extents import covers
from theanolike.types.constants import TensorConstant, constant, is_python_scalar
from theanolike.types.dtypes import is_discrete
from theanolike.types.type import TensorType

__all__ = ["Match", "Pattern", "conform", "number", "read", "uniform", "wildcard"]

COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum", "eq", "neq"}) | {
    "and_",
    "or_",
    "xor",
}
_MOST_COMPARED = 1 << 16

_constants: set[Variable] = set()


def wildcard(name: str, dtype: str = "float64") -> Any:
    """Return a variable that stands for any tensor; ops see `dtype` in patterns."""
    return TensorType(dtype, ()).make_variable(name)


def number(name: str) -> Any:
    """Return a variable that stands for any constant with one value everywhere."""
    variable = wildcard(name)
    _constants.add(variable)
    return variable


class Hole(NamedTuple):
    """A place for any operand."""

    name: str
    is_constant: bool


class Value(NamedTuple):
    """A place for a constant of this value."""

    value: Any


class Term(NamedTuple):
    """A place for the result of an op."""

    op: Elementwise
    operands: tuple[Any, ...]
    commutes: bool


class Binding(NamedTuple):
    """What a wildcard stands for, and the dtype in which the matched op read it."""

    variable: Any
    dtype: str


class Match(NamedTuple):
    """The wildcards found, and the leaves that give the result its shape."""

    holes: dict[str, Binding]
    leaves: tuple[Any, ...]


_NOTHING = Match({}, ())


class Pattern:
    """A pattern, ready to be compared with nodes.

    Parameters
    ----------
    expression : Variable
        Made of elementwise ops, constants and wildcards.

    Attributes
    ----------
    names : tuple of str
        Of the ops that make operands of the root.
    """

    def __init__(self, expression: Variable) -> None:
        if expression.owner is None:
            raise ValueError(f"A pattern needs an op at its root, got {expression}.")
        self.expression = expression
        self.root = expression.owner.op
        self._term: Term = _part(expression)
        below = self._term.operands
        self._arity = len(below)
        self.names = tuple(part.op.name for part in below if isinstance(part, Term))
        self._needs_constant = any(
            isinstance(part, Value) or (isinstance(part, Hole) and part.is_constant)
            for part in below
        )

    def match(self, node: Apply) -> Match | None:
        """Return the first way in which `node` has this form, or None."""
        # What most nodes fail is looked at first, in this one call.
        inputs = node.inputs
        if len(inputs) != self._arity:
            return None
        if self._needs_constant:
            for v in inputs:
                if type(v) is TensorConstant:
                    break
            else:
                return None
        for name in self.names:
            for v in inputs:
                made = v.owner
                if made is None or type(made.op) is not Elementwise:
                    continue
                if made.op.name == name:
                    break
            else:
                return None
        return next(_operands(self._term, node, _NOTHING), None)

    def holes(self) -> tuple[str, ...]:
        """Return the wildcards' names, in order of appearance."""
        found: dict[str, None] = {}
        stack: list[Any] = [self._term]
        while stack:
            part = stack.pop()
            if isinstance(part, Hole):
                found[part.name] = None
            elif isinstance(part, Term):
                stack.extend(reversed(part.operands))
        return tuple(found)


def _part(variable: Any) -> Any:
    """Compile a pattern. Patterns are written by hand: they aren't deep."""
    if isinstance(variable, TensorConstant):
        return Value(variable.data.item())
    if variable.owner is None:
        return Hole(variable.name, variable in _constants)
    op = variable.owner.op
    if not isinstance(op, Elementwise):
        raise TypeError(f"Patterns are made of elementwise ops, got {op}.")
    operands = tuple(_part(v) for v in variable.owner.inputs)
    return Term(op, operands, op.name in COMMUTATIVE and len(operands) == 2)


def _operands(term: Term, node: Apply, so_far: Match) -> Iterator[Match]:
    inputs = node.inputs
    if len(inputs) != len(term.operands):
        return
    dtypes = _read_as(term.op, tuple([v.type.dtype for v in inputs]))  # type: ignore[attr-defined]
    yield from _in_order(term.operands, inputs, dtypes, so_far)
    if term.commutes:
        yield from _in_order(term.operands, inputs[::-1], dtypes, so_far)


def _in_order(
    parts: tuple[Any, ...], inputs: Any, dtypes: tuple[str, ...], so_far: Match
) -> Iterator[Match]:
    if not parts:
        yield so_far
        return
    # What is fixed is compared first, since it says no at once.
    for found in _one(parts[0], inputs[0], dtypes[0], so_far):
        yield from _in_order(parts[1:], inputs[1:], dtypes[1:], found)


def _one(part: Any, variable: Any, dtype: str, so_far: Match) -> Iterator[Match]:
    if type(part) is Term:
        owner = variable.owner
        if (
            owner is not None
            and type(owner.op) is Elementwise
            and owner.op.name == part.op.name
            and _is_kept(owner, dtype)
        ):
            yield from _operands(part, owner, so_far)
    elif type(part) is Value:
        if uniform(variable) == part.value:
            yield so_far._replace(leaves=(*so_far.leaves, variable))
    else:
        known = so_far.holes.get(part.name)
        if known is not None:
            if _is_same(known.variable, variable) and known.dtype == dtype:
                yield so_far
        elif not part.is_constant or uniform(variable) is not None:
            holes = {**so_far.holes, part.name: Binding(variable, dtype)}
            yield Match(holes, (*so_far.leaves, variable))


def _is_kept(node: Apply, dtype: str) -> bool:
    """Tell whether a result is read as what it is: not narrowed, no wrapped integer."""
    own: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    return own == dtype or (not is_discrete(own) and np.can_cast(own, dtype, "safe"))


def _is_same(a: Variable, b: Variable) -> bool:
    return a is b or (isinstance(a, TensorConstant) and a.equals(b))


@lru_cache(maxsize=4096)
def _read_as(op: Elementwise, dtypes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dtypes to which an op brings its operands."""
    operand, _ = op.dtypes([TensorType(dtype, ()) for dtype in dtypes])
    first = int(op.row.selector)
    return dtypes[:first] + (operand,) * (len(dtypes) - first)


def uniform(variable: Any) -> Any:
    """Return the number that a constant holds everywhere, or None."""
    if not isinstance(variable, TensorConstant):
        return None
    data = variable.data
    if data.size == 1:
        return data.item()
    if not 0 < data.size <= _MOST_COMPARED:
        return None
    first = data.flat[0]
    return first.item() if (data == first).all() else None


def read(binding: Binding) -> Any:
    """Return a wildcard's variable in the dtype in which the op read it."""
    variable, dtype = binding
    if variable.type.dtype == dtype:
        return variable
    if isinstance(variable, TensorConstant):
        with np.errstate(all="ignore"):
            return constant(variable.data.astype(dtype))
    return cast(variable, dtype)


def conform(node: Apply, new: Any, leaves: Any) -> Any:
    """Return `new` with the dtype and shape of the node's result.

    Parameters
    ----------
    node : Apply
        Elementwise.
    new : Variable or number
    leaves : sequence of Variable
        What the result's shape is broadcast from.
    """
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    if is_python_scalar(new) or isinstance(new, np.generic):
        new = constant(np.asarray(new).astype(dtype))
    new = cast(new, dtype)
    for leaf in leaves:
        if not covers(new, leaf):
            new = fill(leaf, new)
    return new
