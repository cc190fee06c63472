"""`grad`, with every parameter of Theano's: what to start from, what to return."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from theanolike.errors import DisconnectedInputError, NullTypeGradError
from theanolike.gradient.support import ZERO, Part
from theanolike.gradient.walk import (
    is_discrete_tensor,
    nodes_between,
    pull_back,
    zeros_for,
)
from theanolike.graph.null import DisconnectedType, NullType, disconnected_type
from theanolike.graph.traverse import ancestors, toposort
from theanolike.graph.variable import Variable, remark_of
from theanolike.ops.cotangent import Cotangent, Missing, disconnected
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import is_continuous
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

Disconnected = Literal["raise", "warn", "ignore"]


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Return `outputs` as a list, as a tuple, or a lone one by itself."""
    if use_list and use_tuple:
        raise ValueError("format_as takes use_list or use_tuple, not both.")
    if use_list or use_tuple:
        several = outputs if isinstance(outputs, list | tuple) else [outputs]
        return list(several) if use_list else tuple(several)
    if isinstance(outputs, list | tuple):
        if len(outputs) != 1:
            raise ValueError(
                f"Expected one output to return by itself, got {len(outputs)}; pass "
                "use_list=True."
            )
        return outputs[0]
    return outputs


def as_list(wrt: Any) -> list[Variable]:
    """Return the variables that the user asks for, checked."""
    if isinstance(wrt, set | frozenset):
        raise TypeError("wrt must not be a set: its order is not defined; use a list.")
    several = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    for variable in several:
        if not isinstance(variable, Variable):
            raise TypeError(
                f"Expected Variable, got {variable!r} of type "
                f"{type(variable).__name__} in wrt."
            )
    return several


