"""Ops made of Python functions by the user's program: `as_op`."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.op import Op
from theanolike.graph.type import Type

__all__ = ["FromFunctionOp", "as_op"]


class FromFunctionOp(Op):
    """An op that calls a Python function of arrays.

    Parameters
    ----------
    fn : callable
        Takes the inputs' arrays; returns an array, or a list of them.
    itypes, otypes : sequence of Type
    infer_shape : callable, optional
        `f(node, input_shapes)` gives the outputs' shapes.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        itypes: Sequence[Type],
        otypes: Sequence[Type],
        infer_shape: Callable[..., Any] | None = None,
    ) -> None:
        self.fn = fn
        self.itypes = list(itypes)
        self.otypes = list(otypes)
        self.inferred_shape = infer_shape

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FromFunctionOp)
            and self.fn == other.fn
            and self.itypes == other.itypes
            and self.otypes == other.otypes
        )

    def __hash__(self) -> int:
        return hash((type(self), self.fn))

    def __str__(self) -> str:
        return f"FromFunctionOp{{{getattr(self.fn, '__name__', self.fn)}}}"

    def perform(
        self,
        node: Apply,
        inputs: Sequence[Any],
        output_storage: Sequence[list[Any]],
        *params: Any,
    ) -> None:
        results = self.fn(*inputs)
        if not isinstance(results, list | tuple):
            results = (results,)
        if len(results) != len(node.outputs):
            raise ValueError(
                f"{self} declares {len(node.outputs)} outputs, but its function "
                f"returned {len(results)}."
            )
        for cell, value in zip(output_storage, results, strict=True):
            cell[0] = value

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Any:
        if self.inferred_shape is None:
            return super().infer_shape(node, input_shapes)
        return self.inferred_shape(node, input_shapes)

    def __reduce__(self) -> tuple[Any, ...]:
        return load_back, (self.fn.__module__, self.fn.__qualname__, self._state())

    def _state(self) -> tuple[Any, ...]:
        return (self.itypes, self.otypes, self.inferred_shape)


def load_back(module: str, name: str, state: tuple[Any, ...]) -> Op:
    """Return the op that a pickle stands for; its function is found by its name."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    # Where `as_op` decorated the function, its name is that of the op.
    return found if isinstance(found, FromFunctionOp) else FromFunctionOp(found, *state)


def as_op(
    itypes: Any, otypes: Any, infer_shape: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """Return a decorator that makes an op of a function of arrays.

    Parameters
    ----------
    itypes, otypes : Type or list of Type
        What the function takes and returns.
    infer_shape : callable, optional
        `f(node, input_shapes)` gives the outputs' shapes.

    Examples
    --------
    >>> from theanolike.types.constructors import dmatrix
    >>> @as_op(itypes=[dmatrix, dmatrix], otypes=[dmatrix])
    ... def product(a, b):
    ...     return a @ b
    """
    takes = _as_types(itypes)
    gives = _as_types(otypes)
    if infer_shape is not None and not callable(infer_shape):
        raise TypeError("infer_shape needs to be a callable")

    def make(fn: Callable[..., Any]) -> FromFunctionOp:
        return FromFunctionOp(fn, takes, gives, infer_shape)

    return make


def _as_types(types: Any) -> list[Type]:
    listed = list(types) if isinstance(types, list | tuple) else [types]
    for kind in listed:
        if not isinstance(kind, Type):
            raise TypeError(
                "itypes and otypes have to be a list of Theano types, got "
                f"{kind!r} among them."
            )
    return listed
