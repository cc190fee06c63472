"""`debugprint` and other texts of a graph. Formulas are in `theanolike.graph.pretty`.

The layout is Theano's, so that programs and people that read it find their way.
"""

import io
import string
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable

# Below this level lines say their level instead of showing it, since a chain of n
# nodes would otherwise take n**2 characters.
DEEPEST_INDENT = 120


def char_from_number(number: int) -> str:
    """Return A, B, ..., Z, BA, BB, ... for 0, 1, ..."""
    letters = string.ascii_uppercase
    text = letters[number % 26]
    while number := number // 26:
        text = letters[number % 26] + text
    return text


class _TagGenerator:
    """Gives A, B, C... one after another."""

    def __init__(self) -> None:
        self._next = 0

    def get_tag(self) -> str:
        """Return the next tag."""
        self._next += 1
        return char_from_number(self._next - 1)


class _Lines:
    """One debugprint under way: what was shown, and under which id."""

    def __init__(self, options: dict[str, Any], done: Any, used_ids: Any) -> None:
        self.options = options
        self.done: dict[Any, str] = {} if done is None else done
        self.ids: dict[Any, str] = {} if used_ids is None else used_ids
        self.order: dict[Apply, int] = {}
        self.fgraph: FunctionGraph | None = None

    def identify(self, thing: Any) -> str:
        """Return the `[id A]` of a variable or node, or nothing."""
        kind = self.options["ids"]
        if kind == "":
            return ""
        if thing not in self.ids:
            number = len(self.ids)
            by_kind = {
                "CHAR": char_from_number(number),
                "int": str(number),
                "id": str(id(thing)),
            }
            self.ids[thing] = f"[id {by_kind[kind]}]"
        return self.ids[thing]

    def describe(self, variable: Variable) -> str:
        """Return the line of one variable without its indentation."""
        kind = f" <{variable.type}>" if self.options["print_type"] else ""
        node = variable.owner
        if node is None:
            line = f"{variable} {self.identify(variable)}{kind}"
            return line.rstrip() + self._storage(variable)
        shown = f"{node.op}"
        if len(node.outputs) > 1:
            shown += f".{variable.index}"
        index = str(self.order.get(node, ""))
        line = f"{shown} {self.identify(node)}{kind} '{variable.name or ''}'   {index}"
        return line.rstrip() + self._clients(variable)

    def _storage(self, variable: Variable) -> str:
        if not self.options["print_storage"]:
            return ""
        container = getattr(variable, "container", None)
        value = getattr(container, "data", getattr(variable, "data", None))
        return "" if value is None else f" [{value!r}]"

    def _clients(self, variable: Variable) -> str:
        if not self.options["print_clients"] or self.fgraph is None:
            return ""
        readers = [
            "output" if isinstance(node, str) else self.identify(node)
            for node, _ in self.fgraph.clients(variable)
        ]
        return f" clients:[{', '.join(readers)}]"

    def lines(self, root: Variable) -> Iterator[str]:
        """Yield the lines of a graph, each node's inputs under it the first time."""
        depth = self.options["depth"]
        stack: list[tuple[Variable, str, str, int]] = [(root, "", "", 0)]
        while stack:
            variable, prefix, below, level = stack.pop()
            if level > DEEPEST_INDENT:
                prefix = f" |(level {level}) "
            yield prefix + self.describe(variable)
            node = variable.owner
            if node is None or node in self.done or level + 1 == depth:
                continue
            if self.options["stop_on_name"] and variable.name is not None:
                continue
            self.done[node] = self.ids.get(node, "")
            stack.extend(reversed(list(_children(node, below, level + 1))))


def _children(
    node: Apply, below: str, level: int
) -> Iterator[tuple[Variable, str, str, int]]:
    deep = level > DEEPEST_INDENT
    for i, variable in enumerate(node.inputs):
        last = i == len(node.inputs) - 1
        inner = "" if deep else below + ("  " if last else " |")
        yield variable, "" if deep else below + " |", inner, level


def debugprint(  # noqa: PLR0913, PLR0917 - Theano's signature
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: TextIO | str | None = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: dict[Any, str] | None = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: dict[Any, str] | None = None,
) -> Any:
    """Print a graph as an indented list, a node's inputs below it.

    Parameters
    ----------
    obj : Variable, Apply, compiled function, FunctionGraph, or list of these
    depth : int
        How many levels to show; -1 for all.
    print_type : bool
        Show the variables' types.
    file : text file, "str" or None
        Where to print; "str" returns the text, None is standard output.
    ids : {"CHAR", "int", "id", ""}
        How nodes that come up again are told.
    stop_on_name : bool
        Don't go below a variable that has a name.
    done, used_ids : dict, optional
        What earlier calls showed, and their ids, to go on from.
    print_storage : bool
        Show the values of constants and shared variables.
    print_clients : bool
        Show who reads each result; for functions and function graphs.

    Returns
    -------
    str or the file
    """
    if not isinstance(depth, int):
        raise TypeError(f"depth must be an int, got {depth!r}.")
    if depth == 0:
        raise ValueError("depth must not be 0; pass -1 to print everything.")
    if ids not in {"CHAR", "int", "id", ""}:
        raise ValueError(f"ids must be 'CHAR', 'int', 'id' or '', got {ids!r}.")
    options = {
        "depth": depth,
        "print_type": print_type,
        "ids": ids,
        "stop_on_name": stop_on_name,
        "print_storage": print_storage,
        "print_clients": print_clients,
    }
    state = _Lines(options, done, used_ids)
    out = io.StringIO() if file == "str" else sys.stdout if file is None else file
    assert not isinstance(out, str), "a text file"
    inner: list[Any] = []
    for thing in obj if isinstance(obj, list | tuple | set) else [obj]:
        for root in _roots(thing, state):
            for line in state.lines(root):
                out.write(line + "\n")
        inner += _inner_graphs(thing)
    _print_inner(inner, state, out)
    if isinstance(out, io.StringIO) and file == "str":
        return out.getvalue()
    out.flush()
    return out


