"""Heat that spreads over a plate, and the plate that it began on, by gradient."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T

Array = NDArray[np.float64]
RATE = 0.2


def spread(plate: Any, steps: int) -> Any:
    """Return the plate after some steps; its border keeps its heat."""

    def step(u: Any) -> Any:
        around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
        inner = u[1:-1, 1:-1]
        return T.set_subtensor(u[1:-1, 1:-1], inner + RATE * (around - 4 * inner))

    states, _ = theano.scan(step, outputs_info=plate, n_steps=steps, name="heat")
    return states[-1]


def spread_by_numpy(plate: Array, steps: int) -> Array:
    """Return the same by whole arrays in NumPy."""
    u = plate.copy()
    for _ in range(steps):
        around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
        u[1:-1, 1:-1] += RATE * (around - 4 * u[1:-1, 1:-1])
    return u


def make_plate(size: int) -> Array:
    """Return a cold plate with a warm square and a hot spot."""
    plate = np.zeros((size, size))
    third = size // 3
    plate[third : 2 * third, third // 2 : third] = 1
    plate[size // 4, 2 * third] = 20
    return plate


def draw(plates: dict[str, Array], file: Path) -> None:
    """Draw plates side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(plates), figsize=(4 * len(plates), 4))
    for place, (title, plate) in zip(axes, plates.items(), strict=True):
        place.imshow(plate, cmap="inferno", vmin=0, vmax=1)
        place.set(title=title, xticks=[], yticks=[])
    figure.savefig(file, dpi=120)
    plt.close(figure)


def main() -> None:
    """Spread the heat, then look for the plate that it came from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=250, help="default 250")
    parser.add_argument("--steps", type=int, default=500, help="default 500")
    parser.add_argument("--descents", type=int, default=20, help="default 20")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="needs matplotlib")
    options = parser.parse_args()

    first = make_plate(options.size)
    plate = T.dmatrix("plate")
    forward = theano.function([plate], spread(plate, options.steps))
    last = forward(first)
    off = abs(last - spread_by_numpy(first, options.steps)).max()
    print(f"heat: {first.sum():.3f}, after {options.steps} steps {last.sum():.3f}")
    print("the same as NumPy:", bool(off < 1e-12))

    guess = theano.shared(np.zeros_like(first), "guess")
    miss = T.sum((spread(guess, options.steps) - last) ** 2)
    slope = T.grad(miss, guess)[1:-1, 1:-1]
    better = T.inc_subtensor(guess[1:-1, 1:-1], -0.4 * slope)
    descend = theano.function([], miss, updates=[(guess, better)])
    for k in range(options.descents):
        error = float(descend())
        if k % 5 == 0 or k == options.descents - 1:
            print(f"descent {k:3d}: the end is missed by {error:.6f}")
    if options.plot:
        found = guess.get_value()
        draw({"before": first, "after": last, "found": found}, options.plot)
        print("drawn:", options.plot)


if __name__ == "__main__":
    main()
