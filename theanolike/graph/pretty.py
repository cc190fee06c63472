"""`pp`: a graph as a formula with full parentheses, in Theano's layout.

A printer gives the pieces of one node, texts and variables; the walk is here and does
not recurse. Printers for the families of ops are assigned in `theanolike.ops.printing`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.op import Op
from theanolike.graph.variable import Variable

Piece = str | Variable
Pieces = Sequence[Piece]

# A graph that shares nodes has a formula as long as 2**depth; beyond this many
# characters each further node is printed as "...".
MOST_CHARACTERS = 4_000_000
use_ascii = True
special = {"middle_dot": "\\dot", "big_sigma": "\\Sigma"}


class PrinterState:
    """What a printer of Theano's contract is told: who prints the inputs."""

    def __init__(self, pprinter: "PPrinter", **facts: Any) -> None:
        self.pprinter = pprinter
        self.__dict__.update(facts)

    def clone(self, **facts: Any) -> "PrinterState":
        """Return this state with other facts."""
        return PrinterState(**{**self.__dict__, **facts})


class Printer:
    """Gives the pieces of a node; `process` is Theano's way to ask for the text."""

    def pieces(self, output: Variable) -> Pieces:
        """Return texts and variables in the order in which they are printed."""
        raise NotImplementedError

    def process(self, output: Variable, pstate: PrinterState) -> str:
        """Return the whole text of `output`."""
        return pstate.pprinter.expand(self.pieces(output))


def _owner(output: Variable) -> Apply:
    if output.owner is None:
        raise TypeError(f"{output} is no result of an op, so it has no operator.")
    return output.owner


def listed(variables: Sequence[Variable], separator: str = ", ") -> list[Piece]:
    """Return the variables with `separator` between them."""
    pieces: list[Piece] = []
    for variable in variables:
        pieces += [separator, variable]
    return pieces[1:]


class OperatorPrinter(Printer):
    """Infix: `(x + y)`, or prefix where there is one operand: `(-x)`."""

    def __init__(
        self, operator: str, precedence: float = 0, assoc: str = "left"
    ) -> None:
        self.operator = operator
        self.precedence = precedence
        self.assoc = assoc

    def pieces(self, output: Variable) -> Pieces:
        inputs = _owner(output).inputs
        if len(inputs) == 1:
            return ["(" + self.operator, inputs[0], ")"]
        return ["(", *listed(inputs, f" {self.operator} "), ")"]


class FunctionPrinter(Printer):
    """A call: `exp(x)`. With several names, one per output."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def pieces(self, output: Variable) -> Pieces:
        name = self.names[(output.index or 0) if len(self.names) > 1 else 0]
        return [name + "(", *listed(_owner(output).inputs), ")"]


class PatternPrinter(Printer):
    """A text with %(0)s for the first input and so on; one pattern per output."""

    def __init__(self, *patterns: str | tuple[Any, ...]) -> None:
        self.patterns = [p if isinstance(p, str) else p[0] for p in patterns]

    def pieces(self, output: Variable) -> Pieces:
        pattern = self.patterns[(output.index or 0) % len(self.patterns)]
        inputs = _owner(output).inputs
        marks = {str(i): f"\0{i}\0" for i in range(len(inputs))}
        parts = (pattern % marks).split("\0")
        return [inputs[int(p)] if k % 2 else p for k, p in enumerate(parts)]


class IgnorePrinter(Printer):
    """Prints the only input and says nothing of the op."""

    def pieces(self, output: Variable) -> Pieces:
        inputs = _owner(output).inputs
        return [inputs[0]] if len(inputs) == 1 else listed(inputs)


class LeafPrinter(Printer):
    """A variable that nothing computes: its name or value."""

    def pieces(self, output: Variable) -> Pieces:
        return [str(output)]


class DefaultPrinter(Printer):
    """The op's own name, called; an op with a `symbol` is printed as an operator."""

    def pieces(self, output: Variable) -> Pieces:
        if output.owner is None:
            return [str(output)]
        op = output.owner.op
        printed = getattr(op, "printed", None)
        if printed is not None:
            return printed(output)  # type: ignore[no-any-return]
        row = getattr(op, "row", None)
        if row is not None and row.symbol and not row.comparison:
            return OperatorPrinter(row.symbol).pieces(output)
        name = getattr(op, "name", "") if row is not None else str(op)
        return [f"{name}(", *listed(output.owner.inputs), ")"]


Condition = Callable[[PrinterState, Variable], bool]


class PPrinter:
    """Chooses the printer of each node; those assigned last are asked first."""

    def __init__(self) -> None:
        self.printers: list[tuple[Condition, Any]] = []
        self._by_op: dict[Op, Any] = {}
        self._by_class: dict[type, Any] = {}
        self._default: Any = DefaultPrinter()

    def assign(self, condition: Any, printer: Any) -> None:
        """Let `printer` print an op, a class of ops, or what a predicate accepts.

        Parameters
        ----------
        condition : Op, subclass of Op, or callable of (PrinterState, Variable)
        printer : Printer, or any object with `process(output, pstate)`
        """
        if isinstance(condition, Op):
            self._by_op[condition] = printer
        elif isinstance(condition, type):
            self._by_class[condition] = printer
        else:
            self.printers.insert(0, (condition, printer))

    def clone(self) -> "PPrinter":
        """Return a copy to assign other printers to."""
        copy = PPrinter()
        copy.printers = list(self.printers)
        copy._by_op = dict(self._by_op)
        copy._by_class = dict(self._by_class)
        return copy

    def clone_assign(self, condition: Any, printer: Any) -> "PPrinter":
        """Return a copy with one more printer."""
        copy = self.clone()
        copy.assign(condition, printer)
        return copy

    def printer_of(self, variable: Variable, state: PrinterState) -> Any:
        """Return the printer for `variable`."""
        for condition, printer in self.printers:
            if condition(state, variable):
                return printer
        if variable.owner is None:
            return self._default
        op = variable.owner.op
        if self._by_op:
            printer = self._by_op.get(op)
            if printer is not None:
                return printer
        for cls in type(op).__mro__:
            if cls in self._by_class:
                return self._by_class[cls]
        return self._default

    def expand(self, pieces: Pieces) -> str:
        """Return the text of `pieces`, variables printed in turn."""
        state = PrinterState(self)
        texts: list[str] = []
        length = 0
        stack = list(reversed(pieces))
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                texts.append(piece)
                length += len(piece)
            elif length > MOST_CHARACTERS and piece.owner is not None:
                texts.append("...")
            else:
                printer = self.printer_of(piece, state)
                if isinstance(printer, Printer):
                    stack.extend(reversed(printer.pieces(piece)))
                else:
                    stack.append(printer.process(piece, state))
        return "".join(texts)

    def process(self, variable: Variable, pstate: PrinterState | None = None) -> str:
        """Return the formula of `variable`."""
        return self.expand([variable])

    def process_graph(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], **_: Any
    ) -> str:
        """Return a function's text: inputs, arrow, one formula per output."""
        given = ", ".join(self.process(v) for v in inputs)
        made = ", ".join(self.process(v) for v in outputs)
        return f"inputs: {given}; outputs: {made}"

    def __call__(self, *variables: Variable) -> str:
        return ", ".join(self.process(v) for v in variables)


pprint = PPrinter()


def pp(*variables: Variable) -> str:
    """Return variables as formulas with full parentheses.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dscalar("x")
    >>> pp((x - 4) * x)
    '((x - TensorConstant{4}) * x)'
    """
    return pprint(*variables)
