"""Test values: with `config.compute_test_value` on, a node is computed as it is built.

An error in a formula then shows where the user wrote it. Rewrites compute none.
"""

import contextlib
import copy
import warnings
from collections.abc import Iterator
from typing import Any

from theanolike.compile.interpreter import run_node
from theanolike.config import config
from theanolike.errors import MissingTestValueError
from theanolike.graph.apply import Apply
from theanolike.graph.op import node_observers
from theanolike.graph.origin import user_stacklevel
from theanolike.graph.variable import Constant, Variable
from theanolike.types.shared import SharedVariable

__all__ = ["debug_assert", "get_debug_values", "get_test_value", "paused"]


def get_test_value(v: Any) -> Any:
    """Return the test value of a variable.

    Parameters
    ----------
    v : Variable or object
        A constant has its value, a shared variable what it holds, any other variable
        its ``tag.test_value``; what is no variable is returned as it is.

    Raises
    ------
    MissingTestValueError
        There is none; an AttributeError, as with Theano.
    """
    if isinstance(v, Constant):
        return v.data
    if isinstance(v, SharedVariable):
        return v.get_value(borrow=True)
    if not isinstance(v, Variable):
        return v
    if not hasattr(v.tag, "test_value"):
        message = f"{v} has no test value; set {v}.tag.test_value."
        raise MissingTestValueError(message)
    return v.type.filter(v.tag.test_value, allow_downcast=True)


def get_debug_values(*args: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the test values of `args` once, if test values are on and all are there."""
    if config.compute_test_value == "off":
        return
    with contextlib.suppress(MissingTestValueError):
        yield tuple(get_test_value(arg) for arg in args)


def debug_assert(condition: Any, msg: str | None = None) -> None:
    """Raise AssertionError if test values are on and `condition` is false."""
    if config.compute_test_value != "off" and not condition:
        raise AssertionError(msg)


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Compute no test values, for graphs that are not the user's."""
    global _is_paused  # noqa: PLW0603 - one switch for one hook
    before, _is_paused = _is_paused, True
    try:
        yield
    finally:
        _is_paused = before


_is_paused = False


def observe(node: Apply) -> None:
    """Compute the test values of a new node, as the configuration says."""
    reaction = config.compute_test_value
    if reaction == "off" or _is_paused:
        return
    values = []
    for i, variable in enumerate(node.inputs):
        try:
            values.append(get_test_value(variable))
        except MissingTestValueError as missing:
            report(reaction, i, variable, node, missing)
            return
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    if node.op.destroy_map:
        values = copy.deepcopy(values)
    run_node(node, values, storage)
    for output, cell in zip(node.outputs, storage, strict=True):
        output.tag.test_value = cell[0]


def report(
    reaction: str, i: int, variable: Variable, node: Apply, missing: Exception
) -> None:
    """Say that an input of a node has no test value."""
    message = (
        f"Cannot compute test value: input {i} ({variable}) of Op {node} missing "
        "default value."
    )
    if reaction == "warn":
        warnings.warn(message, stacklevel=user_stacklevel())
    elif reaction == "pdb":
        breakpoint()  # noqa: T100 - what the user asked for
    elif reaction == "raise":
        raise ValueError(message) from missing


node_observers.append(observe)
