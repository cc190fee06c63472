"""Waves on a membrane: two earlier states make the next one."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T

Array = NDArray[np.float64]
SPEED = 0.25  # (speed * dt / dx) ** 2


def run(u: Any, steps: int) -> Any:
    """Return the membrane, let go at rest, after some steps; its rim is fixed."""

    def step(before: Any, now: Any) -> Any:
        around = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
        inner = now[1:-1, 1:-1]
        new = 2 * inner - before[1:-1, 1:-1] + SPEED * (around - 4 * inner)
        return T.set_subtensor(now[1:-1, 1:-1], new)

    starts = {"initial": T.stack([u, u]), "taps": [-2, -1]}
    states, _ = theano.scan(step, outputs_info=starts, n_steps=steps, name="wave")
    return states[-1]


def run_by_numpy(u: Array, steps: int) -> Array:
    """Return the same by whole arrays in NumPy."""
    before, now = u.copy(), u.copy()
    for _ in range(steps):
        around = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
        inner = now[1:-1, 1:-1]
        new = now.copy()
        new[1:-1, 1:-1] = 2 * inner - before[1:-1, 1:-1] + SPEED * (around - 4 * inner)
        before, now = now, new
    return now


def run_by_python(u: Array, steps: int) -> Array:
    """Return the same by loops over rows and columns."""
    before, now = u.tolist(), u.tolist()
    for _ in range(steps):
        new = [row[:] for row in now]
        for i in range(1, len(now) - 1):
            for j in range(1, len(now[0]) - 1):
                around = now[i - 1][j] + now[i + 1][j] + now[i][j - 1] + now[i][j + 1]
                bend = SPEED * (around - 4 * now[i][j])
                new[i][j] = 2 * now[i][j] - before[i][j] + bend
        before, now = now, new
    return np.array(now)


def make_bump(size: int) -> Array:
    """Return a membrane that is pulled up off its middle."""
    x = np.linspace(-1, 1, size)
    bump = np.exp(-40 * ((x[:, None] - 0.3) ** 2 + (x + 0.2) ** 2))
    bump[[0, -1]] = bump[:, [0, -1]] = 0
    return bump


def seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """Return the shortest time that some work takes."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def compile_by_hand(language: str) -> Callable[[Array, int], Array]:
    """Return the benchmarks' loops in C++ or Fortran; ImportError: no compiler."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from benchmarks.limits import call_limit, load_fortran, load_limit

    library = load_fortran("loops") if language == "Fortran" else load_limit("loops")

    def run_by_hand(u: Array, steps: int) -> Array:
        u = u.copy()
        call_limit(library.wave, u, len(u), steps, SPEED)
        return u

    return run_by_hand


def compare(bump: Array, steps: int, ours: Callable[[Array], Array]) -> None:
    """Print how long each way takes, as a multiple of ours; few steps for Python."""
    few = max(1, steps // 100)
    base = seconds(lambda: ours(bump))
    print(f"{'ours':>8} {1.0:8.2f}")
    for language in ("C++", "Fortran"):
        try:
            by_hand = compile_by_hand(language)
        except ImportError as error:
            print(f"{language:>8} gap: {error}")
            continue
        off = abs(by_hand(bump, steps) - ours(bump)).max()
        ratio = seconds(lambda: by_hand(bump, steps)) / base  # noqa: B023
        print(f"{language:>8} {ratio:8.2f}  the same: {bool(off < 1e-10)}")
    print(f"{'NumPy':>8} {seconds(lambda: run_by_numpy(bump, steps)) / base:8.2f}")
    python = seconds(lambda: run_by_python(bump, few), 1) * steps / few
    print(f"{'Python':>8} {python / base:8.2f}")


def draw(first: Array, last: Array, file: Path) -> None:
    """Draw the membrane before and after."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 4))
    for place, title, u in zip(axes, ("before", "after"), (first, last), strict=True):
        place.imshow(u, cmap="RdBu", vmin=-0.3, vmax=0.3)
        place.set(title=title, xticks=[], yticks=[])
    figure.savefig(file, dpi=120)
    plt.close(figure)


def main() -> None:
    """Let a membrane swing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=250, help="default 250")
    parser.add_argument("--steps", type=int, default=500, help="default 500")
    parser.add_argument("--compare", action="store_true", help="time the others")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="needs matplotlib")
    options = parser.parse_args()

    u = T.dmatrix("u")
    swing = theano.function([u], run(u, options.steps))
    first = make_bump(options.size)
    last = swing(first)
    off = abs(last - run_by_numpy(first, options.steps)).max()
    print(f"after {options.steps} steps: from {last.min():.4f} to {last.max():.4f}")
    print("the same as NumPy:", bool(off < 1e-10))
    if options.compare:
        compare(first, options.steps, swing)
    if options.plot:
        draw(first, last, options.plot)
        print("drawn:", options.plot)


if __name__ == "__main__":
    main()
