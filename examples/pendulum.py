"""A pendulum by Runge-Kutta steps; its length fitted by gradient through the solver."""

from typing import Any

import numpy as np

import theanolike as theano
import theanolike.tensor as T

GRAVITY, STEP, STEPS = 9.81, 0.01, 300


def simulate(length: Any, friction: Any, angle: Any) -> Any:
    """Return the angles of a pendulum released at rest."""

    def slope(x: Any, v: Any) -> tuple[Any, Any]:
        return v, -GRAVITY / length * T.sin(x) - friction * v

    def step(x: Any, v: Any) -> tuple[Any, Any]:
        x1, v1 = slope(x, v)
        x2, v2 = slope(x + STEP / 2 * x1, v + STEP / 2 * v1)
        x3, v3 = slope(x + STEP / 2 * x2, v + STEP / 2 * v2)
        x4, v4 = slope(x + STEP * x3, v + STEP * v3)
        return (
            x + STEP / 6 * (x1 + 2 * x2 + 2 * x3 + x4),
            v + STEP / 6 * (v1 + 2 * v2 + 2 * v3 + v4),
        )

    (angles, _), _ = theano.scan(step, outputs_info=[angle, 0.0], n_steps=STEPS)
    return angles


def main() -> None:
    """Print how length and friction come near those that made the measurements."""
    angle = T.dscalar("angle")
    truth = theano.function([angle], simulate(T.constant(1.3), T.constant(0.2), angle))
    measured = truth(0.9) + np.random.default_rng(1).normal(scale=0.01, size=STEPS)

    length, friction = theano.shared(1.0, "length"), theano.shared(0.0, "friction")
    cost = T.mean((simulate(length, friction, angle) - measured) ** 2)
    slopes = T.grad(cost, [length, friction])
    moves = [(p, p - 0.1 * g) for p, g in zip([length, friction], slopes, strict=True)]
    train = theano.function([angle], cost, updates=moves)
    print("measured: length 1.300 friction 0.200")
    for k in range(401):
        error = train(0.9)
        if k % 100 == 0:
            fitted = float(length.get_value()), float(friction.get_value())
            found = f"length {fitted[0]:.3f} friction {fitted[1]:.3f}"
            print(f"step {k:3d}: {found}, mean squared error {error:.6f}")


if __name__ == "__main__":
    main()
