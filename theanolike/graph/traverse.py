"""Walks over a graph. None of them recurses: graphs are deeper than the stack."""

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from theanolike.graph.variable import Constant, Variable

if TYPE_CHECKING:
    from theanolike.graph.apply import Apply


def toposort(
    outputs: Iterable[Variable], blockers: Collection[Variable] = ()
) -> "list[Apply]":
    """Return the nodes that `outputs` need, each after those it depends on.

    Parameters
    ----------
    outputs : iterable of Variable
    blockers : collection of Variable
        The walk stops at these.

    Notes
    -----
    Depth first, left to right, so the order doesn't depend on hashes or addresses.
    """
    blocked = {id(v) for v in blockers}
    order: list[Apply] = []
    done: set[int] = set()
    for output in outputs:
        if output.owner is None or id(output) in blocked or id(output.owner) in done:
            continue
        done.add(id(output.owner))
        stack = [(output.owner, iter(output.owner.inputs))]
        while stack:
            node, pending = stack[-1]
            for variable in pending:
                owner = variable.owner
                if owner is None or id(owner) in done or id(variable) in blocked:
                    continue
                done.add(id(owner))
                stack.append((owner, iter(owner.inputs)))
                break
            else:
                order.append(node)
                stack.pop()
    return order


def ancestors(
    outputs: Iterable[Variable], blockers: Collection[Variable] = ()
) -> Iterator[Variable]:
    """Yield each variable that `outputs` depend on, themselves included, once."""
    blocked = {id(v) for v in blockers}
    seen: set[int] = set()
    stack = list(outputs)[::-1]
    while stack:
        variable = stack.pop()
        if id(variable) in seen:
            continue
        seen.add(id(variable))
        yield variable
        if variable.owner is not None and id(variable) not in blocked:
            stack.extend(reversed(variable.owner.inputs))


def graph_inputs(
    outputs: Iterable[Variable], blockers: Collection[Variable] = ()
) -> list[Variable]:
    """Return the variables without an owner (constants too), in order of discovery."""
    blocked = {id(v) for v in blockers}
    return [
        v for v in ancestors(outputs, blockers) if v.owner is None or id(v) in blocked
    ]


def explicit_inputs(outputs: Iterable[Variable]) -> list[Variable]:
    """Return the graph inputs that aren't constants."""
    return [v for v in graph_inputs(outputs) if not isinstance(v, Constant)]


def depends_on(outputs: Iterable[Variable], target: Variable) -> bool:
    """Tell whether any of `outputs` is computed from `target`."""
    return any(variable is target for variable in ancestors(outputs))
