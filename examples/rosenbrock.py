"""Gradient descent in Rosenbrock's valley, with the path drawn over contours."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T


def rosenbrock(x: object, y: object) -> object:
    """Return the height of the valley, symbolic or not; its minimum is at (1, 1)."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2  # type: ignore[operator]


def descend(init: list[float], steps: int, rate: float = 0.001) -> NDArray[np.float64]:
    """Return all points of a descent from `init`, `steps` + 1 rows."""
    x = theano.shared(np.array(init, dtype="float64"), name="x")
    z = rosenbrock(x[0], x[1])
    step = theano.function([], z, updates=[(x, x - rate * T.grad(z, x))])
    path = np.empty((steps + 1, 2))
    path[0] = init
    for i in range(steps):
        step()
        path[i + 1] = x.get_value(borrow=True)
    return path


def draw(path: NDArray[np.float64], file: Path) -> None:
    """Draw the path over the contours of the valley."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    low, high = path.min(axis=0).clip(-2, 0), path.max(axis=0).clip(1.5, 5) + 0.5
    x, y = np.meshgrid(*np.linspace(low, high, 300).T)
    figure, axes = plt.subplots(figsize=(7, 5))
    levels = np.logspace(-1, 3, 13)
    axes.contour(x, y, rosenbrock(x, y), levels=levels, norm="log")
    axes.plot(*path.T, "r.-", markersize=2, linewidth=1)
    axes.plot(1, 1, "k*", markersize=12)
    axes.set(xlabel="x[0]", ylabel="x[1]", title=f"{len(path) - 1} steps")
    figure.savefig(file, dpi=120)
    plt.close(figure)


def main() -> None:
    """Descend, print, and draw if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000, help="default 10000")
    parser.add_argument("--init", type=float, nargs=2, default=[2.0, 2.0])
    parser.add_argument("--plot", type=Path, metavar="FILE", help="needs matplotlib")
    options = parser.parse_args()
    path = descend(options.init, options.steps)
    print(f"after {options.steps} steps: ({path[-1][0]:.3f}, {path[-1][1]:.3f})")
    if options.plot:
        draw(path, options.plot)
        print("drawn:", options.plot)


if __name__ == "__main__":
    main()
