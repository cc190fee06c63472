"""Copies of graphs, with replacements."""

from collections.abc import Iterable, Mapping, Sequence

from theanolike.graph.apply import Apply
from theanolike.graph.traverse import explicit_inputs, graph_inputs, toposort
from theanolike.graph.variable import Variable


def clone_graph(
    outputs: Iterable[Variable],
    replace: Mapping[Variable, Variable] | None = None,
    *,
    copy_all: bool = True,
    strict: bool = False,
) -> tuple[list[Variable], dict[Variable, Variable]]:
    """Copy the nodes under `outputs`; return the new outputs and the old-to-new map.

    Parameters
    ----------
    outputs : iterable of Variable
    replace : mapping of Variable to Variable, optional
        Variables to put in place of others. The replacements are taken as they are.
    copy_all : bool
        Copy every node; otherwise only those that depend on a replaced variable.
    strict : bool
        Refuse a replacement that changes a node's input type.
    """
    outputs = list(outputs)
    memo: dict[Variable, Variable] = dict(replace or {})
    for node in toposort(outputs, blockers=list(memo)):
        inputs = [memo.get(v, v) for v in node.inputs]
        if not copy_all and all(
            a is b for a, b in zip(inputs, node.inputs, strict=True)
        ):
            continue
        if all(out in memo for out in node.outputs):
            continue
        _adopt(node, node.clone_with_new_inputs(inputs, strict=strict), memo)
    return [memo.get(v, v) for v in outputs], memo


def _adopt(old: Apply, new: Apply, memo: dict[Variable, Variable]) -> None:
    for before, after in zip(old.outputs, new.outputs, strict=True):
        memo.setdefault(before, after)


def clone_get_equiv(
    inputs: Sequence[Variable],
    outputs: Iterable[Variable],
    copy_inputs: bool = True,
    copy_orphans: bool = True,
) -> dict[Variable, Variable]:
    """Copy the graph between `inputs` and `outputs`; return the old-to-new map.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
    copy_inputs : bool
        Copy the inputs too.
    copy_orphans : bool
        Copy what the outputs need without an owner besides the inputs: constants and
        shared variables.
    """
    outputs = list(outputs)
    memo = {v: v.clone() if copy_inputs else v for v in inputs}
    for variable in graph_inputs(outputs, inputs):
        memo.setdefault(variable, variable.clone() if copy_orphans else variable)
    return clone_graph(outputs, memo)[1]


def clone_between(
    i: Sequence[Variable],
    o: Iterable[Variable],
    copy_inputs: bool = True,
    copy_orphans: bool | None = None,
) -> tuple[list[Variable], list[Variable]]:
    """Return copies of the inputs `i` and outputs `o`, as Theano's `gof.graph.clone`.

    `copy_orphans` is as `copy_inputs` unless it is given.
    """
    outputs = list(o)
    orphans = copy_inputs if copy_orphans is None else copy_orphans
    memo = clone_get_equiv(i, outputs, copy_inputs, orphans)
    return [memo[v] for v in i], [memo.get(v, v) for v in outputs]


def clone(
    output: Variable | Sequence[Variable],
    replace: Mapping[Variable, Variable]
    | Iterable[tuple[Variable, Variable]]
    | None = None,
    strict: bool = True,
    share_inputs: bool = True,
) -> Variable | list[Variable]:
    """Return a copy of the graph under `output`, with replacements made.

    Parameters
    ----------
    output : Variable or sequence of Variable
    replace : mapping or pairs, optional
        What to put in place of which variable.
    strict : bool
        A replacement must have the type of what it replaces; otherwise the types that
        follow from it are inferred again.
    share_inputs : bool
        Keep the graph's inputs; otherwise copy them too.
    """
    outputs = [output] if isinstance(output, Variable) else list(output)
    if not all(isinstance(out, Variable) for out in outputs):
        raise TypeError(f"Expected a variable or a list of them, got {output!r}.")
    pairs = dict(replace.items() if isinstance(replace, Mapping) else replace or ())
    for old, new in pairs.items():
        if strict and not old.type.is_super(new.type) and old.type != new.type:
            raise TypeError(
                f"Cannot replace {old} of type {old.type} by {new} of type {new.type}; "
                "cast it, or pass strict=False."
            )
    if not share_inputs:
        for variable in explicit_inputs(outputs):
            pairs.setdefault(variable, variable.clone())
    copies, _ = clone_graph(outputs, pairs, strict=False)
    return copies[0] if isinstance(output, Variable) else copies
