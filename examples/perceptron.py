"""A two-layer perceptron with softmax output, on digits drawn here, by minibatches."""

import argparse

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T

# Seven segments: top, upper left, upper right, middle, lower left, lower right, bottom.
SEGMENTS = (
    "1110111 0010010 1011101 1011011 0111010 1101011 1101111 1010010 1111111 1111011"
).split()
PLACES: list[tuple[int | slice, int | slice]] = [
    np.s_[1, 2:6], np.s_[2:6, 1], np.s_[2:6, 6], np.s_[6, 2:6],
    np.s_[7:11, 1], np.s_[7:11, 6], np.s_[11, 2:6],
]  # fmt: skip
ROWS, COLUMNS = 13, 8


def draw_digit(digit: int) -> NDArray[np.float64]:
    """Return a picture of `digit`, 13 x 8, of zeros and ones."""
    picture = np.zeros((ROWS, COLUMNS))
    for lit, place in zip(SEGMENTS[digit], PLACES, strict=True):
        picture[place] = float(lit)
    return picture


def make_digits(
    n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return `n` noisy, shifted pictures of digits, a row each, and the digits."""
    labels = rng.integers(0, 10, n)
    pictures = np.stack([draw_digit(digit) for digit in range(10)])[labels]
    shifts = rng.integers(-1, 2, (n, 2))
    moved = [np.roll(p, s, (0, 1)) for p, s in zip(pictures, shifts, strict=True)]
    return np.reshape(moved, (n, -1)) + rng.normal(0, 0.2, (n, ROWS * COLUMNS)), labels


class Perceptron:
    """Weights, and functions that train on a minibatch and count errors."""

    def __init__(self, data: tuple, hidden: int, batch: int, rate: float = 1.0) -> None:  # type: ignore[type-arg]
        rng = np.random.default_rng(1)
        x, y, index = T.dmatrix("x"), T.lvector("y"), T.lscalar("index")
        sizes = [(data[0].shape[1], hidden), (hidden, 10)]
        draws = [rng.normal(0, s[0] ** -0.5, s) for s in sizes]
        self.weights = [theano.shared(draw, "W") for draw in draws]
        self.biases = [theano.shared(np.zeros(s[1]), "b") for s in sizes]
        h = T.tanh(T.dot(x, self.weights[0]) + self.biases[0])
        p = T.nnet.softmax(T.dot(h, self.weights[1]) + self.biases[1])
        cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
        parameters = self.weights + self.biases
        gradients = T.grad(cost, parameters)
        inputs, labels = (theano.shared(array, borrow=True) for array in data)
        rows = slice(index * batch, (index + 1) * batch)
        updates = [
            (w, w - rate * g) for w, g in zip(parameters, gradients, strict=True)
        ]
        givens = {x: inputs[rows], y: labels[rows]}
        self.train = theano.function([index], cost, updates=updates, givens=givens)
        errors = T.sum(T.neq(T.argmax(p, axis=1), y))
        self.count_errors = theano.function([x, y], errors)


def main() -> None:
    """Train on synthetic digits, printing progress."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=100)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    training, unseen, batch = make_digits(5000, rng), make_digits(500, rng), 100
    model = Perceptron(training, options.hidden, batch)
    for epoch in range(options.epochs):
        costs = [float(model.train(i)) for i in range(len(training[1]) // batch)]
        errors = int(model.count_errors(*unseen))
        mean = np.mean(costs)
        print(f"epoch {epoch + 1:2d}  cost {mean:.4f}  errors {errors} of 500")


if __name__ == "__main__":
    main()
