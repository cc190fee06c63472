"""Reverse mode: one walk over the graph from what is given back to what is asked for.

`grad`, `Lop`, `Rop` and `jacobian` share it.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

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
    pattern = op.connection_pattern(node)
    rows, columns = len(node.inputs), len(node.outputs)
    if [len(row) for row in pattern] != [columns] * rows:
        raise ValueError(
            f"connection_pattern of {op} must have a row for each of {rows} inputs, "
            f"of an entry for each of {columns} outputs, got {pattern}."
        )
    return pattern


def pull_back(
    starts: Iterable[tuple[Variable, Part]],
    wrt: Sequence[Variable],
    blockers: Collection[Variable] = (),
    *,
    as_written: bool = False,
    around: list[Variable] | None = None,
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
    around : list of Variable, optional
        Takes those for which a stable form was differentiated.

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
    between = nodes_between(nodes, wrt)
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
                if around is not None:
                    around.append(node.outputs[0])
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


def nodes_between(nodes: Sequence[Apply], wrt: Iterable[Variable]) -> set[Apply]:
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
