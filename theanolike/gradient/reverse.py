"""Reverse mode: one walk over the graph from the cost back to the inputs.

`grad` is Theano's; `pull_back` is the walk, which Lop, jacobian and Rop share.
"""

import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from theanolike.errors import DisconnectedInputError, NullTypeGradError
from theanolike.gradient.stable import stand_ins
from theanolike.gradient.support import ZERO, Part, Tally, is_undefined
from theanolike.graph.apply import Apply
from theanolike.graph.null import DisconnectedType, NullType, disconnected_type
from theanolike.graph.origin import current_origins, inherit, union
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Missing, disconnected
from theanolike.ops.declare import NativeOp
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.sunk import clients_among, sunk
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import floatX, is_continuous
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

Disconnected = Literal["raise", "warn", "ignore"]


def is_discrete_tensor(variable: Variable) -> bool:
    """Tell whether `variable` is a tensor of bools or integers."""
    kind = variable.type
    return isinstance(kind, TensorType) and not is_continuous(kind.dtype)


def connections(node: Apply) -> list[list[bool]]:
    """Return for each input and output of `node` whether one acts on the other.

    Of the library's ops the pullback says it; their pattern counts where an op gives
    its own, as `shape` does, which reads no element.
    """
    op = node.op
    derived = type(op).connection_pattern is NativeOp.connection_pattern
    if isinstance(op, NativeOp) and derived:
        return [[True] * len(node.outputs)] * len(node.inputs)
    return op.connection_pattern(node)


def pull_back(
    starts: Iterable[tuple[Variable, Part]],
    wrt: Sequence[Variable],
    blockers: Collection[Variable] = (),
    *,
    as_written: bool = False,
) -> list[Part]:
    """Return what reaches each of `wrt` from the cotangents `starts`.

    Parameters
    ----------
    starts : pairs of Variable and Cotangent, Missing or ZERO
    wrt : sequence of Variable
    blockers : collection of Variable
        Nothing passes through these.
    as_written : bool
        Differentiate no stable form in place of what was written.

    Notes
    -----
    Each node is visited once, after everything that reads its outputs. The nodes made
    for it have its origin and the line that asked.
    """
    tally = Tally()
    starts = list(starts)
    for variable, part in starts:
        tally.add(variable, part)
    here = current_origins()
    nodes = toposort([variable for variable, _ in starts], blockers)
    between = _between(nodes, wrt)
    choices = any(isinstance(node.op, IfElse) for node in between)
    clients = clients_among(nodes if choices else (), [start for start, _ in starts])
    kept = {*wrt, *blockers}
    forms = {} if as_written else stand_ins(nodes, between, kept)
    for node in reversed(nodes):
        if node not in between:
            continue
        with inherit(union(node.origin, here)):
            totals = [tally.total(out) for out in node.outputs]
            if all(total is disconnected for total in totals):
                continue
            form = forms.get(node.outputs[0])
            if form is not None and isinstance(totals[0], Cotangent):
                pairs = [(form.form, totals[0])]
                parts = pull_back(pairs, form.leaves, form.leaves, as_written=True)
                for x, part in zip(form.leaves, parts, strict=True):
                    tally.add(x, part)
                continue
            if isinstance(node.op, IfElse):
                # The gradient of a branch not taken must cost nothing either.
                node = sunk(node, clients, kept) or node  # noqa: PLW2901
            for x, part in zip(node.inputs, _pull(node, totals), strict=True):
                tally.add(x, part)
    return [tally.total(variable) for variable in wrt]


def _between(nodes: Sequence[Apply], wrt: Iterable[Variable]) -> set[Apply]:
    """Return the nodes that something of `wrt` acts on."""
    reached = set(wrt)
    between: set[Apply] = set()
    for node in nodes:
        if not any(x in reached for x in node.inputs):
            continue
        pattern = connections(node)
        for x, row in zip(node.inputs, pattern, strict=True):
            if x in reached and any(row):
                between.add(node)
                reached.update(
                    out for out, on in zip(node.outputs, row, strict=True) if on
                )
    return between


def _pull(node: Apply, totals: Sequence[Part]) -> list[Part]:
    pattern = connections(node)
    spoiled = [_spoiled(row, totals) for row in pattern]
    if any(isinstance(total, Cotangent) for total in totals):
        native = isinstance(node.op, NativeOp)
        pulled = _pull_native(node, totals) if native else _pull_user(node, totals)
        pulled = _keep_guard(pulled, totals)
    else:
        pulled = [disconnected] * len(node.inputs)
    flat = not any(isinstance(total, Cotangent) for total in totals)
    for i, (x, row) in enumerate(zip(node.inputs, pattern, strict=True)):
        if spoiled[i] is not None:
            pulled[i] = spoiled[i]
        elif not any(row):
            pulled[i] = disconnected
        elif pulled[i] is disconnected and (flat or is_discrete_tensor(x)):
            pulled[i] = ZERO
    return pulled


