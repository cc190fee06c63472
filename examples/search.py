"""A search without gradients: walk x along y = (x - 1)**4 until y stops changing."""

import theanolike as theano


def search(step: float = 0.01, least_change: float = 1e-6) -> tuple[float, int]:
    """Return where x is when y changes by less than `least_change`, and the calls."""
    x = theano.shared(0.0, name="x")
    y = (x - 1) ** 4
    advance = theano.function([], y, updates=({x: x + step}))
    before, now, calls = float("inf"), advance(), 1
    while abs(now - before) >= least_change:
        before, now, calls = now, advance(), calls + 1
    return float(x.get_value()), calls


def main() -> None:
    """Print the minimum that was found."""
    x_min, calls = search()
    print(f"x_min {x_min:.2f} after {calls} calls")


if __name__ == "__main__":
    main()
