"""Typed variables, compiled functions, and every constructor of variables."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T

PREFIXES = "bwilfdcz"
RANKS = "scalar vector row col matrix tensor3 tensor4 tensor5 tensor6 tensor7".split()


def constructors() -> list[str]:
    """Return a line for each typed and untyped constructor, and for plurals."""
    names = [prefix + rank for rank in RANKS for prefix in ["", *PREFIXES]]
    return [f"{name}: {getattr(T, name)('x').type}" for name in names]


def main() -> None:
    """Print what the first pages of a tutorial compute."""
    a, b = T.dscalars("a", "b")
    f = theano.function([a, b], a + 2 * b)
    print("a + 2*b =", repr(f(2, 3)))

    A = T.matrix("A")
    double = theano.function([A], A * 2)
    print("A * 2 =", double([[1, 2], [3, 4]]).tolist())

    lines = constructors()
    print(len(lines), "constructors, among them")
    for line in lines[:9]:
        print(" ", line)
    print("  plural:", T.fvectors("u", "v", "w"))

    image = T.TensorType("float32", (None, 3, 8, 8))("image")
    row = T.TensorType("int64", (True, False))("row")
    print(image.type, image.broadcastable, "|", row.type, row.broadcastable)
    means = image.mean(axis=(0, 2, 3))
    print("mean by channel:", means.eval({image: np.ones((2, 3, 8, 8), "f")}))


if __name__ == "__main__":
    main()
