"""Products with Jacobians: `Rop` walks forward, `Lop` and `subgraph_grad` backward."""

from collections.abc import Mapping, Sequence
from typing import Any

from theanolike.errors import DisconnectedInputError, MethodNotDefinedError
from theanolike.gradient.reverse import (
    Disconnected,
    as_list,
    check_choices,
    format_as,
    grad,
    known_cotangent,
)
from theanolike.gradient.support import join
from theanolike.gradient.walk import is_discrete_tensor, pull_back, zeros_for
from theanolike.graph.apply import Apply
from theanolike.graph.null import DisconnectedType, NullType, disconnected_type
from theanolike.graph.origin import current_origins, inherit, union
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Tangent
from theanolike.ops.declare import NativeOp
from theanolike.types.constants import as_tensor_variable
from theanolike.types.variable import functions


def Lop(
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Any = None,
    disconnected_inputs: Disconnected = "raise",
) -> Any:
    """Return `eval_points` times the Jacobian of `f` by `wrt`, from the left.

    Parameters
    ----------
    f : Variable, or list or tuple of them
    wrt : Variable, or list or tuple of them
    eval_points : like `f`
        One value per variable of `f`, of its shape.
    consider_constant, disconnected_inputs
        As in `grad`.

    Returns
    -------
    Variable, or list or tuple as `wrt` is

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x, v = T.dvectors("x", "v")
    >>> Lop(x[0] * x, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]})
    array([22., 10.])
    """
    outputs = as_list(f)
    points = (
        list(eval_points) if isinstance(eval_points, list | tuple) else [eval_points]
    )
    if len(points) != len(outputs):
        raise ValueError(
            f"Lop needs an evaluation point per output: expected {len(outputs)}, got "
            f"{len(points)}."
        )
    return grad(
        None,
        wrt,
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
        known_grads=dict(zip(outputs, points, strict=True)),
    )


def Rop(
    f: Any,
    wrt: Any,
    eval_points: Any,
    disconnected_outputs: Disconnected = "raise",
    return_disconnected: str = "zero",
) -> Any:
    """Return the derivative of `f` along `eval_points`: the Jacobian times them.

    Parameters
    ----------
    f : Variable, or list or tuple of them
    wrt : Variable, or list or tuple of them
    eval_points : like `wrt`
        The direction: one value per variable of `wrt`, of its shape and dtype.
    disconnected_outputs : {"raise", "ignore", "warn"}
        What to do where an output does not depend on `wrt`.
    return_disconnected : {"zero", "None", "Disconnected"}
        What stands for such an output's derivative.

    Returns
    -------
    Variable, or list or tuple as `f` is

    Notes
    -----
    An op without a rule of its own is differentiated twice backward.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x, v = T.dvectors("x", "v")
    >>> Rop(x**2, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]})
    array([ 2., 40.])
    """
    check_choices(
        disconnected_outputs=disconnected_outputs,
        return_disconnected=return_disconnected,
    )
    variables, outputs = as_list(wrt), as_list(f)
    points = (
        list(eval_points) if isinstance(eval_points, list | tuple) else [eval_points]
    )
    if len(points) != len(variables):
        raise ValueError(
            f"Rop needs an evaluation point per variable of wrt: expected "
            f"{len(variables)}, got {len(points)}."
        )
    tangents = {
        x: _tangent(x, point) for x, point in zip(variables, points, strict=True)
    }
    push_forward(outputs, tangents)
    results = [
        _derivative(out, tangents.get(out), disconnected_outputs, return_disconnected)
        for out in outputs
    ]
    return format_as(isinstance(f, list), isinstance(f, tuple), results)


def _tangent(x: Variable, point: Any) -> Tangent:
    value = as_tensor_variable(point)
    if value.type.dtype != x.type.dtype or value.type.ndim != x.type.ndim:  # type: ignore[attr-defined]
        raise ValueError(
            f"The evaluation point of {x} must have its type {x.type}, got {value} of "
            f"type {value.type}."
        )
    return Tangent(_of_one_shape(value, x))


def _of_one_shape(value: Any, x: Any) -> Any:
    """Return `value`, required to have the shape of `x`.

    `x` stays an input of the result, as in Theano: the derivative of a linear
    function would lose it, and a program that lists it among the inputs its function.
    """
    f = functions()
    if value.ndim == 0:
        return f.fill(x, value)
    return f.specify_shape(value, [x.shape[k] for k in range(value.ndim)])


