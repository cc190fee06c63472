"""What Theano's `scan_utils` offers to programs: comparing, copying, reading steps."""

from collections.abc import Sequence
from typing import Any

from theanolike.graph.clone import clone_graph
from theanolike.graph.traverse import ancestors
from theanolike.graph.variable import Constant, Variable
from theanolike.graph.walks import is_same_graph
from theanolike.ops.scan.step import read_step
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.updates import OrderedUpdates
from theanolike.types.variable import functions

__all__ = [
    "equal_computations",
    "expand_empty",
    "forced_replace",
    "get_updates_and_outputs",
    "reconstruct_graph",
    "safe_new",
]


def equal_computations(
    xs: Sequence[Variable],
    ys: Sequence[Variable],
    in_xs: Sequence[Variable] | None = None,
    in_ys: Sequence[Variable] | None = None,
) -> bool:
    """Tell whether graphs compute the same, each of `in_xs` read as one of `in_ys`.

    Raises
    ------
    ValueError
        Lists of unlike lengths.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x, y = T.dvectors("x", "y")
    >>> equal_computations([x + 1], [y + 1]), equal_computations([x], [y], [x], [y])
    (False, True)
    """
    starts, others = list(in_xs or ()), list(in_ys or ())
    if len(xs) != len(ys) or len(starts) != len(others):
        raise ValueError(
            "The number of graphs in each argument must match, got "
            f"{len(xs)} and {len(ys)}, of {len(starts)} and {len(others)} inputs."
        )
    read_as = dict(zip(starts, others, strict=True))
    return all(
        (x in read_as or x.type == y.type) and is_same_graph(x, y, read_as)
        for x, y in zip(xs, ys, strict=True)
    )


def forced_replace(out: Any, x: Variable, y: Variable) -> Any:
    """Return `out` with `y` in place of all that computes the same as `x`."""
    if out is None:
        return None
    found = {v: y for v in ancestors([out]) if equal_computations([v], [x])}
    return clone_graph([out], found, copy_all=False)[0][0]


def reconstruct_graph(
    inputs: Sequence[Variable], outputs: Sequence[Variable], tag: str | None = None
) -> tuple[list[Variable], list[Variable]]:
    """Return new inputs, their names followed by `tag`, and the outputs as of them."""
    fresh = [safe_new(x, tag or "") for x in inputs]
    copies, _ = clone_graph(outputs, dict(zip(inputs, fresh, strict=True)))
    return fresh, copies


def safe_new(x: Any, tag: str = "", dtype: str | None = None) -> Any:
    """Return a new variable of the type of `x`, its name followed by `tag`.

    A constant is copied. `dtype` is another one to have.
    """
    variable = x if isinstance(x, Variable) else as_tensor_variable(x)
    kind: Any = variable.type
    if isinstance(variable, Constant):
        if dtype is None or kind.dtype == dtype:
            return variable.clone()
        return constant(variable.data.astype(dtype), variable.name)
    if dtype is not None and kind.dtype != dtype:
        kind = kind.clone(dtype=dtype)
    name = variable.name
    return kind.make_variable(None if name is None else name + tag)


def expand_empty(tensor_var: Any, size: Any) -> Any:
    """Return a tensor with `size` more rows, of zeros."""
    if isinstance(size, int) and size == 0:
        return tensor_var
    f = functions()
    rest = [tensor_var.shape[axis] for axis in range(1, tensor_var.ndim)]
    return f.join(0, tensor_var, f.zeros((size, *rest), dtype=tensor_var.dtype))


def get_updates_and_outputs(ls: Any) -> tuple[Any, list[Any], OrderedUpdates]:
    """Return condition, outputs and updates of what a step function returned."""
    step = read_step(ls)
    return step.condition, step.outputs, OrderedUpdates(step.updates)
