"""Does a training step cost its matrix products? A perceptron 784-500-10, batch 100."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.measure import Question
from benchmarks.peers import load_peer

RATE = 0.01


class Perceptron:
    """One step of descent from given weights, by everybody."""

    def __init__(self, sizes: tuple[int, int, int], batch: int, dtype: str) -> None:
        rng = np.random.default_rng(0)
        n, hidden, classes = sizes
        self.dtype = dtype
        self.x = rng.normal(size=(batch, n)).astype(dtype)
        self.y = rng.integers(0, classes, batch)
        shapes = [(n, hidden), (hidden,), (hidden, classes), (classes,)]
        self.start = [(rng.normal(size=s) / s[0] ** 0.5).astype(dtype) for s in shapes]

    def numpy_step(self, parameters: list[Any]) -> tuple[list[Any], Any]:
        """Return new parameters and the cost."""
        w1, b1, w2, b2 = parameters
        h = np.tanh(self.x @ w1 + b1)
        a = h @ w2 + b2
        e = np.exp(a - a.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        at = np.arange(len(self.y)), self.y
        cost = -np.log(p[at]).mean()
        p[at] -= 1
        ga = p / np.asarray(len(self.y), self.dtype)
        gh = (ga @ w2.T) * (1 - h * h)
        gradients = [self.x.T @ gh, gh.sum(axis=0), h.T @ ga, ga.sum(axis=0)]
        rate = np.asarray(RATE, self.dtype)
        return [q - rate * g for q, g in zip(parameters, gradients, strict=True)], cost

    def numpy(self) -> Callable[[], Any]:
        state = [self.start]

        def work() -> Any:
            state[0], cost = self.numpy_step(state[0])
            return cost

        return work

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano
        import theanolike.tensor as T

        with theano.change_flags(floatX=self.dtype):
            return self.symbolic(theano, T, T.nnet.softmax)

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        from pytensor import tensor as pt

        with pytensor.config.change_flags(floatX=self.dtype):
            return self.symbolic(pytensor, pt, lambda a: pt.special.softmax(a, axis=1))

    def symbolic(self, theano: Any, T: Any, softmax: Any) -> Callable[[], Any]:
        """Return the step, in Theano's words."""
        x, y = T.matrix("x", dtype=self.dtype), T.vector("y", dtype="int64")
        shared = [theano.shared(value, name="p") for value in self.start]
        w1, b1, w2, b2 = shared
        p = softmax(T.dot(T.tanh(T.dot(x, w1) + b1), w2) + b2)
        cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
        gradients = theano.grad(cost, shared)
        rate = np.asarray(RATE, self.dtype)
        updates = [(q, q - rate * g) for q, g in zip(shared, gradients, strict=True)]
        train = theano.function([x, y], cost, updates=updates)
        return lambda: train(self.x, self.y)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        jnp = jax.numpy

        def loss(parameters: Any, x: Any, y: Any) -> Any:
            w1, b1, w2, b2 = parameters
            logits = jnp.tanh(x @ w1 + b1) @ w2 + b2
            return -jax.nn.log_softmax(logits)[jnp.arange(y.shape[0]), y].mean()

        def step(parameters: Any, x: Any, y: Any) -> Any:
            cost, gradients = jax.value_and_grad(loss)(parameters, x, y)
            rate = np.asarray(RATE, self.dtype)
            pairs = zip(parameters, gradients, strict=True)
            return [q - rate * g for q, g in pairs], cost

        train = jax.jit(step, donate_argnums=0)
        x, y = jax.device_put(self.x), jax.device_put(self.y)
        state = [[jax.device_put(value) for value in self.start]]

        def work() -> Any:
            state[0], cost = train(state[0], x, y)
            return jax.block_until_ready(cost)

        return work

    def limit(self) -> Callable[[], Any]:
        w1, _, w2, _ = self.start
        h = np.tanh(self.x @ w1)
        a = h @ w2
        outs = [np.empty_like(v) for v in (h, a, h, w1, w2)]

        def work() -> None:
            np.matmul(self.x, w1, out=outs[0])
            np.matmul(h, w2, out=outs[1])
            np.matmul(a, w2.T, out=outs[2])
            np.matmul(self.x.T, h, out=outs[3])
            np.matmul(h.T, a, out=outs[4])

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the step in two precisions."""
    sizes, batch = ((6, 5, 3), 4) if smoke else ((784, 500, 10), 100)
    for dtype, rtol in [("float64", 1e-9), ("float32", 1e-4)]:
        by = Perceptron(sizes, batch, dtype)
        shape = "-".join(map(str, sizes))
        yield Question(
            f"perceptron step, {shape}, batch {batch}, {dtype}, all cores",
            "0.6 x the best peer",
            {
                "theanolike": by.theanolike,
                "numpy": by.numpy,
                "jax": by.jax,
                "pytensor": by.pytensor,
                "limit: numpy's BLAS, the five products alone": by.limit,
            },
            by.numpy_step(by.start)[1],
            rtol,
        )
