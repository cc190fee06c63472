"""Jacobians and Hessians: a row of the identity pulled back per step of one loop."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from theanolike.errors import InputTypeError
from theanolike.gradient.forward import push_forward
from theanolike.gradient.reverse import Disconnected, as_list, format_as, grad
from theanolike.gradient.walk import pull_back
from theanolike.graph.variable import Variable
from theanolike.ops.scan.loop import for_each, walks
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

walks["back"] = pull_back
walks["forward"] = push_forward


def jacobian(
    expression: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: Disconnected = "raise",
) -> Any:
    """Return the derivative of each element of a vector by each of `wrt`.

    Parameters
    ----------
    expression : (n,) or 0-d float tensor
        Flatten others first.
    wrt : Variable, or list or tuple of them
    consider_constant, disconnected_inputs
        As in `grad`.

    Returns
    -------
    (n, *shape of x) for each x of `wrt`; the gradient for a 0-d `expression`

    Raises
    ------
    InputTypeError
        `expression` has more than one dimension.

    Notes
    -----
    One native loop of n steps. What all rows share is computed once, before it.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dvector("x")
    >>> jacobian(x**2, x).eval({x: [1.0, 2.0]})
    array([[2., 0.],
           [0., 4.]])
    """
    kind = getattr(expression, "type", None)
    if not isinstance(kind, TensorType) or kind.ndim > 1:
        raise InputTypeError(
            "tensor.jacobian expects a 1 dimensional variable as `expression`, got "
            f"{expression} of type {kind}; use flatten to make it a vector."
        )
    options: dict[str, Any] = {
        "consider_constant": consider_constant,
        "disconnected_inputs": disconnected_inputs,
    }
    if kind.ndim == 0:
        return grad(expression, wrt, **options)
    variables = as_list(wrt)
    f = functions()
    row = TensorType("int64", ()).make_variable()
    row.tag.test_value = np.int64(0)
    length = f.shape_i(expression, 0)
    unit = f.cast(f.eq(f.arange(length), row), kind.dtype)
    rows = grad(None, variables, known_grads={expression: unit}, **options)
    results = for_each(row, length, rows)
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)


def hessian(
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: Disconnected = "raise",
) -> Any:
    """Return the second derivatives of `cost` by each of `wrt` with itself.

    Parameters
    ----------
    cost : 0-d tensor
    wrt : vector, or list or tuple of vectors
    consider_constant, disconnected_inputs
        As in `grad`.

    Returns
    -------
    (n, n) for each vector of length n in `wrt`

    Raises
    ------
    InputTypeError
        One of `wrt` is no vector.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dvector("x")
    >>> hessian(x[0] ** 2 * x[1], x).eval({x: [1.0, 2.0]})
    array([[4., 2.],
           [2., 0.]])
    """
    results = []
    for x in as_list(wrt):
        if not isinstance(x.type, TensorType) or x.type.ndim != 1:
            raise InputTypeError(
                "tensor.hessian expects a (list of) 1 dimensional variable as `wrt`, "
                f"got {x} of type {x.type}; flatten it."
            )
        first = grad(cost, x, consider_constant, disconnected_inputs)
        second = jacobian(first, x, consider_constant, disconnected_inputs)
        results.append(second)
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)
