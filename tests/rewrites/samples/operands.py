"""What samples are made of: variables, some of known shape, and short names of ops."""

from theanolike import ops
from theanolike.types.type import TensorType

f = ops.find
exp, log, log1p, sigmoid = f("exp"), f("log"), f("log1p"), f("sigmoid")
softmax, arange = f("softmax"), f("arange")


def vector(name, dtype="float64"):
    return TensorType(dtype, (None,)).make_variable(name)


def matrix(name, dtype="float64"):
    return TensorType(dtype, (None, None)).make_variable(name)


V, W, S = vector("v"), vector("w"), TensorType("float64", ()).make_variable("s")
M, N = matrix("m"), vector("i", "int32")
ROW = TensorType("float64", (1, None)).make_variable("row")
FIXED = TensorType("float64", (2, 3)).make_variable("fixed")
SQUARE = TensorType("float64", (3, 3)).make_variable("square")
S_INT = TensorType("int64", ()).make_variable("k")
TRUTH, UNSIGNED = vector("t", "bool"), vector("u", "uint8")
