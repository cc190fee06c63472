"""Modes that look at each node as it runs: MonitorMode and NanGuardMode."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theanolike.compile.errors import describe
from theanolike.compile.interpreter import Thunk
from theanolike.compile.mode import Mode, register_maker
from theanolike.config import config
from theanolike.graph.apply import Apply

__all__ = [
    "MonitorMode",
    "NanGuardMode",
    "contains_inf",
    "contains_nan",
    "detect_nan",
    "f_compute",
    "flatten",
]

log = logging.getLogger("theanolike.compile")
BIG = 1e10

Callback = Callable[[int, Apply, Thunk], None]


class MonitorMode(Mode):
    """Call functions of the user's before and after each node.

    Parameters
    ----------
    pre_func, post_func : callable (i, node, fn), optional
        `fn.inputs[k][0]` and `fn.outputs[k][0]` are the values.
    optimizer : str
    linker : str, optional
        Kept: the nodes run one by one in Python.
    """

    def __init__(
        self,
        pre_func: Callback | None = None,
        post_func: Callback | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer)
        self.pre_func = pre_func
        self.post_func = post_func

    def watch(self, number: int, node: Apply, thunk: Thunk) -> None:
        """Run a node between the callbacks."""
        if self.pre_func is not None:
            self.pre_func(number, node, thunk)
        thunk()
        if self.post_func is not None:
            self.post_func(number, node, thunk)


def detect_nan(i: int, node: Apply, fn: Thunk) -> None:  # noqa: ARG001 - a callback
    """Print a node whose output has a NaN: a `post_func` of MonitorMode."""
    for output in fn.outputs:
        if contains_nan(output[0]):
            shown = f"*** NaN detected ***\n{node}\nInputs : "
            inputs = f"{[cell[0] for cell in fn.inputs]}"
            outputs = f"\nOutputs: {[cell[0] for cell in fn.outputs]}"
            print(shown + inputs + outputs)  # noqa: T201 - what it is for
            break


class NanGuardMode(Mode):
    """Raise AssertionError at the first node that sees NaN, inf or a big value.

    Parameters
    ----------
    nan_is_error, inf_is_error, big_is_error : bool, optional
        What to refuse; the defaults are those of `config.NanGuardMode`. Big is a
        magnitude over 1e10.
    optimizer : str
    linker : str, optional
        Kept: the nodes run one by one in Python.
    """

    def __init__(
        self,
        nan_is_error: bool | None = None,
        inf_is_error: bool | None = None,
        big_is_error: bool | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer)
        flags = config.NanGuardMode
        self.nan_is_error = _chosen(nan_is_error, flags.nan_is_error)
        self.inf_is_error = _chosen(inf_is_error, flags.inf_is_error)
        self.big_is_error = _chosen(big_is_error, flags.big_is_error)
        if not (self.nan_is_error or self.inf_is_error or self.big_is_error):
            raise ValueError(
                "NanGuardMode needs something to refuse; set nan_is_error, "
                "inf_is_error or big_is_error."
            )

    def watch(self, _: int, node: Apply, thunk: Thunk) -> None:
        """Run a node; look at its inputs and its outputs."""
        for cell in thunk.inputs:
            self._check(node, cell[0], "input", thunk)
        thunk()
        for cell in thunk.outputs:
            self._check(node, cell[0], "output", thunk)

    def _check(self, node: Apply, value: Any, where: str, thunk: Thunk) -> None:
        problem = self._problem(value)
        if not problem:
            return
        shapes = [np.shape(cell[0]) for cell in thunk.inputs]
        lead = f"{problem} detected in an {where} of a node"
        text = describe(node, lead, shapes, "config.NanGuardMode.action can be 'warn'.")
        action = config.NanGuardMode.action
        if action == "warn":
            log.warning(text)
            return
        if action == "pdb":
            breakpoint()  # noqa: T100 - what the user asked for
        raise AssertionError(text)

    def _problem(self, value: Any) -> str:
        if self.nan_is_error and contains_nan(value):
            return "NaN"
        if self.inf_is_error and contains_inf(value):
            return "Inf"
        if self.big_is_error and _contains_big(value):
            return "Big value"
        return ""


register_maker("NanGuardMode", NanGuardMode)


def _chosen(value: bool | None, default: bool) -> bool:
    return default if value is None else value


def _is_continuous(arr: Any) -> bool:
    return (
        isinstance(arr, np.ndarray | np.generic | float)
        and np.asarray(arr).dtype.kind in "fc"
    )


def contains_nan(arr: Any, node: Any = None, var: Any = None) -> bool:  # noqa: ARG001
    """Tell whether an array has a NaN; `node` and `var` are Theano's, unused."""
    return _is_continuous(arr) and bool(np.isnan(arr).any())


def contains_inf(arr: Any, node: Any = None, var: Any = None) -> bool:  # noqa: ARG001
    """Tell whether an array has an infinity; `node` and `var` are unused."""
    return _is_continuous(arr) and bool(np.isinf(arr).any())


def _contains_big(arr: Any) -> bool:
    if not _is_continuous(arr):
        return False
    finite = np.asarray(arr)[np.isfinite(arr)]
    return bool((np.abs(finite) > BIG).any())


def flatten(nested: Sequence[Any]) -> list[Any]:
    """Return the items of nested lists and tuples in order."""
    flat: list[Any] = []
    pending = list(nested)[::-1]
    while pending:
        item = pending.pop()
        if isinstance(item, list | tuple | set):
            pending.extend(list(item)[::-1])
        else:
            flat.append(item)
    return flat


def f_compute(op: Any) -> Callable[..., Any]:
    """Return a function of arrays that computes the one output of `op`."""

    def compute(*inputs: Any) -> Any:
        node = op.make_node(*inputs)
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        op.perform(node, [np.asarray(value) for value in inputs], storage)
        return storage[0][0]

    return compute
