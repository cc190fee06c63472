"""`Print`, an op that shows its value when it runs, and how ops look in a formula.

Print is the one op of the library that calls back into Python: showing is what it does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.pretty import (
    OperatorPrinter,
    PatternPrinter,
    Piece,
    Pieces,
    Printer,
    listed,
    pprint,
    special,
)
from theanolike.graph.variable import Variable
from theanolike.ops.arithmetic import abs_
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, NativeOp, Shape, Shaped, Value
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.joining import Join
from theanolike.ops.products import Dot
from theanolike.ops.reduction import Reduction
from theanolike.types.type import TensorType


def _print_fn(op: "Print", xin: Any) -> None:
    """Show the attributes of a value that `op` names, a line each."""
    for attr in op.attrs:
        found = getattr(xin, attr)
        shown = found() if callable(found) else found
        print(op.message, attr, "=", shown)  # noqa: T201 - printing is what it is for


@dataclass(frozen=True, repr=False)
class Print(NativeOp):
    """The identity, which shows its value each time it is computed.

    Parameters
    ----------
    message : str
        Starts each line.
    attrs : sequence of str
        What to show: attributes, or methods without arguments, of the array.
    global_fn : callable
        Called with the op and the array instead of the default display.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dscalar("x")
    >>> (Print("x is")(x) + 1).eval({x: 2.0})
    x is __str__ = 2.0
    array(3.)
    """

    message: str = ""
    attrs: Sequence[str] = ("__str__",)
    global_fn: Callable[["Print", Any], None] = _print_fn

    def __post_init__(self) -> None:
        object.__setattr__(self, "attrs", tuple(self.attrs))

    def result(self, *types: TensorType) -> TensorType:
        return types[0]

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, *arrays: Any) -> Any:
        self.global_fn(self, arrays[0])
        return arrays[0]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x = inputs[0]
        node = b.sites[b.site]  # called back through its `perform`
        return b.host(node, [x], [(x.dtype, b.outputs[0].shape)])[0]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        return [cotangents[0] or disconnected]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return list(tangents)

    def do_constant_folding(self, node: Apply) -> bool:
        return False

    def __str__(self) -> str:
        return f"Print{{message={self.message!r}, attrs={self.attrs!r}}}"


class DimShufflePrinter(Printer):
    """Nothing for new leading dims, `x.T` for a transpose."""

    def pieces(self, output: Variable) -> Pieces:
        node = output.owner
        assert node is not None, "a result of DimShuffle"
        (x,) = node.inputs
        order = list(node.op.order)  # type: ignore[attr-defined]
        while order and order[0] is None:
            order.pop(0)
        dims = list(range(x.type.ndim))  # type: ignore[attr-defined]
        if order == dims:
            return [x]
        if order == dims[::-1]:
            return [x, ".T"]
        shown = ", ".join("x" if k is None else str(k) for k in order)
        return [f"DimShuffle{{{shown}}}(", x, ")"]


class ReductionPrinter(Printer):
    """`sum(x)`; with `axis=` where some axes are kept."""

    def pieces(self, output: Variable) -> Pieces:
        node = output.owner
        assert node is not None, "a result of a reduction"
        axes = tuple(node.op.axes)  # type: ignore[attr-defined]
        name = type(node.op).__name__.lower().removesuffix("true")
        pieces: list[Piece] = [f"{name}(", *listed(node.inputs)]
        if len(axes) != node.inputs[0].type.ndim:  # type: ignore[attr-defined]
            pieces.append(f", axis={axes[0] if len(axes) == 1 else axes}")
        return [*pieces, ")"]


class JoinPrinter(Printer):
    """`join(axis, x, y)`, as it is called."""

    def pieces(self, output: Variable) -> Pieces:
        node = output.owner
        assert node is not None, "a result of Join"
        axis = f"TensorConstant{{{node.op.axis}}}"  # type: ignore[attr-defined]
        return [f"join({axis}, ", *listed(node.inputs), ")"]


pprint.assign(DimShuffle, DimShufflePrinter())
pprint.assign(Dot, OperatorPrinter(special["middle_dot"]))
pprint.assign(Join, JoinPrinter())
pprint.assign(Reduction, ReductionPrinter())
pprint.assign(abs_, PatternPrinter("|%(0)s|"))
