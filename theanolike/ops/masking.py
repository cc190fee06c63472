"""Products under a guard: the terms that a cotangent's support excludes don't count.

The gradient of `switch(ok, dot(x, w), 0)` by w is `x.T @ g`, with rows of g that are
structurally zero. In a plain product a NaN in such a row of x spoils the whole result.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen import lowering
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, NativeOp, Scalar, Shape, Shaped, Value
from theanolike.types.dtypes import is_complex
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

__all__ = ["MaskedProduct", "multiply", "times"]


@record
class MaskedProduct(NativeOp):
    """`product` of x and y without the terms that lie outside their supports.

    The operands are x and y, then for each that `masks` names a bool of its shape; it
    is zero outside of that. Where an element has a term within the supports that is
    not finite, it is what the plain product gives: infinite or NaN.

    Attributes
    ----------
    product : Product
    masks : (bool, bool)
        Whether x and y have supports.
    """

    product: Any
    masks: tuple[bool, bool]
    support: ClassVar[str] = "narrows it"

    def result(self, *types: TensorType) -> TensorType:
        return self.product.result(*types[:2])  # type: ignore[no-any-return]

    def shape(self, *inputs: Shaped) -> Shape:
        return self.product.shape(*inputs[:2])  # type: ignore[no-any-return]

    def split(self, given: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
        """Return x, y and their supports, None for one that isn't there."""
        rest = iter(given[2:])
        s, t = (next(rest) if has else None for has in self.masks)
        return given[0], given[1], s, t

    def reference(self, *arrays: Any) -> Any:
        x, y, s, t = self.split([np.asarray(a) for a in arrays])
        plain = self.product.reference(x, y)
        if np.isfinite(plain).all():
            return plain
        fine = [np.isfinite(v) for v in (x, y)]
        masks = [(x, t, fine[0]), (y, s, fine[1])]
        clean = [
            v if m is None else np.where(ok, v, v.dtype.type(0)) for v, m, ok in masks
        ]
        spoiled = np.zeros(plain.shape, bool)
        for here, there in _meetings(fine, (s, t), _without):
            pair = (here.astype("float32"), there.astype("float32"))
            spoiled |= np.asarray(self.product.reference(*pair)) > 0
        return np.where(spoiled, plain, self.product.reference(*clean))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, y, s, t = self.split(inputs)
        if not self.product.is_call(x, y):
            return self._redone(b, x, y, s, t)
        turned = [lowering.untransposed(v) for v in inputs]
        sources = [v for v, _ in turned]
        turns = [turn for _, turn in turned]

        def given(inner: Builder, values: Sequence[Value]) -> list[Value]:
            return [
                inner.transpose(v, [1, 0]) if turn else v
                for v, turn in zip(values, turns, strict=True)
            ]

        def again(inner: Builder, *values: Value) -> list[Value]:
            inner.outputs = b.outputs
            return [self._redone(inner, *self.split(given(inner, values)))]

        if self.masks == (False, True):

            def once(inner: Builder, *values: Value) -> list[Value]:
                inner.outputs = b.outputs
                return [self.product.lower(inner, *given(inner, values)[:2])]

            return b.branch(_any_bad(b, sources[0]), sources, again, once)[0]
        plain = self.product.lower(b, x, y)
        return b.branch(
            _any_bad(b, plain),
            [*sources, plain],
            lambda inner, *values: again(inner, *values[:-1]),
            lambda _, *values: [values[-1]],
        )[0]

    def _redone(self, b: Builder, x: Value, y: Value, s: Any, t: Any) -> Value:
        """Return the product of the finite parts, the plain one where that is right."""
        product = self.product
        plain = product.lower(b, x, y)
        clean = product.lower(
            b,
            x if t is None else _cleaned(b, x),
            y if s is None else _cleaned(b, y),
        )
        kind = "float64" if x.dtype in {"float64", "complex128"} else "float32"
        fine = [
            b.map(v.shape, "bool", lambda *i, v=v: _finite(v.at(*i))) for v in (x, y)
        ]

        def without(v: Any, w: Value) -> Value:
            if v is None:
                return b.pointwise("bool", _opposite, w)
            return b.pointwise("bool", lambda e, h: e & _opposite(h), v, w)

        def number(v: Value) -> Value:
            return b.pointwise(kind, lambda e: lowering.Call("cast", kind, (e,)), v)

        counts = [
            product.lower(b, number(here), number(there))
            for here, there in _meetings(fine, (s, t), without)
        ]

        def element(p: Scalar, c: Scalar, *numbers: Scalar) -> Scalar:
            spoiled = numbers[0] > 0
            for n in numbers[1:]:
                spoiled = spoiled | (n > 0)
            return lowering.select(spoiled, p, c)

        return b.pointwise(plain.dtype, element, plain, clean, *counts)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        others: list[Pulled] = [disconnected] * (len(node.inputs) - 2)
        if g is None:
            return [disconnected, disconnected, *others]
        x, y, s, t = self.split(node.inputs)
        gx, gy = self.product.back(Cotangent(x, s), Cotangent(y, t), g)
        return [
            gx if s is None else gx.where(s),
            gy if t is None else gy.where(t),
            *others,
        ]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        x, y, s, t = self.split(node.inputs)
        along = [
            None if one is None else (one if mask is None else one.where(mask))
            for one, mask in zip(tangents[:2], (s, t), strict=True)
        ]
        parts = []
        if along[0] is not None:
            parts.append(multiply(self.product, along[0], Tangent(y, t)))
        if along[1] is not None:
            parts.append(multiply(self.product, Tangent(x, s), along[1]))
        if not parts:
            return [None]
        return [parts[0] + parts[1] if len(parts) > 1 else parts[0]]  # type: ignore[list-item]

    def __str__(self) -> str:
        return f"Masked{{{self.product}}}"


