"""Scalar ops, applied element by element: each is a row of facts.

`unary`, `binary`, `ternary` and `variadic` declare one in a line.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen.lowering import (
    Builder,
    Call,
    Extent,
    Scalar,
    Shape,
    Shaped,
    Value,
)
from theanolike.errors import UnsupportedError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Missing, Pulled, Tangent, disconnected
from theanolike.ops.declare import NativeOp, register
from theanolike.ops.operands import as_operands
from theanolike.types.broadcasting import broadcast_static
from theanolike.types.constants import (
    as_tensor_variable,
)
from theanolike.types.dtypes import (
    divide_dtype,
    float_dtype,
    is_complex,
    is_continuous,
    promote,
    real_dtype,
)
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

# What a row says of dtypes: from the inputs' dtypes, the dtype that the operands are
# brought to and the result's.
Rule = Callable[[Sequence[str]], tuple[str, str]]


def same(dtypes: Sequence[str]) -> tuple[str, str]:
    """Promoted in, promoted out."""
    dtype = promote(*dtypes)
    return dtype, dtype


def floating(dtypes: Sequence[str]) -> tuple[str, str]:
    """Floats: of discrete operands, those of `float_dtype`."""
    dtype = float_dtype(promote(*dtypes))
    return dtype, dtype


def dividing(dtypes: Sequence[str]) -> tuple[str, str]:
    """As `same`, but int / int is floatX."""
    dtype = divide_dtype(*dtypes)
    return dtype, dtype


def comparing(dtypes: Sequence[str]) -> tuple[str, str]:
    """Promoted in, bool out."""
    return promote(*dtypes), "bool"


def real_part(dtypes: Sequence[str]) -> tuple[str, str]:
    """Promoted in, the real dtype of it out."""
    dtype = promote(*dtypes)
    return dtype, real_dtype(dtype)


@record
class Row:
    """The facts of a scalar op.

    Attributes
    ----------
    reference : callable or str
        NumPy's function, or "module:name", resolved at first use.
    rule : Rule
        The dtypes.
    pullback : callable, tuple of callables, or Missing
        Per input `f(*inputs, output, g)`, where `g` is a Cotangent. A single callable
        is that of every input's; for an op of any number of operands it takes
        `(i, inputs, output, g)`.
    primitive : str
        The emitters' scalar primitive; or `lower` builds it from others.
    lower : callable, optional
        `f(b, *scalars)` gives a Scalar; the scalars have the operand dtype.
    arity : int
        0 for any number from one on.
    symbol : str
        The infix operator that printing uses.
    accepts : callable, optional
        Tells whether the op takes operands that promote to a dtype.
    selector : bool
        The first operand is a bool of its own, with no part in the dtype rule.
    """

    reference: Any
    rule: Rule
    pullback: Any
    arity: int
    primitive: str
    lower: Callable[..., Scalar] | None = None
    symbol: str = ""
    doc: str = ""
    accepts: Callable[[str], bool] | None = None
    comparison: bool = False
    selector: bool = False


ROWS: dict[str, Row] = {}


@record
class Elementwise(NativeOp):
    """A scalar op applied element by element, operands broadcast as NumPy does."""

    name: str
    keeps_shape: ClassVar[bool] = True

    @property
    def row(self) -> Row:
        """The facts of this op."""
        try:
            return ROWS[self.name]
        except KeyError:
            raise UnsupportedError(
                f"An Elemwise of {self.name!r} isn't there yet; the functions of "
                "theano.tensor are."
            ) from None

    @property
    def is_comparison(self) -> bool:  # type: ignore[override]
        """Whether the result is the truth of a relation."""
        return self.row.comparison

    def make_node(self, *inputs: Any) -> Apply:
        """Return a node; Python scalars take the dtype of the tensors they meet."""
        arity = self.row.arity
        if (arity and len(inputs) != arity) or not inputs:
            raise TypeError(
                f"{self.name} takes {arity or 'one or more'} operands, "
                f"got {len(inputs)}."
            )
        first = int(self.row.selector)
        variables = [as_tensor_variable(x) for x in inputs[:first]]
        variables += as_operands(inputs[first:])
        kind = self.result(*(v.type for v in variables))
        return Apply(self, variables, [kind.make_variable()])

    def dtypes(self, types: Sequence[TensorType]) -> tuple[str, str]:
        """Return the operands' common dtype and the result's."""
        given = [t.dtype for t in types]
        if self.row.selector:
            if given[0] != "bool":
                raise TypeError(
                    f"The first operand of {self.name} must be bool, got {given[0]}; "
                    "compare it with 0."
                )
            del given[0]
        accepts = self.row.accepts
        if accepts is not None and not accepts(promote(*given)):
            raise TypeError(
                f"{self.name} isn't defined for operands of dtype {', '.join(given)}; "
                "use others, or cast them first."
            )
        return self.row.rule(given)

    def result(self, *types: TensorType) -> TensorType:
        _, dtype = self.dtypes(types)
        if len(types) == 1:
            return TensorType(dtype, types[0].shape)
        return TensorType(
            dtype,
            broadcast_static([t.shape for t in types], f"The operands of {self.name}"),
        )

    def shape(self, *inputs: Shaped) -> Shape:
        return broadcast_shape(*inputs)

    def reference(self, *arrays: Any) -> Any:
        first = int(self.row.selector)
        given = [np.asarray(a).dtype.name for a in arrays[first:]]
        operand, out = self.row.rule(given)
        function = self.row.reference
        if isinstance(function, str):
            module, _, name = function.partition(":")
            function = getattr(importlib.import_module(module), name)
        cast = [np.asarray(a) for a in arrays[:first]]
        cast += [np.asarray(a).astype(operand) for a in arrays[first:]]
        if not self.row.arity and len(cast) != 2:
            total = cast[0]
            for other in cast[1:]:
                total = function(total, other)
            return np.asarray(total, dtype=out)
        return np.asarray(function(*cast)).astype(out)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        operand, out = self.dtypes(
            [TensorType(v.dtype, (None,) * v.ndim) for v in inputs]
        )
        first = int(self.row.selector)

        def element(*scalars: Scalar) -> Scalar:
            cast = list(scalars[:first])
            cast += [cast_scalar(s, operand) for s in scalars[first:]]
            if self.row.lower is not None:
                return self.row.lower(b, *cast)
            if not self.row.arity:
                total = cast[0]
                for other in cast[1:]:
                    total = Call(self.row.primitive, out, (total, other))
                return total
            return Call(self.row.primitive, out, tuple(cast))

        return b.pointwise(out, element, *inputs)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected] * len(node.inputs)
        return [
            self._sum_to(self._pull(node, i, g), x) for i, x in enumerate(node.inputs)
        ]

    def _pull(self, node: Apply, i: int, g: Cotangent) -> Pulled:
        if not is_continuous(node.inputs[i].type.dtype):  # type: ignore[attr-defined]
            return disconnected
        rule = self.row.pullback
        if isinstance(rule, Missing):
            return rule
        if not self.row.arity:
            return rule(i, node.inputs, node.outputs[0], g)  # type: ignore[no-any-return]
        one = rule[i] if isinstance(rule, tuple) else rule
        if isinstance(one, Missing):
            return one
        return one(*node.inputs, node.outputs[0], g)  # type: ignore[no-any-return]

    def _sum_to(self, pulled: Pulled, x: Variable) -> Pulled:
        """Bring a cotangent to the input's dtype and shape."""
        if isinstance(pulled, Missing):
            return pulled
        f = functions()
        dtype = x.type.dtype  # type: ignore[attr-defined]
        value = pulled.value
        if is_complex(value.type.dtype) and not is_complex(dtype):
            value = f.real(value)
        if value.type.dtype != dtype:
            value = f.cast(value, dtype)
        support = pulled.support
        if support is not None:
            support = f.or_to(support, x)
        return pulled.like(f.sum_to(value, x), support)

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        f = functions()
        out = node.outputs[0]

        def widen(x: Variable) -> Any:
            return f.fill_like(x, out)

        total: Tangent | None = None
        for i, tangent in enumerate(tangents):
            if tangent is None:
                continue
            part = self._pull(node, i, tangent.through(widen))
            if isinstance(part, Missing):
                continue
            total = part if total is None else total + part  # type: ignore[assignment]
        if total is None:
            return [None]
        value, dtype = total.value, out.type.dtype  # type: ignore[attr-defined]
        if is_complex(value.type.dtype) and not is_complex(dtype):
            value = f.real(value)
        if value.type.dtype != dtype:
            value = f.cast(value, dtype)
        return [total.like(value, total.support).through(widen)]  # type: ignore[list-item]

    def __str__(self) -> str:
        return f"Elemwise{{{self.name}}}"

    def __repr__(self) -> str:
        return f"<elementwise {self.name}>"

    def __reduce__(self) -> Any:
        return Elementwise, (self.name,)


