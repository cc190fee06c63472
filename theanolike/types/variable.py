"""Tensor variables: operators, methods and NumPy's protocols.

Each method calls the function of the same meaning in `theanolike.ops`, looked up when
first used: the ops are made of variables, so they can't be imported here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from theanolike.errors import AsTensorError, UnsupportedError
from theanolike.graph.variable import Variable
from theanolike.types.type import TensorType


class Functions:
    """The functions of the op families by name."""

    def __getattr__(self, name: str) -> Any:
        import theanolike.ops

        if name.startswith("__"):
            raise AttributeError(name)
        function = theanolike.ops.find(name)
        if function is None:
            raise UnsupportedError(f"{name} isn't there yet.")
        setattr(self, name, function)
        return function


_functions = Functions()


def functions() -> Functions:
    """Return the namespace of op functions."""
    return _functions


def _reduction(name: str) -> Any:
    def method(self: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        return getattr(_functions, name)(self, axis, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Return `{name}` of the elements, along `axis` if given."
    return method


def _same_named(name: str, function: str | None = None) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(_functions, function or name)(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Return `{function or name}` of this variable."
    return method


def _operator(function: str, *, reflected: bool = False) -> Any:
    def method(self: Any, other: Any) -> Any:
        operands = (other, self) if reflected else (self, other)
        try:
            return getattr(_functions, function)(*operands)
        except AsTensorError:
            if not reflected and _has_own(type(other), _OTHER_SIDE.get(function, "")):
                return NotImplemented  # Python tries the other side
            raise

    return method


_ORDERS = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_SIDES = {
    "true_div": "truediv",
    "int_div": "floordiv",
    "left_shift": "lshift",
    "right_shift": "rshift",
}
_OTHER_SIDE = {name: f"__{other}__" for name, other in _ORDERS.items()} | {
    name: f"__r{_SIDES.get(name, name.strip('_'))}__"
    for name in (*_SIDES, *"add sub mul mod divmod pow and_ or_ xor matmul".split())
}


def _has_own(kind: type, method: str) -> bool:
    """Tell whether a class, neither Python's nor NumPy's, has the method."""
    own = getattr(kind, method, None)
    return (
        kind.__module__.partition(".")[0] not in ("builtins", "numpy")
        and own is not None
        and own is not getattr(object, method, None)
    )


def _no_number(kind: str) -> str:
    return (
        f"{kind}() needs a number, got a symbolic variable: its value isn't "
        f"known before the function runs; use .astype(), or .eval() to compute it now."
    )


class TensorOperators:
    """What tensor variables, constants and shared variables can do."""

    __slots__ = ()
    __array_priority__ = 1000
    __hash__ = object.__hash__

    type: TensorType
    name: str | None

    @property
    def dtype(self) -> str:
        """The dtype's name."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """The rank."""
        return self.type.ndim

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """For each dim, whether it is known to be 1."""
        return self.type.broadcastable

    @property
    def shape(self) -> Any:
        """The shape, an int64 vector."""
        return _functions.shape(self)

    @property
    def size(self) -> Any:
        """The number of elements, an int64 scalar."""
        if self.ndim == 0:
            return _functions.constant(1)
        return _functions.prod(self.shape)

    @property
    def T(self) -> Any:
        """The transpose: all axes reversed."""
        return _functions.transpose(self)

    @property
    def real(self) -> Any:
        """The real part."""
        return _functions.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return _functions.imag(self)

    __add__ = _operator("add")
    __radd__ = _operator("add", reflected=True)
    __sub__ = _operator("sub")
    __rsub__ = _operator("sub", reflected=True)
    __mul__ = _operator("mul")
    __rmul__ = _operator("mul", reflected=True)
    __truediv__ = _operator("true_div")
    __rtruediv__ = _operator("true_div", reflected=True)
    __floordiv__ = _operator("int_div")
    __rfloordiv__ = _operator("int_div", reflected=True)
    __mod__ = _operator("mod")
    __rmod__ = _operator("mod", reflected=True)
    __divmod__ = _operator("divmod")
    __rdivmod__ = _operator("divmod", reflected=True)
    __pow__ = _operator("pow")
    __rpow__ = _operator("pow", reflected=True)
    __and__ = _operator("and_")
    __rand__ = _operator("and_", reflected=True)
    __or__ = _operator("or_")
    __ror__ = _operator("or_", reflected=True)
    __xor__ = _operator("xor")
    __rxor__ = _operator("xor", reflected=True)
    __lshift__ = _operator("left_shift")
    __rlshift__ = _operator("left_shift", reflected=True)
    __rshift__ = _operator("right_shift")
    __rrshift__ = _operator("right_shift", reflected=True)
    __matmul__ = _operator("matmul")
    __rmatmul__ = _operator("matmul", reflected=True)
    __lt__ = _operator("lt")
    __le__ = _operator("le")
    __gt__ = _operator("gt")
    __ge__ = _operator("ge")
    __dot__ = _operator("dot")
    __rdot__ = _operator("dot", reflected=True)
    __neg__ = _same_named("neg")
    __pos__ = _same_named("pos", "tensor_copy")
    __abs__ = _same_named("abs_")
    __invert__ = _same_named("invert")
    __ceil__ = _same_named("ceil")
    __floor__ = _same_named("floor")
    __trunc__ = _same_named("trunc")
    __getitem__ = _same_named("getitem")

    def __bool__(self) -> bool:
        owner = getattr(self, "owner", None)
        if owner is not None and getattr(owner.op, "is_comparison", False):
            raise TypeError("Variables do not support boolean operations.")
        return True

    def __int__(self) -> int:
        raise TypeError(_no_number("int"))

    def __float__(self) -> float:
        raise TypeError(_no_number("float"))

    def __len__(self) -> int:
        if self.ndim and self.type.shape[0] is not None:
            return self.type.shape[0]
        raise TypeError(
            "object of type 'TensorVariable' has no len(): the length isn't known "
            "before the function runs; use x.shape[0]."
        )

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim or self.type.shape[0] is None:
            length = _functions.find_vector_length(self)
        else:
            length = self.type.shape[0]
        if length is None:
            raise TypeError(
                "TensorType does not support iteration. Maybe you are using "
                "builtin.sum instead of theano.tensor.sum? (Maybe .max?)"
            )
        return (self[i] for i in range(length))

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Build graph from a NumPy function: `np.exp(x)`, `array + x`."""
        return _functions.from_ufunc(ufunc, method, args, kwargs)

    def __array_function__(
        self, func: Any, types: Sequence[Any], args: Any, kwargs: Mapping[str, Any]
    ) -> Any:
        """Build graph from a NumPy function: `np.concatenate([x, y])`."""
        return _functions.from_array_function(func, args, kwargs)

    def eval(self, inputs_to_values: Mapping[Variable, Any] | None = None) -> Any:
        """Return this variable's value, given those of the inputs it depends on.

        The compiled function is kept for the next call with the same inputs.
        """
        from theanolike.compile.function import evaluate

        return evaluate(self, inputs_to_values)  # type: ignore[arg-type] # a mixin

    def transpose(self, *axes: Any) -> Any:
        """Return the array with its axes permuted, reversed by default."""
        if not axes:
            return _functions.transpose(self)
        if len(axes) == 1 and isinstance(axes[0], list | tuple):
            axes = tuple(axes[0])
        return _functions.transpose(self, axes)

    def dimshuffle(self, *pattern: Any) -> Any:
        """Permute, drop and add ('x') dims."""
        if len(pattern) == 1 and isinstance(pattern[0], list | tuple):
            pattern = tuple(pattern[0])
        return _functions.dimshuffle(self, pattern)

    def astype(self, dtype: Any) -> Any:
        """Return the elements cast to `dtype`."""
        return _functions.cast(self, dtype)

    def ravel(self) -> Any:
        """Return the elements as a vector."""
        return _functions.flatten(self, 1)

    def get_scalar_constant_value(self) -> Any:
        """Return the value if this is a scalar constant, else raise."""
        return _functions.get_scalar_constant_value(self)

    def copy(self, name: str | None = None) -> Any:
        """Return a copy under another name; the tag isn't copied."""
        copied = _functions.tensor_copy(self)
        copied.name = name
        return copied

    def mean(
        self,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        acc_dtype: Any = None,
    ) -> Any:
        """Return the mean of the elements, along `axis` if given."""
        return _functions.mean(
            self, axis, dtype, keepdims=keepdims, acc_dtype=acc_dtype
        )

    def norm(self, L: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the L-norm along `axis`."""
        if L == 0 or np.isinf(L):
            raise NotImplementedError(
                f"norm with L={L} isn't defined by this method; use T.neq(x, 0).sum() "
                "or abs(x).max()."
            )
        powers = _functions.pow(_functions.abs_(self), L)
        total = _functions.sum(powers, axis, keepdims=keepdims)
        return _functions.pow(total, 1.0 / L)

    sum = _reduction("sum")
    prod = _reduction("prod")
    var = _reduction("var")
    std = _reduction("std")
    max = _reduction("max")
    min = _reduction("min")
    argmax = _reduction("argmax")
    argmin = _reduction("argmin")
    any = _reduction("any")
    all = _reduction("all")
    ptp = _reduction("ptp")
    cumsum = _reduction("cumsum")
    cumprod = _reduction("cumprod")
    flatten = _same_named("flatten")
    repeat = _same_named("repeat")
    sort = _same_named("sort")
    argsort = _same_named("argsort")
    nonzero = _same_named("nonzero")
    nonzero_values = _same_named("nonzero_values")
    diagonal = _same_named("diagonal")
    trace = _same_named("trace")
    take = _same_named("take")
    round = _same_named("round")
    conj = _same_named("conj")
    conjugate = _same_named("conjugate", "conj")
    zeros_like = _same_named("zeros_like")
    ones_like = _same_named("ones_like")
    swapaxes = _same_named("swapaxes")
    squeeze = _same_named("squeeze")
    searchsorted = _same_named("searchsorted")
    choose = _same_named("choose")
    transfer = _same_named("transfer")
    exp = _same_named("exp")
    exp2 = _same_named("exp2")
    expm1 = _same_named("expm1")
    log = _same_named("log")
    log2 = _same_named("log2")
    log10 = _same_named("log10")
    log1p = _same_named("log1p")
    sqrt = _same_named("sqrt")
    sin = _same_named("sin")
    cos = _same_named("cos")
    tan = _same_named("tan")
    arcsin = _same_named("arcsin")
    arccos = _same_named("arccos")
    arctan = _same_named("arctan")
    sinh = _same_named("sinh")
    cosh = _same_named("cosh")
    tanh = _same_named("tanh")
    arcsinh = _same_named("arcsinh")
    arccosh = _same_named("arccosh")
    arctanh = _same_named("arctanh")
    ceil = _same_named("ceil")
    floor = _same_named("floor")
    trunc = _same_named("trunc")
    deg2rad = _same_named("deg2rad")
    rad2deg = _same_named("rad2deg")

    # Their arguments have other names than those of the functions.

    def reshape(self, shape: Any, ndim: int | None = None) -> Any:
        """Return `reshape` of this variable."""
        return _functions.reshape(self, shape, ndim)

    def dot(self, right: Any) -> Any:
        """Return `dot` of this variable."""
        return _functions.dot(self, right)

    def clip(self, a_min: Any, a_max: Any) -> Any:
        """Return `clip` of this variable."""
        return _functions.clip(self, a_min, a_max)

    def fill(self, value: Any) -> Any:
        """Return `fill` of this variable."""
        return _functions.fill(self, value)

    def compress(self, a: Any, axis: int | None = None) -> Any:
        """Return the slices of this along `axis` where the vector `a` is true."""
        return _functions.compress(a, self, axis)


class TensorVariable(TensorOperators, Variable):
    """A symbolic array."""

    type: TensorType