def _meetings(
    fine: Sequence[Any],
    masks: Sequence[Any],
    without: Callable[[Any, Any], Any],
) -> list[tuple[Any, Any]]:
    """Return pairs of bools of x and y whose products count terms that aren't finite.

    They are those of a bad element of one operand and the other one's support. A bad
    element that meets no support counts wherever it is, and is not cleaned.
    """
    (ok_x, ok_y), (s, t) = fine, masks
    pairs = []
    if s is not None:
        pairs.append((s, without(t, ok_y)))
    if t is not None:
        pairs.append((without(s, ok_x), t))
    return pairs


def _without(mask: Any, other: Any) -> Any:
    return ~other if mask is None else mask & ~other


def _opposite(e: Scalar) -> Scalar:
    return lowering.Call("invert", "bool", (e,))


def _finite(x: Scalar) -> Scalar:
    if is_complex(x.dtype):
        part = "float64" if x.dtype == "complex128" else "float32"
        real, imag = (lowering.Call(k, part, (x,)) for k in ("real", "imag"))
        return _finite(real) & _finite(imag)
    return lowering.Call("isfinite", "bool", (x,))


def _cleaned(b: Builder, x: Value) -> Value:
    zero = lowering.Literal(0, x.dtype)
    return b.pointwise(x.dtype, lambda e: lowering.select(_finite(e), e, zero), x)


def _any_bad(b: Builder, x: Value) -> Value:
    def bad(*axes: Scalar) -> Scalar:
        return _opposite(_finite(x.at(*axes)))

    return b.reduce("or", (x.shape, "bool", bad), range(x.ndim), "bool", "bool")


def multiply(product: Any, x: Cotangent, y: Cotangent) -> Cotangent:
    """Return the product of two values with supports; only guards are kept."""
    kept = [_guard(c) for c in (x, y)]
    kind = Tangent if isinstance(x, Tangent) or isinstance(y, Tangent) else Cotangent
    if kept == [None, None]:
        return kind(product(x.value, y.value))
    s, t = kept
    supports = [v for v in kept if v is not None]
    op = MaskedProduct(product, (s is not None, t is not None))
    value = op(x.value, y.value, *supports)
    f = functions()
    reached = [f.fill_like(v, value) for v in product.reach(s, t, x.value, y.value)]
    return kind(value, reached[0] if len(reached) == 1 else f.and_(*reached))


def _guard(c: Cotangent) -> Any:
    if c.support is None or not c.is_guard:
        return None
    return functions().fill_like(c.support, c.value)


def times(x: Cotangent, y: Cotangent) -> Cotangent:
    """Return the elementwise product of two values with supports, broadcast."""
    f = functions()
    value = f.mul(x.value, y.value)
    both = [c for c in (x, y) if c.support is not None]
    if not both:
        return Cotangent(value)
    supports = [f.fill_like(c.support, value) for c in both]
    support = supports[0] if len(supports) == 1 else f.and_(*supports)
    return Cotangent(f.masked(support, value), support, any(c.is_guard for c in both))