def cast_scalar(scalar: Scalar, dtype: str) -> Scalar:
    """Return `scalar` as `dtype`."""
    return scalar if scalar.dtype == dtype else Call("cast", dtype, (scalar,))


def broadcast_shape(*inputs: Shaped) -> Shape:
    """Return the shape of an elementwise result, extents assumed equal or 1."""
    rank = max(len(x.shape) for x in inputs)
    shape: list[int | Extent] = []
    for axis in range(rank):
        extents = [
            x.shape[axis - rank + len(x.shape)]
            for x in inputs
            if axis - rank + len(x.shape) >= 0
        ]
        known = [e for e in extents if isinstance(e, int) and e != 1]
        unknown = [e for e in extents if isinstance(e, Extent)]
        if known:
            shape.append(known[0])
        else:
            shape.append(unknown[0] if unknown else 1)
    return tuple(shape)


def _row(name: str, reference: Any, **facts: Any) -> Elementwise:
    if name in ROWS:
        raise ValueError(f"there is a scalar op {name} already")
    row = ROWS[name] = Row(reference, **{"primitive": name} | facts)
    op = Elementwise(name)
    object.__setattr__(op, "__doc__", row.doc or f"{name}, element by element.")
    return register(op, name)  # type: ignore[no-any-return]


Unary = Elementwise


Binary = Elementwise


Ternary = Elementwise


def unary(name: str, reference: Any, *, rule: Rule = floating, **facts: Any) -> Unary:
    """Declare a scalar op of one operand (see `Row` for the facts)."""
    return _row(name, reference, arity=1, rule=rule, **facts)


def binary(name: str, reference: Any, *, rule: Rule = same, **facts: Any) -> Binary:
    """Declare a scalar op of two operands."""
    return _row(name, reference, arity=2, rule=rule, **facts)


def ternary(name: str, reference: Any, *, rule: Rule = same, **facts: Any) -> Ternary:
    """Declare a scalar op of three operands."""
    return _row(name, reference, arity=3, rule=rule, **facts)


def variadic(name: str, reference: Any, *, rule: Rule = same, **facts: Any) -> Unary:
    """Declare an associative scalar op of one or more operands."""
    return _row(name, reference, arity=0, rule=rule, **facts)
