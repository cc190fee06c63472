"""Newton's method with `until`: the loop stops when the step is small enough."""

from collections.abc import Callable
from typing import Any

import theanolike as theano
import theanolike.tensor as T


def build(f: Callable[[Any], Any]) -> Callable[[float], Any]:
    """Return the function from a start to the points that Newton's method visits."""
    start = T.dscalar("start")

    def step(x: Any) -> tuple[Any, Any]:
        value = f(x)
        following = x - value / T.grad(value, x)
        return following, theano.scan_module.until(abs(following - x) < 1e-12)

    points, _ = theano.scan(step, outputs_info=start, n_steps=100)
    return theano.function([start], points)


def main() -> None:
    """Print the way to the root of x**3 - 2*x - 5, Newton's own example."""
    points = build(lambda x: x**3 - 2 * x - 5)(2.0)
    for point in points:
        print(f"{point:.15f}")
    print(f"{len(points)} steps")


if __name__ == "__main__":
    main()
