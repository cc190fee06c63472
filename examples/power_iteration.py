"""The largest eigenvalue of a matrix by power iteration: one loop in one function."""

from collections.abc import Callable
from typing import Any

import numpy as np

import theanolike as theano
import theanolike.tensor as T


def build() -> Callable[..., Any]:
    """Return the function from (matrix, start, steps) to the eigenvalue's estimates."""
    a, start, steps = T.dmatrix("a"), T.dvector("start"), T.lscalar("steps")

    def step(v: Any) -> tuple[Any, Any]:
        w = T.dot(a, v)
        return w / T.sqrt(T.sum(w * w)), T.dot(v, w)

    (_, estimates), _ = theano.scan(step, outputs_info=[start, None], n_steps=steps)
    return theano.function([a, start, steps], estimates)


def main() -> None:
    """Print estimates after some numbers of steps, and NumPy's eigenvalue."""
    rng = np.random.default_rng(0)
    square = rng.normal(size=(50, 50))
    a = square @ square.T
    estimates = build()(a, np.ones(50) / np.sqrt(50), 2000)
    for steps in (1, 10, 100, 2000):
        print(f"after {steps:4d} steps {estimates[steps - 1]:.10f}")
    print(f"eigvalsh         {np.linalg.eigvalsh(a)[-1]:.10f}")


if __name__ == "__main__":
    main()