def _keep_guard(pulled: Sequence[Part], totals: Sequence[Part]) -> list[Part]:
    """Return what was pulled, zero where a guard excludes every output as a whole.

    For ops that map no support, users' ops and loops: pullbacks are linear.
    """
    given = [t for t in totals if isinstance(t, Cotangent)]
    if any(t.support is None or not t.is_guard for t in given):
        return list(pulled)
    ended = [
        i
        for i, p in enumerate(pulled)
        if isinstance(p, Cotangent) and p.support is None
    ]
    if not ended:
        return list(pulled)
    f = functions()
    counts = [f.any(t.support) for t in given]
    counted = counts[0] if len(counts) == 1 else f.or_(*counts)
    kept = list(pulled)
    for i in ended:
        value = pulled[i].value  # type: ignore[union-attr]
        kept[i] = Cotangent(value).where(counted)
    return kept


def _spoiled(row: Sequence[bool], totals: Sequence[Part]) -> Any:
    for connected, total in zip(row, totals, strict=True):
        if connected and is_undefined(total):
            return total
    return None


def _pull_native(node: Apply, totals: Sequence[Part]) -> list[Part]:
    cotangents = [t if isinstance(t, Cotangent) else None for t in totals]
    return list(node.op.pullback(node, cotangents))  # type: ignore[attr-defined]


def _pull_user(node: Apply, totals: Sequence[Part]) -> list[Part]:
    """Ask an op of Theano's contract; supports end here."""
    given = [
        _as_variable(total, out)
        for total, out in zip(totals, node.outputs, strict=True)
    ]
    terms = node.op.L_op(node.inputs, node.outputs, given)
    if not isinstance(terms, list | tuple):
        raise TypeError(
            f"{node.op}.grad returned {type(terms).__name__}, expected a list or tuple "
            "with a term per input."
        )
    if len(terms) != len(node.inputs):
        raise ValueError(
            f"{node.op} returned the wrong number of gradient terms: expected "
            f"{len(node.inputs)}, got {len(terms)}."
        )
    return [_as_part(node, i, term) for i, term in enumerate(terms)]


def _as_variable(total: Part, like: Variable) -> Variable:
    if isinstance(total, Cotangent):
        return total.value  # type: ignore[no-any-return]
    if total is ZERO:
        return zeros_for(like)
    return disconnected_type()


def _as_part(node: Apply, i: int, term: Any) -> Part:
    """Check one term that a user's op returned."""
    x = node.inputs[i]
    if isinstance(term, Variable) and isinstance(term.type, NullType):
        return Missing(term.type.why_null)
    if term is None or (
        isinstance(term, Variable) and isinstance(term.type, DisconnectedType)
    ):
        return disconnected
    if is_discrete_tensor(x):
        return ZERO
    if not isinstance(x.type, TensorType):
        return Cotangent(term)
    value = as_tensor_variable(term)
    if is_discrete_tensor(value):
        raise TypeError(
            f"{node.op}.grad returned an integer-valued gradient of dtype "
            f"{value.type.dtype} for input {i}; return it in dtype {x.type.dtype}."
        )
    if value.type.ndim != x.type.ndim:
        raise ValueError(
            f"{node.op}.grad returned a term with {value.type.ndim} dimensions for "
            f"input {i}, but {x.type.ndim} are required."
        )
    if value.type.dtype != x.type.dtype:
        value = functions().cast(value, x.type.dtype)
    return Cotangent(value)


def zeros_for(variable: Variable) -> Variable:
    """Return the gradient zero by `variable`: of its shape, floatX where discrete."""
    dtype = floatX() if is_discrete_tensor(variable) else variable.type.dtype  # type: ignore[attr-defined]
    return functions().zeros_like(variable, dtype=dtype)  # type: ignore[no-any-return]


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
    _check_choices(disconnected_inputs, return_disconnected, null_gradients)
    starts = _starts(cost, known_grads)
    parts = pull_back(starts, variables, _blockers(consider_constant))
    named = getattr(cost, "name", None) if add_names else None
    results = []
    for variable, part in zip(variables, parts, strict=True):
        if part is disconnected:
            _report_disconnected(variable, disconnected_inputs)
        result = _result(variable, part, return_disconnected, null_gradients)
        _name(result, named, variable)
        results.append(result)
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)


def _check_choices(inputs: str, disconnected_as: str, null: str) -> None:
    for keyword, value, choices in (
        ("disconnected_inputs", inputs, ("ignore", "warn", "raise")),
        ("return_disconnected", disconnected_as, ("zero", "None", "Disconnected")),
        ("null_gradients", null, ("raise", "return")),
    ):
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
