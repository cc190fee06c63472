"""The typed and untyped constructors of tensor variables, and their plurals."""

from collections.abc import Callable, Sequence
from typing import Any

from theanolike.types.broadcasting import StaticShape
from theanolike.types.dtypes import floatX
from theanolike.types.type import TensorType
from theanolike.types.variable import TensorVariable


def tensor(
    dtype: Any = None,
    broadcastable: Sequence[bool | int | None] | None = None,
    name: str | None = None,
    shape: Sequence[bool | int | None] | None = None,
) -> TensorVariable:
    """Return a variable of `TensorType(dtype, shape or broadcastable)`."""
    pattern = shape if shape is not None else broadcastable
    return TensorType(floatX() if dtype is None else dtype, pattern)(name)


class Constructor:
    """Makes variables of one static shape in floatX, or in the dtype given."""

    def __init__(self, kind: str, shape: StaticShape) -> None:
        self.kind = kind
        self.shape = shape
        self.__name__ = kind
        self.__doc__ = f"Return a {kind} variable; its dtype is floatX unless given."

    def __call__(self, name: str | None = None, dtype: Any = None) -> TensorVariable:
        return TensorType(floatX() if dtype is None else dtype, self.shape)(name)

    def __repr__(self) -> str:
        return f"<constructor of a {self.kind}>"


class Plural:
    """Makes several variables: `scalars('a', 'b')`, `scalars('ab')`, `scalars(3)`."""

    def __init__(self, one: Callable[..., TensorVariable]) -> None:
        self.one = one
        self.__doc__ = f"Return several of `{getattr(one, '__name__', one)}`."

    def __call__(self, *names: Any, dtype: Any = None) -> Any:
        keywords = {} if dtype is None else {"dtype": dtype}
        if len(names) == 1:
            names = (None,) * names[0] if isinstance(names[0], int) else tuple(names[0])
        made = [self.one(name, **keywords) for name in names]
        return made[0] if len(made) == 1 else made


scalar = Constructor("scalar", ())
vector = Constructor("vector", (None,))
row = Constructor("row", (1, None))
col = Constructor("col", (None, 1))
matrix = Constructor("matrix", (None, None))
tensor3 = Constructor("tensor3", (None,) * 3)
tensor4 = Constructor("tensor4", (None,) * 4)
tensor5 = Constructor("tensor5", (None,) * 5)
tensor6 = Constructor("tensor6", (None,) * 6)
tensor7 = Constructor("tensor7", (None,) * 7)