def _roots(thing: Any, state: _Lines) -> list[Variable]:
    """Return the variables to start at, and note a function's order and clients."""
    if isinstance(thing, Variable):
        return [thing]
    if isinstance(thing, Apply):
        return thing.outputs[:1]
    fgraph = thing if isinstance(thing, FunctionGraph) else _fgraph_of(thing)
    state.fgraph = fgraph
    state.order = {node: i for i, node in enumerate(fgraph.toposort())}
    return fgraph.outputs


def _fgraph_of(thing: Any) -> FunctionGraph:
    fgraph = getattr(getattr(thing, "maker", None), "fgraph", None)
    if fgraph is None:
        raise TypeError(
            f"debugprint cannot print an object of type {type(thing).__name__}; pass a "
            "variable, a node, a function or a list of these."
        )
    return fgraph  # type: ignore[no-any-return]


def _inner_graphs(thing: Any) -> list[Any]:
    """Return the nodes whose ops hold a graph of their own, in order."""
    if isinstance(thing, Variable):
        nodes = toposort([thing])
    elif isinstance(thing, Apply):
        nodes = toposort(thing.outputs)
    else:
        nodes = (
            thing if isinstance(thing, FunctionGraph) else _fgraph_of(thing)
        ).toposort()
    return [node for node in nodes if getattr(node.op, "graph", None) is not None]


def _print_inner(nodes: list[Any], state: _Lines, out: TextIO) -> None:
    pending = [node for node in dict.fromkeys(nodes) if node in state.done]
    if not pending:
        return
    out.write("\nInner graphs of the ops:\n")
    while pending:
        node = pending.pop(0)
        variable = node.outputs[0]
        out.write(f"\n{state.describe(variable).rstrip()}\n")
        for output in node.op.graph.outputs:
            out.writelines(f" >{line}\n" for line in state.lines(output))
        pending += [
            inner
            for inner in node.op.graph.nodes
            if getattr(inner.op, "graph", None) is not None
        ]


def min_informative_str(
    obj: Any,
    indent_level: int = 0,
    _prev_obs: dict[Any, str] | None = None,
    _tag_generator: _TagGenerator | None = None,
) -> str:
    """Return a graph as an indented list with a letter per variable.

    A variable that comes up again is shown by its letter alone.
    """
    tags = {} if _prev_obs is None else _prev_obs
    generator = _tag_generator or _TagGenerator()
    lines: list[str] = []
    stack: list[tuple[Any, int]] = [(obj, indent_level)]
    while stack:
        thing, level = stack.pop()
        indent = " " * min(level, DEEPEST_INDENT)
        if thing in tags:
            lines.append(f"{indent}<{tags[thing]}>")
            continue
        tags[thing] = generator.get_tag()
        owner = getattr(thing, "owner", None)
        shown = str(owner.op) if owner is not None else str(thing)
        lines.append(f"{indent}{tags[thing]}. {shown}")
        if owner is not None:
            stack.extend((v, level + 1) for v in reversed(owner.inputs))
    return "\n".join(lines)


def hex_digest(x: Any) -> str:
    """Return a short text that is equal for arrays equal in every bit."""
    import hashlib

    text = hashlib.sha256(x.tobytes()).hexdigest()
    return f"{text}strides=[{x.strides}]shape={x.shape}"


def position_independent_str(obj: Any) -> str:
    """Return a text of a variable that is the same in every run."""
    if isinstance(obj, Variable):
        return f"theano_var{{type={obj.type}}}"
    raise NotImplementedError(
        f"position_independent_str takes a Variable, got {type(obj).__name__}."
    )


def var_descriptor(
    obj: Any,
    _prev_obs: dict[Any, str] | None = None,
    _tag_generator: _TagGenerator | None = None,
) -> str:
    """Return a text of a variable's whole graph that is the same in every run."""
    tags = {} if _prev_obs is None else _prev_obs
    generator = _tag_generator or _TagGenerator()
    texts: list[str] = []
    stack: list[Any] = [obj]
    while stack:
        thing = stack.pop()
        if isinstance(thing, str):
            texts.append(thing)
        elif thing in tags:
            texts.append(f"<{tags[thing]}>")
        else:
            tags[thing] = generator.get_tag()
            stack.extend(reversed(_descriptor(thing, tags[thing])))
    return "".join(texts)


def _descriptor(thing: Any, tag: str) -> list[Any]:
    if isinstance(thing, Constant) and hasattr(thing.data, "tobytes"):
        return [f"{tag}=<ndarray:{hex_digest(thing.data)}>"]
    owner = getattr(thing, "owner", None)
    if owner is None:
        shown = (
            position_independent_str(thing) if isinstance(thing, Variable) else thing
        )
        return [f"{tag}={shown}"]
    pieces: list[Any] = [f"{tag}={owner.op}("]
    for i, variable in enumerate(owner.inputs):
        pieces += [","] * (i > 0) + [variable]
    return [*pieces, ")"]
