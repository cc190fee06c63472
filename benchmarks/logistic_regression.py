"""Is a training step one pass over the data? Logistic regression, 400 x 784."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.symbolic import Symbolic

RATE, DECAY = 0.1, 0.01


def _numpy_step(x: Any, y: Any, w: Any, b: Any) -> tuple[Any, ...]:
    a = x @ w + b
    xent = y * np.logaddexp(0, -a) + (1 - y) * np.logaddexp(0, a)
    p = 1 / (1 + np.exp(-a))
    error = p - y
    gw = x.T @ error / len(y) + 2 * DECAY * w
    return w - RATE * gw, b - RATE * error.mean(), xent, p > 0.5


class LogisticRegression(Symbolic):
    """One step from given weights, so that all do the same; each updates its own."""

    def __init__(self, n: int, features: int) -> None:
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(n, features))
        self.y = rng.integers(0, 2, n).astype("float64")
        self.w = rng.normal(size=features) / features

    def numpy(self) -> Callable[[], Any]:
        state = [self.w, 0.0]

        def work() -> Any:
            *state[:], xent, predicted = _numpy_step(self.x, self.y, *state)
            return predicted, xent

        return work

    def _symbolic(self, theano: Any, T: Any) -> Callable[[], Any]:
        x, y = T.dmatrix("x"), T.dvector("y")
        w, b = theano.shared(self.w, name="w"), theano.shared(0.0, name="b")
        p = 1 / (1 + T.exp(-T.dot(x, w) - b))
        xent = -y * T.log(p) - (1 - y) * T.log(1 - p)
        cost = xent.mean() + DECAY * (w**2).sum()
        gw, gb = theano.grad(cost, [w, b])
        updates = [(w, w - RATE * gw), (b, b - RATE * gb)]
        train = theano.function([x, y], [p > 0.5, xent], updates=updates)
        return lambda: train(self.x, self.y)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        jnp = jax.numpy

        def loss(parameters: Any, x: Any, y: Any) -> Any:
            w, b = parameters
            a = x @ w + b
            xent = y * jax.nn.softplus(-a) + (1 - y) * jax.nn.softplus(a)
            return xent.mean() + DECAY * (w**2).sum(), (a > 0, xent)

        def step(parameters: Any, x: Any, y: Any) -> Any:
            slope = jax.grad(loss, has_aux=True)
            gradients, seen = slope(parameters, x, y)
            new = tuple(
                p - RATE * g for p, g in zip(parameters, gradients, strict=True)
            )
            return new, seen

        train = jax.jit(step, donate_argnums=0)
        x, y = jax.device_put(self.x), jax.device_put(self.y)
        state = [(jax.device_put(self.w), jnp.asarray(0.0))]

        def work() -> Any:
            state[0], seen = train(state[0], x, y)
            return jax.block_until_ready(seen)

        return work

    def numba(self) -> Callable[[], Any]:
        train = load_peer("numba").njit(_numpy_step_for_numba)
        state: list[Any] = [self.w, 0.0]

        def work() -> Any:
            *state[:], xent, predicted = train(self.x, self.y, *state)
            return predicted, xent

        return work

    def limit(self) -> Callable[[], Any]:
        step = load_limit("logistic_regression").step
        parameters = np.append(self.w, 0.0)
        n, m = self.x.shape

        def work() -> Any:
            xent, predicted = np.empty(n), np.empty(n, "bool")
            arrays = (self.x, self.y, parameters, xent, predicted)
            call_limit(step, *arrays, n, m, RATE, DECAY)
            return predicted, xent

        return work


def _numpy_step_for_numba(x: Any, y: Any, w: Any, b: Any) -> tuple[Any, ...]:
    a = np.dot(x, w) + b
    tail = np.log1p(np.exp(-np.abs(a)))
    xent = tail + np.where(a > 0, (1 - y) * a, -y * a)
    p = 1 / (1 + np.exp(-a))
    error = p - y
    gw = np.dot(x.T, error) / len(y) + 2 * DECAY * w
    return w - RATE * gw, b - RATE * error.mean(), xent, p > 0.5


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    n, features = (20, 5) if smoke else (400, 784)
    by = LogisticRegression(n, features)
    *_, xent, predicted = _numpy_step(by.x, by.y, by.w, 0.0)
    yield Question(
        f"logistic regression step, {n} x {features} float64, all cores",
        "0.6 x the best peer",
        {
            "theanolike": by.theanolike,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "numba": by.numba,
            "limit: C++, x read once, 2 threads": by.limit,
        },
        [predicted, xent],
    )
