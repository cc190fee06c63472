"""`check_graph`: what must hold of a function graph between rewrites."""

from theanolike.errors import InconsistencyError
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant


def check_graph(fgraph: FunctionGraph) -> None:
    """Raise InconsistencyError unless `fgraph` is a graph that may be compiled.

    Notes
    -----
    Holds: each node comes after those it reads; each output knows its node and place;
    every leaf is an input or a constant; the clients are right; types are those that
    the ops infer, up to what is known of the extents. Time is linear.
    """
    known = set(fgraph.inputs)
    for node in fgraph.toposort():
        for i, variable in enumerate(node.inputs):
            if isinstance(variable, Constant) or variable in known:
                continue
            what = "no input of the graph" if variable.owner is None else "in a cycle"
            raise InconsistencyError(
                f"Input {i} of {node}, {variable}, is {what}; the rewrite that made it "
                "is wrong."
            )
        _check_outputs(node)
        _check_types(node)
        known.update(node.outputs)
    for i, output in enumerate(fgraph.outputs):
        if output not in known and not isinstance(output, Constant):
            raise InconsistencyError(f"Output {i}, {output}, isn't computed.")
    fgraph.check_integrity()


def _check_outputs(node: Apply) -> None:
    for index, out in enumerate(node.outputs):
        if out.owner is not node or out.index != index:
            raise InconsistencyError(
                f"Output {index} of {node} says that it is output {out.index} of "
                f"{out.owner}."
            )


def _check_types(node: Apply) -> None:
    """Compare with what the op infers; a user's op says only what it made."""
    result = getattr(node.op, "result", None)
    if result is None:
        return
    try:
        inferred = result(*(v.type for v in node.inputs))
    except NotImplementedError:  # the type depends on values: make_node says it
        return
    several = inferred if isinstance(inferred, tuple) else (inferred,)
    if len(several) != len(node.outputs):
        raise InconsistencyError(
            f"{node} has {len(node.outputs)} outputs, its op infers {len(several)}."
        )
    for index, (out, kind) in enumerate(zip(node.outputs, several, strict=True)):
        if not (kind.is_super(out.type) or out.type.is_super(kind)):
            raise InconsistencyError(
                f"Output {index} of {node} has type {out.type}, its op infers {kind}."
            )
