"""Logistic regression, 400 examples of 784 features, trained until no error is left."""

import argparse

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T

Floats = NDArray[np.float64]
RATE, DECAY = 0.1, 0.01


def make_data(examples: int = 400, features: int = 784) -> tuple[Floats, ...]:
    """Return inputs, labels of 0 and 1, and weights to start from."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, examples).astype("float64")
    return rng.normal(size=(examples, features)), labels, rng.normal(size=features)


class Model:
    """The symbolic model, and its functions `train` and `predict`."""

    def __init__(self, start: Floats) -> None:
        x, y = T.dmatrix("x"), T.dvector("y")
        self.w = theano.shared(start, name="w")
        self.b = theano.shared(0.0, name="b")
        p_1 = 1 / (1 + T.exp(-T.dot(x, self.w) - self.b))
        prediction = p_1 > 0.5
        xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)
        cost = xent.mean() + DECAY * (self.w**2).sum()
        gw, gb = T.grad(cost, [self.w, self.b])
        self.train = theano.function(
            inputs=[x, y],
            outputs=[prediction, xent],
            updates=((self.w, self.w - RATE * gw), (self.b, self.b - RATE * gb)),
        )
        self.predict = theano.function(inputs=[x], outputs=prediction)


def numpy_step(
    x: Floats, y: Floats, w: Floats, b: float
) -> tuple[Floats, float, Floats]:
    """Return weights, bias and cross-entropies of one step, in NumPy alone."""
    a = x @ w + b
    xent = y * np.logaddexp(0, -a) + (1 - y) * np.logaddexp(0, a)
    error = 1 / (1 + np.exp(-a)) - y
    gw = x.T @ error / len(y) + 2 * DECAY * w
    return w - RATE * gw, b - RATE * error.mean(), xent


def main() -> None:
    """Train, printing progress."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    steps = parser.parse_args().steps
    x, y, start = make_data()
    model = Model(start)
    for i in range(steps):
        prediction, xent = model.train(x, y)
        if i in {0, 1, 2, 5} or (i + 1) % 100 == 0:
            errors = int((prediction != y).sum())
            print(f"step {i + 1:4d}  cross-entropy {xent.mean():.6f}  errors {errors}")
    print("errors on the training set:", int((model.predict(x) != y).sum()))
    norm = np.linalg.norm(model.w.get_value())
    print(f"norm of w {norm:.6f}, b {model.b.get_value():.6f}")


if __name__ == "__main__":
    main()