def grad(  # noqa: PLR0913, PLR0917 - Theano's signature
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: Disconnected = "raise",
    add_names: bool = True,
    known_grads: Mapping[Variable, Any] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Return the symbolic gradient of `cost` by each of `wrt`.

    Parameters
    ----------
    cost : 0-d tensor or None
        None where `known_grads` says where to start.
    wrt : Variable, or list or tuple of them
    consider_constant : iterable of Variable, optional
        The gradient does not pass through these.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do when the cost does not depend on one of `wrt`.
    add_names : bool
        Name the results `(dcost/dx)` where `cost` and `x` have names.
    known_grads : mapping of Variable to Variable, optional
        Gradients of the cost by inner variables, which then need no path to `cost`.
    return_disconnected : {"zero", "None", "Disconnected"}
        What stands for the gradient by one that the cost does not depend on.
    null_gradients : {"raise", "return"}
        Whether an undefined gradient is an error or a variable of NullType.

    Returns
    -------
    TensorVariable, or list or tuple of them as `wrt` is
        Each of its variable's shape and dtype; zeros of floatX by an integer.

    Raises
    ------
    TypeError
        `cost` is no scalar, or `wrt` holds something else than variables.
    DisconnectedInputError
        The cost does not depend on one of `wrt`.
    NullTypeGradError
        The gradient by one of `wrt` is not defined.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dscalar("x")
    >>> grad(x**2, x).eval({x: 3.0})
    array(6.)
    """
    variables = as_list(wrt)
    if cost is None and known_grads is None:
        raise ValueError("cost and known_grads can't both be None; pass one of them.")
    check_choices(
        disconnected_inputs=disconnected_inputs,
        return_disconnected=return_disconnected,
        null_gradients=null_gradients,
    )
    starts = _starts(cost, known_grads)
    blockers = _blockers(consider_constant)
    around: list[Variable] = []
    parts = pull_back(starts, variables, blockers, around=around)
    if any(part is disconnected for part in parts):
        parts = _zero_by_forms(starts, variables, parts, blockers)
    named = getattr(cost, "name", None) if add_names else None
    results = []
    for variable, part in zip(variables, parts, strict=True):
        if part is disconnected:
            _report_disconnected(variable, disconnected_inputs)
        result = _result(variable, part, return_disconnected, null_gradients)
        _name(result, named, variable)
        if around and isinstance(part, Cotangent) and result.owner is not None:
            result.tag.differentiated_as_forms = tuple(around)
        results.append(result)
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)


def _zero_by_forms(
    starts: Sequence[tuple[Variable, Part]],
    variables: Sequence[Variable],
    parts: Sequence[Part],
    blockers: Sequence[Variable],
) -> list[Part]:
    """Return `parts` with a 0 where only a stable form made a cost independent.

    `log(a * exp(x))` is differentiated as `log(a) + x`, and x isn't in what that gives.
    The gradient of this is 0, as it would be of what was written.
    """
    written = {
        variable
        for v in ancestors([start for start, _ in starts], blockers)
        for variable in remark_of(v, "differentiated_as_forms") or ()
    }
    if not written:
        return list(parts)
    nodes = toposort(list(written), blockers)
    return [
        ZERO if part is disconnected and nodes_between(nodes, [variable]) else part
        for variable, part in zip(variables, parts, strict=True)
    ]


_REACTIONS = ("ignore", "warn", "raise")
_CHOICES = {
    "disconnected_inputs": _REACTIONS,
    "disconnected_outputs": _REACTIONS,
    "return_disconnected": ("zero", "None", "Disconnected"),
    "null_gradients": ("raise", "return"),
}


def check_choices(**given: str) -> None:
    """Refuse a keyword's value that isn't one of its choices."""
    for keyword, value in given.items():
        choices = _CHOICES[keyword]
        if value not in choices:
            raise ValueError(
                f"Invalid value for keyword '{keyword}', valid values are "
                f"{', '.join(map(repr, choices))}; got {value!r}."
            )


def _blockers(consider_constant: Iterable[Variable] | None) -> list[Variable]:
    if consider_constant is None:
        return []
    if isinstance(consider_constant, Variable):
        raise TypeError(
            f"Expected consider_constant to be an iterable, got {consider_constant}; "
            "put it in a list."
        )
    return list(consider_constant)


def _starts(
    cost: Any, known_grads: Mapping[Variable, Any] | None
) -> list[tuple[Variable, Part]]:
    starts: list[tuple[Variable, Part]] = []
    if cost is not None:
        starts.append((cost, _cotangent_of_cost(cost)))
    for variable, value in (known_grads or {}).items():
        starts.append((variable, known_cotangent(variable, value)))
    return starts


def known_cotangent(variable: Variable, value: Any) -> Part:
    """Return a gradient that the caller gives, checked against its variable."""
    if isinstance(value, Variable) and isinstance(value.type, DisconnectedType):
        return disconnected
    if isinstance(value, Variable) and isinstance(value.type, NullType):
        return Missing(value.type.why_null)
    given = as_tensor_variable(value)
    if is_discrete_tensor(variable):
        return ZERO
    if given.type.ndim != variable.type.ndim:  # type: ignore[attr-defined]
        raise ValueError(
            f"The known gradient by {variable} must have {variable.type.ndim} "  # type: ignore[attr-defined]
            f"dimensions, got {given.type.ndim}."
        )
    return Cotangent(given)


def _cotangent_of_cost(cost: Any) -> Part:
    kind = getattr(cost, "type", None)
    if isinstance(kind, NullType):
        raise ValueError(
            f"Can't differentiate a NaN cost. cost is NaN because {kind.why_null}"
        )
    if isinstance(kind, DisconnectedType):
        raise ValueError(
            "Can't differentiate a cost of DisconnectedType; pass a tensor."
        )
    if not isinstance(kind, TensorType) or kind.ndim != 0:
        raise TypeError(
            f"cost must be a scalar. Got {cost} of type {kind or type(cost).__name__}; "
            "sum or average it."
        )
    if not is_continuous(kind.dtype):
        return ZERO
    f = functions()
    return Cotangent(f.fill(cost, f.constant(1, dtype=kind.dtype)))


def _report_disconnected(variable: Variable, choice: str) -> None:
    message = (
        "grad method was asked to compute the gradient with respect to a variable that "
        "is not part of the computational graph of the cost, or is used only by a "
        f"non-differentiable operator: {variable}"
    )
    if choice == "raise":
        raise DisconnectedInputError(message)
    if choice == "warn":
        warnings.warn(message, stacklevel=3)


def _result(variable: Variable, part: Part, missing_as: str, null: str) -> Any:
    if isinstance(part, Cotangent):
        return part.value
    if part is ZERO:
        return zeros_for(variable)
    assert isinstance(part, Missing), "a part is a cotangent, ZERO or Missing"
    if part is not disconnected:
        if null == "raise":
            raise NullTypeGradError(
                f"tensor.grad encountered a NaN. The gradient by {variable} is not "
                f"defined: {part.reason}"
            )
        return NullType(part.reason)()
    if missing_as == "None":
        return None
    if missing_as == "Disconnected" or not isinstance(variable.type, TensorType):
        return disconnected_type()
    return zeros_for(variable)


def _name(result: Any, cost: str | None, variable: Variable) -> None:
    if cost is None or variable.name is None or not isinstance(result, Variable):
        return
    if result.name is None and result.owner is not None:
        result.name = f"(d{cost}/d{variable.name})"


def grad_undefined(op: Any, x_pos: int, x: Variable, comment: str = "") -> Variable:
    """Return what `Op.grad` gives where the gradient does not exist."""
    return NullType(
        f"input {x_pos} ({x}) of the op {op} has no gradient mathematically. {comment}"
    )()


def grad_not_implemented(
    op: Any, x_pos: int, x: Variable, comment: str = ""
) -> Variable:
    """Return what `Op.grad` gives where the gradient has not been written."""
    return NullType(
        f"the gradient by input {x_pos} ({x}) of the op {op} is not implemented. "
        f"{comment}"
    )()