bscalar = TensorType("int8", ())
wscalar = TensorType("int16", ())
iscalar = TensorType("int32", ())
lscalar = TensorType("int64", ())
fscalar = TensorType("float32", ())
dscalar = TensorType("float64", ())
cscalar = TensorType("complex64", ())
zscalar = TensorType("complex128", ())
bvector = TensorType("int8", (None,))
wvector = TensorType("int16", (None,))
ivector = TensorType("int32", (None,))
lvector = TensorType("int64", (None,))
fvector = TensorType("float32", (None,))
dvector = TensorType("float64", (None,))
cvector = TensorType("complex64", (None,))
zvector = TensorType("complex128", (None,))
brow = TensorType("int8", (1, None))
wrow = TensorType("int16", (1, None))
irow = TensorType("int32", (1, None))
lrow = TensorType("int64", (1, None))
frow = TensorType("float32", (1, None))
drow = TensorType("float64", (1, None))
crow = TensorType("complex64", (1, None))
zrow = TensorType("complex128", (1, None))
bcol = TensorType("int8", (None, 1))
wcol = TensorType("int16", (None, 1))
icol = TensorType("int32", (None, 1))
lcol = TensorType("int64", (None, 1))
fcol = TensorType("float32", (None, 1))
dcol = TensorType("float64", (None, 1))
ccol = TensorType("complex64", (None, 1))
zcol = TensorType("complex128", (None, 1))
bmatrix = TensorType("int8", (None, None))
wmatrix = TensorType("int16", (None, None))
imatrix = TensorType("int32", (None, None))
lmatrix = TensorType("int64", (None, None))
fmatrix = TensorType("float32", (None, None))
dmatrix = TensorType("float64", (None, None))
cmatrix = TensorType("complex64", (None, None))
zmatrix = TensorType("complex128", (None, None))
btensor3 = TensorType("int8", (None,) * 3)
wtensor3 = TensorType("int16", (None,) * 3)
itensor3 = TensorType("int32", (None,) * 3)
ltensor3 = TensorType("int64", (None,) * 3)
ftensor3 = TensorType("float32", (None,) * 3)
dtensor3 = TensorType("float64", (None,) * 3)
ctensor3 = TensorType("complex64", (None,) * 3)
ztensor3 = TensorType("complex128", (None,) * 3)
btensor4 = TensorType("int8", (None,) * 4)
wtensor4 = TensorType("int16", (None,) * 4)
itensor4 = TensorType("int32", (None,) * 4)
ltensor4 = TensorType("int64", (None,) * 4)
ftensor4 = TensorType("float32", (None,) * 4)
dtensor4 = TensorType("float64", (None,) * 4)
ctensor4 = TensorType("complex64", (None,) * 4)
ztensor4 = TensorType("complex128", (None,) * 4)
btensor5 = TensorType("int8", (None,) * 5)
wtensor5 = TensorType("int16", (None,) * 5)
itensor5 = TensorType("int32", (None,) * 5)
ltensor5 = TensorType("int64", (None,) * 5)
ftensor5 = TensorType("float32", (None,) * 5)
dtensor5 = TensorType("float64", (None,) * 5)
ctensor5 = TensorType("complex64", (None,) * 5)
ztensor5 = TensorType("complex128", (None,) * 5)
btensor6 = TensorType("int8", (None,) * 6)
wtensor6 = TensorType("int16", (None,) * 6)
itensor6 = TensorType("int32", (None,) * 6)
ltensor6 = TensorType("int64", (None,) * 6)
ftensor6 = TensorType("float32", (None,) * 6)
dtensor6 = TensorType("float64", (None,) * 6)
ctensor6 = TensorType("complex64", (None,) * 6)
ztensor6 = TensorType("complex128", (None,) * 6)
btensor7 = TensorType("int8", (None,) * 7)
wtensor7 = TensorType("int16", (None,) * 7)
itensor7 = TensorType("int32", (None,) * 7)
ltensor7 = TensorType("int64", (None,) * 7)
ftensor7 = TensorType("float32", (None,) * 7)
dtensor7 = TensorType("float64", (None,) * 7)
ctensor7 = TensorType("complex64", (None,) * 7)
ztensor7 = TensorType("complex128", (None,) * 7)

scalars = Plural(scalar)
vectors = Plural(vector)
rows = Plural(row)
cols = Plural(col)
matrices = Plural(matrix)
tensor3s = Plural(tensor3)
tensor4s = Plural(tensor4)
tensor5s = Plural(tensor5)
tensor6s = Plural(tensor6)
tensor7s = Plural(tensor7)
iscalars = Plural(iscalar)
lscalars = Plural(lscalar)
fscalars = Plural(fscalar)
dscalars = Plural(dscalar)
ivectors = Plural(ivector)
lvectors = Plural(lvector)
fvectors = Plural(fvector)
dvectors = Plural(dvector)
irows = Plural(irow)
lrows = Plural(lrow)
frows = Plural(frow)
drows = Plural(drow)
icols = Plural(icol)
lcols = Plural(lcol)
fcols = Plural(fcol)
dcols = Plural(dcol)
imatrices = Plural(imatrix)
lmatrices = Plural(lmatrix)
fmatrices = Plural(fmatrix)
dmatrices = Plural(dmatrix)
itensor3s = Plural(itensor3)
ltensor3s = Plural(ltensor3)
ftensor3s = Plural(ftensor3)
dtensor3s = Plural(dtensor3)
itensor4s = Plural(itensor4)
ltensor4s = Plural(ltensor4)
ftensor4s = Plural(ftensor4)
dtensor4s = Plural(dtensor4)
itensor5s = Plural(itensor5)
ltensor5s = Plural(ltensor5)
ftensor5s = Plural(ftensor5)
dtensor5s = Plural(dtensor5)
itensor6s = Plural(itensor6)
ltensor6s = Plural(ltensor6)
ftensor6s = Plural(ftensor6)
dtensor6s = Plural(dtensor6)
itensor7s = Plural(itensor7)
ltensor7s = Plural(ltensor7)
ftensor7s = Plural(ftensor7)
dtensor7s = Plural(dtensor7)
