"""Are products of middling size as fast as by BLAS? Those of a step, square ones."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.measure import Question
from benchmarks.peers import load_peer

SIZES = [
    (100, 784, 500),
    (784, 100, 500),
    (500, 100, 10),
    (64, 64, 64),
    (400, 400, 400),
]


class Products:
    """One product of two matrices, by everybody."""

    def __init__(self, size: tuple[int, int, int], layout: str, dtype: str) -> None:
        rng = np.random.default_rng(0)
        m, k, n = size
        self.layout, self.dtype = layout, dtype
        self.x = rng.normal(size=(k, m) if layout[0] == "T" else (m, k)).astype(dtype)
        self.y = rng.normal(size=(n, k) if layout[1] == "T" else (k, n)).astype(dtype)

    def product(self, x: Any, y: Any) -> Any:
        """Return the product of factors of which some are transposed."""
        return (x.T if self.layout[0] == "T" else x) @ (
            y.T if self.layout[1] == "T" else y
        )

    def numpy(self) -> Callable[[], Any]:
        return lambda: self.product(self.x, self.y)

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano
        import theanolike.tensor as T

        x, y = T.matrix("x", dtype=self.dtype), T.matrix("y", dtype=self.dtype)
        f = theano.function([x, y], self.product(x, y))
        return lambda: f(self.x, self.y)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        f = jax.jit(self.product)
        x, y = jax.device_put(self.x), jax.device_put(self.y)
        return lambda: f(x, y).block_until_ready()


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the products of a perceptron's step and square ones, in two precisions."""
    for dtype, rtol in [("float64", 1e-9), ("float32", 1e-3)]:
        for size in SIZES[2:3] if smoke else SIZES:
            for layout in ["TN"] if size[0] > size[1] else ["NN", "NT"]:
                by = Products(size, layout, dtype)
                m, k, n = size
                expected = by.product(by.x.astype("float64"), by.y.astype("float64"))
                yield Question(
                    f"product {m} x {k} by {k} x {n}, {layout}, {dtype}, all cores",
                    "never slower than numpy",
                    {"theanolike": by.theanolike, "numpy": by.numpy, "jax": by.jax},
                    expected,
                    rtol,
                )
