"""The rewritten graph as text: each node, and the equations that led to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.pretty import DefaultPrinter
from theanolike.graph.variable import Variable
from theanolike.rewrites.engine import Report
from theanolike.rewrites.registry import REWRITES, USERS, catalogue

__all__ = ["explained", "firing"]

_printer = DefaultPrinter()
_DEPTH = 2
_MERGE = "equal nodes are one"
_FORGOTTEN = "what a rewrite says that was registered then"


def explained(fgraph: FunctionGraph, report: Report | None) -> str:
    """Return the nodes of a rewritten graph with the rewrites that led to each.

    Parameters
    ----------
    fgraph : FunctionGraph
    report : Report or None
        What `optimize` returned for it.

    Returns
    -------
    str
        A line for each node, in order of dependence; `#3` in it is the result of the
        node on line 3. Below it a line for each rewrite, and the lines of the user.
        At the end, which rewrites changed the bodies of loops, and how often.
    """
    nodes = fgraph.toposort()
    numbers = {node: number for number, node in enumerate(nodes)}
    known = report if isinstance(report, Report) else Report()
    lines = [_headline(known, len(nodes))]
    for node in nodes:
        lines.append(f"#{numbers[node]} {written(node, numbers)}")
        past = known.explain(node.outputs[0])
        if past:
            lines += [f"    {name}: {equation(name)}" for name in dict.fromkeys(past)]
            lines += [f"    written at {origin}" for origin in node.origin]
    outputs = ", ".join(_named(v, numbers) for v in fgraph.outputs)
    lines.append(f"outputs: {outputs}")
    if known.inside:
        lines.append("inside of loops:")
        lines += [
            f"    {count} x {name}: {equation(name)}"
            for name, count in known.inside.most_common()
        ]
    return "\n".join(lines)


def _headline(report: Report, n_nodes: int) -> str:
    before, _ = report.nodes
    if not before:
        return f"{n_nodes} nodes; nothing was rewritten"
    n_firings = sum(report.firings.values())
    return f"{before} nodes became {n_nodes} in {n_firings} rewrites"


def equation(name: str) -> str:
    """Return what a rewrite of this name says of itself."""
    catalogue()
    group = REWRITES.get(name) or USERS.get(name)
    if group:
        return group[0].equation
    return _MERGE if name == "merge" else _FORGOTTEN


def written(node: Apply, numbers: Mapping[Apply, int], depth: int = 0) -> str:
    """Return a node's op over its inputs, the results of nodes by their numbers.

    Nodes without a number are written out `depth` deep, those below as dots.
    """
    pieces = _printer.pieces(node.outputs[0])
    return "".join(
        piece if isinstance(piece, str) else _named(piece, numbers, depth)
        for piece in pieces
    )


def _named(variable: Any, numbers: Mapping[Apply, int], depth: int = 0) -> str:
    node = variable.owner
    if node is None or variable.name:
        return str(variable)
    place = f".{variable.index}" if len(node.outputs) > 1 else ""
    if node in numbers:
        return f"#{numbers[node]}{place}"
    return written(node, numbers, depth - 1) + place if depth else "..."


def firing(name: str, node: Apply, new: Sequence[Variable]) -> str:
    """Return the line that `config.optimizer_verbose` prints of one change."""
    made = ", ".join(_named(v, {}, _DEPTH) for v in new)
    where = f" at {node.origin[0]}" if node.origin else ""
    return f"{written(node, {}, _DEPTH)} -> {made} by {name}: {equation(name)}{where}"