def _derivative(out: Variable, tangent: Tangent | None, choice: str, form: str) -> Any:
    if tangent is not None:
        return tangent.value
    if choice == "raise":
        raise DisconnectedInputError(
            f"Rop was asked for the derivative of {out}, which does not depend on wrt; "
            'pass disconnected_outputs="ignore" to get zeros.'
        )
    if form == "None":
        return None
    return zeros_for(out) if form == "zero" else disconnected_type()


def push_forward(
    outputs: Sequence[Variable], tangents: dict[Variable, Tangent]
) -> None:
    """Add to `tangents` those of every variable on the way to `outputs`."""
    here = current_origins()
    for node in toposort(outputs, blockers=list(tangents)):
        given = [tangents.get(x) for x in node.inputs]
        if all(tangent is None for tangent in given):
            continue
        with inherit(union(node.origin, here)):
            for out, tangent in zip(node.outputs, _push(node, given), strict=True):
                if tangent is not None and out not in tangents:
                    tangents[out] = tangent


def _push(node: Apply, given: Sequence[Tangent | None]) -> Sequence[Tangent | None]:
    if isinstance(node.op, NativeOp):
        if type(node.op).pushforward is not NativeOp.pushforward:
            return node.op.pushforward(node, given)
        return _push_twice_back(node, given)
    try:
        pushed = node.op.R_op(node.inputs, [t.value if t else None for t in given])
    except MethodNotDefinedError:
        return _push_twice_back(node, given)
    terms = list(pushed) if isinstance(pushed, list | tuple) else [pushed]
    if len(terms) != len(node.outputs):
        raise ValueError(
            f"R_op of {node.op} returned {len(terms)} terms, expected one for each of "
            f"{len(node.outputs)} outputs."
        )
    return [_as_tangent(value) for value in terms]


def _as_tangent(value: Any) -> Tangent | None:
    if value is None or (
        isinstance(value, Variable)
        and isinstance(value.type, DisconnectedType | NullType)
    ):
        return None
    return Tangent(as_tensor_variable(value))


def _push_twice_back(
    node: Apply, given: Sequence[Tangent | None]
) -> list[Tangent | None]:
    """Return the derivative by u of (u times the Jacobian) times the tangents.

    The product with u is linear in u, so that the result does not depend on u: where
    it stays in the graph, as the state of a loop, zeros will do.
    """
    points = {x: t for x, t in zip(node.inputs, given, strict=True) if t is not None}
    walls = [*node.inputs, *node.outputs]
    results: list[Tangent | None] = []
    for out in node.outputs:
        if is_discrete_tensor(out):
            results.append(None)
            continue
        u = functions().zeros_like(out)
        pulled = pull_back([(out, Cotangent(u))], list(points), node.inputs)
        starts = [
            (part.value, known_cotangent(part.value, tangent.value))
            for part, tangent in zip(pulled, points.values(), strict=True)
            if isinstance(part, Cotangent)
        ]
        (back,) = pull_back(starts, [u], walls) if starts else (None,)
        results.append(Tangent(back.value) if isinstance(back, Cotangent) else None)
    return results


def subgraph_grad(
    wrt: Sequence[Variable],
    end: Sequence[Variable],
    start: Mapping[Variable, Any] | None = None,
    cost: Any = None,
    details: bool = False,
) -> Any:
    """Return gradients by `wrt` and by `end`, for walking a graph piece by piece.

    Parameters
    ----------
    wrt : list of Variable
    end : list of Variable
        Where this piece stops: nothing passes through them.
    start : mapping of Variable to Variable, optional
        Gradients that the piece before gave.
    cost : 0-d tensor, optional
        Added to what comes from `start`.
    details : bool
        Return also what comes from `start` and from `cost` alone.

    Returns
    -------
    (list, list), or (list, list, list, list) with `details`
        Gradients by `wrt` and by `end`.
    """
    if cost is None and start is None:
        raise ValueError("subgraph_grad needs cost, start or both.")
    params = list(dict.fromkeys([*wrt, *end]))
    options: dict[str, Any] = {
        "consider_constant": end,
        "disconnected_inputs": "ignore",
    }
    from_start = (
        None if start is None else grad(None, params, known_grads=start, **options)
    )
    from_cost = None if cost is None else grad(cost, params, **options)
    given = [grads for grads in (from_start, from_cost) if grads is not None]
    total = {
        x: join([Cotangent(g) for g in terms]).value
        for x, terms in zip(params, zip(*given, strict=True), strict=True)
    }
    results = [total[x] for x in wrt], [total[x] for x in end]
    return (*results, from_start, from_cost) if details else results
