"""`pydotprint`: a graph as a picture, through the `dot` program of Graphviz.

The DOT text is written here, so that no Python package is needed; ``format="dot"``
needs no program either.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from theanolike.errors import UnsupportedError
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable

# What is printed in which colour, by a part of the op's name.
default_colorCodes: Final[Mapping[str, str]] = {  # noqa: N816 - Theano's name
    "Loop": "yellow",
    "Shape": "cyan",
    "Subtensor": "purple",
    "Alloc": "red",
    "Elemwise": "#FFAABB",
    "Dot": "#AAFFBB",
}


class _Picture:
    """The statements of one DOT file."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options
        self.lines: list[str] = []
        self._names: dict[Variable | Apply, str] = {}
        self._shown: set[Variable] = set()

    def name(self, thing: Variable | Apply) -> str:
        """Return the identifier of a node or variable."""
        return self._names.setdefault(thing, f"n{len(self._names)}")

    def label(self, text: str, thing: Variable | Apply) -> str:
        """Return `text` cut to the largest size, quoted."""
        if self.options["with_ids"]:
            text = f"{text} {self.name(thing)}"
        most = self.options["max_label_size"]
        if len(text) > most:
            text = text[: most - 3] + "..."
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def shape(
        self, thing: Variable | Apply, text: str, shape: str, colour: str
    ) -> None:
        """Draw a node or variable."""
        style = f', style=filled, fillcolor="{colour}"' if colour else ""
        if not self.options["high_contrast"] and colour:
            style = f', color="{colour}"'
        self.lines.append(
            f"  {self.name(thing)} [label={self.label(text, thing)}, shape={shape}"
            f"{style}];"
        )

    def edge(self, start: Variable | Apply, end: Variable | Apply, text: str) -> None:
        """Draw an arrow."""
        label = f" [label={self.label(text, end)}]" if text else ""
        self.lines.append(f"  {self.name(start)} -> {self.name(end)}{label};")

    def colour(self, node: Apply) -> str:
        """Return the colour of an op, or nothing."""
        for part, colour in self.options["colorCodes"].items():
            if part in str(node.op):
                return str(colour)
        return ""

    def variable(self, variable: Variable, role: str) -> None:
        """Draw a variable once."""
        if variable in self._shown:
            return
        self._shown.add(variable)
        simple = self.options["var_with_name_simple"] and variable.name
        text = f"{variable.name}" if simple else f"{variable} {variable.type}"
        colours = {"input": "limegreen", "output": "dodgerblue", "constant": "#DDDDDD"}
        self.shape(variable, text, "box", colours.get(role, ""))

    def draw(self, nodes: Sequence[Apply], outputs: Sequence[Variable]) -> str:
        """Return the DOT text."""
        wanted = set(outputs)
        for node in nodes:
            self.shape(node, str(node.op), "ellipse", self.colour(node))
            for i, x in enumerate(node.inputs):
                self._arrive(node, x, str(i) if len(node.inputs) > 1 else "", wanted)
            for out in node.outputs:
                if out in wanted or not self._is_hidden(out):
                    self.variable(out, "output" if out in wanted else "")
                    self.edge(node, out, "")
        for out in outputs:
            self.variable(out, "output")
        return "\n".join(["digraph theanolike {", *self.lines, "}", ""])

    def _is_hidden(self, variable: Variable) -> bool:
        return bool(self.options["compact"]) and variable.name is None

    def _arrive(
        self, node: Apply, x: Variable, text: str, wanted: set[Variable]
    ) -> None:
        if x.owner is not None and x not in wanted and self._is_hidden(x):
            self.edge(x.owner, node, f"{text} {x.type}".strip())
            return
        if x.owner is None:
            self.variable(x, "constant" if isinstance(x, Constant) else "input")
        self.edge(x, node, text)


def pydotprint(  # noqa: PLR0913, PLR0917 - Theano's signature
    fct: Any,
    outfile: str | Path | None = None,
    compact: bool = True,
    format: str = "png",
    with_ids: bool = False,
    high_contrast: bool = True,
    cond_highlight: Any = None,
    colorCodes: Mapping[str, str] | None = None,
    max_label_size: int = 70,
    scan_graphs: bool = False,
    var_with_name_simple: bool = False,
    print_output_file: bool = True,
    return_image: bool = False,
) -> Any:
    """Draw a graph into a file.

    Parameters
    ----------
    fct : compiled function, Variable, list of Variable, Apply or FunctionGraph
    outfile : path, optional
        Where to write; "theano.pydotprint.<format>" in the current folder.
    compact : bool
        Leave out results without a name.
    format : str
        One of Graphviz's formats, such as png, svg, pdf; "dot" is the text itself.
    with_ids : bool
        Show each node's number.
    high_contrast : bool
        Fill with the colours instead of drawing the border in them.
    colorCodes : mapping of str to str, optional
        Colour by a part of the op's name; `default_colorCodes`.
    max_label_size : int
        Longer labels are cut.
    var_with_name_simple : bool
        Show only the names of variables that have one.
    print_output_file : bool
        Say where the file is.
    return_image : bool
        Return the picture as bytes instead of writing it.
    cond_highlight, scan_graphs
        Must keep their defaults.

    Raises
    ------
    UnsupportedError
        Graphviz is not installed, or an argument that isn't supported.
    """
    if cond_highlight is not None or scan_graphs:
        raise UnsupportedError(
            "pydotprint doesn't support cond_highlight and scan_graphs; use debugprint "
            "for graphs inside of ops."
        )
    options = {
        "compact": compact,
        "with_ids": with_ids,
        "high_contrast": high_contrast,
        "colorCodes": default_colorCodes if colorCodes is None else colorCodes,
        "max_label_size": max_label_size,
        "var_with_name_simple": var_with_name_simple,
    }
    nodes, outputs = _graph_of(fct)
    picture = _render(_Picture(options).draw(nodes, outputs), format)
    if return_image:
        return picture
    path = Path(outfile or f"theano.pydotprint.{format}")
    if not path.suffix:
        path = path.with_suffix(f".{format}")
    path.write_bytes(picture)
    if print_output_file:
        print("The output file is available at", path)  # noqa: T201 - as asked
    return None


def _graph_of(fct: Any) -> tuple[list[Apply], list[Variable]]:
    if isinstance(fct, Variable):
        fct = [fct]
    if isinstance(fct, Apply):
        fct = fct.outputs
    if isinstance(fct, list | tuple) and all(isinstance(v, Variable) for v in fct):
        return toposort(fct), list(fct)
    maker = getattr(fct, "maker", None)
    fgraph = fct if isinstance(fct, FunctionGraph) else getattr(maker, "fgraph", None)
    if not isinstance(fgraph, FunctionGraph):
        raise TypeError(
            f"pydotprint expects a function, a variable or a list of them, got "
            f"{type(fct).__name__}."
        )
    return fgraph.toposort(), fgraph.outputs


def _render(text: str, kind: str) -> bytes:
    if kind == "dot":
        return text.encode()
    import shutil

    program = shutil.which("dot")
    if program is None:
        raise UnsupportedError(
            f'Pictures of format {kind!r} need the program "dot"; install Graphviz, or '
            'pass format="dot" to get the text.'
        )
    import subprocess  # slow to import

    done = subprocess.run(  # noqa: S603 - the program found above, on our own text
        [program, f"-T{kind}"], input=text.encode(), capture_output=True, check=False
    )
    if done.returncode:
        raise ValueError(f"dot refused format {kind!r}: {done.stderr.decode()}")
    return done.stdout
