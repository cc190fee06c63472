"""Are a loop's products few and large? An LSTM, batch 32, hidden 128, 100 steps."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.measure import Question
from benchmarks.peers import load_peer


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


class LSTM:
    """Gradients of the mean square of all outputs by the weights, float32."""

    def __init__(self, batch: int, inputs: int, hidden: int, steps: int) -> None:
        rng = np.random.default_rng(0)

        def normal(*shape: int) -> Any:
            return (rng.normal(size=shape) / shape[-2] ** 0.5).astype("float32")

        self.hidden = hidden
        self.x = normal(steps, batch, inputs)
        self.weights = [
            *(normal(inputs, 4 * hidden), normal(hidden, 4 * hidden)),
            np.zeros(4 * hidden, "float32"),
        ]

    def _step(self, z: Any, c: Any, sigmoid: Any, tanh: Any) -> tuple[Any, Any]:
        n = self.hidden
        take, keep, show = (sigmoid(z[:, k * n : (k + 1) * n]) for k in (0, 1, 2))
        c = keep * c + take * tanh(z[:, 3 * n :])
        return show * tanh(c), c

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano

        T = theano.tensor
        return self._symbolic(theano, T, T.nnet.sigmoid)

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        return self._symbolic(pytensor, pytensor.tensor, pytensor.tensor.sigmoid)

    def _symbolic(self, library: Any, T: Any, sigmoid: Any) -> Callable[[], Any]:
        x = T.ftensor3("x")
        weights = [T.fmatrix("w"), T.fmatrix("u"), T.fvector("b")]

        def step(x: Any, h: Any, c: Any, w: Any, u: Any, b: Any) -> Any:
            return self._step(T.dot(x, w) + T.dot(h, u) + b, c, sigmoid, T.tanh)

        zero = T.zeros((x.shape[1], self.hidden), dtype="float32")
        (h, _), _ = library.scan(
            step, sequences=x, outputs_info=[zero, zero], non_sequences=weights
        )
        slopes = library.grad((h * h).mean(), weights)
        run = library.function([x, *weights], slopes)
        return lambda: run(self.x, *self.weights)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        jnp = jax.numpy

        def value(weights: Any, x: Any) -> Any:
            w, u, b = weights
            given = x @ w + b  # pushed out of the loop by hand

            def step(states: Any, z: Any) -> Any:
                h, c = states
                new = self._step(z + h @ u, c, jax.nn.sigmoid, jnp.tanh)
                return new, new[0]

            zero = jnp.zeros((x.shape[1], self.hidden), x.dtype)
            h = jax.lax.scan(step, (zero, zero), given)[1]
            return (h * h).mean()

        run = jax.jit(jax.grad(value))
        given = [jax.device_put(v) for v in self.weights], jax.device_put(self.x)
        return lambda: jax.block_until_ready(run(*given))

    def torch(self) -> Callable[[], Any]:
        """Return the work of `torch.nn.LSTM`, whose gates stand in another order."""
        torch = load_peer("torch")
        inputs, n = self.weights[0].shape[0], self.hidden
        order = [0, 1, 3, 2]  # theirs: take, keep, new, show

        def theirs(weights: Any) -> Any:
            gates = [weights[..., k * n : (k + 1) * n] for k in order]
            return torch.from_numpy(np.concatenate(gates, axis=-1).T.copy())

        def ours(slope: Any) -> Any:
            gates = slope.numpy().reshape(4, n, -1)[order]
            return gates.reshape(slope.shape).T

        net, x = torch.nn.LSTM(inputs, n), torch.from_numpy(self.x)
        w, u, b, second = net.parameters()
        with torch.no_grad():
            for mine, given in zip((w, u, b), self.weights, strict=True):
                mine.copy_(theirs(given))
            second.zero_()

        def run() -> Any:
            net.zero_grad()
            h, _ = net(x)
            (h * h).mean().backward()
            return [ours(mine.grad) for mine in (w, u, b)]

        return run

    def numpy(self) -> Callable[[], Any]:
        return lambda: self._by_numpy(self.x, *self.weights)

    def _by_numpy(self, x: Any, w: Any, u: Any, b: Any) -> list[Any]:
        steps, batch, _ = x.shape
        n = self.hidden
        z = x @ w + b
        hs = np.zeros((steps + 1, batch, n), x.dtype)
        cs = np.zeros_like(hs)
        for t in range(steps):
            z[t] += hs[t] @ u
            hs[t + 1], cs[t + 1] = self._step(z[t], cs[t], _sigmoid, np.tanh)
        given = 2 * hs[1:] / hs[1:].size
        gz, gh, gc = np.empty_like(z), 0 * hs[0], 0 * cs[0]
        gate = _sigmoid(z[..., : 3 * n])
        for t in reversed(range(steps)):
            take, keep, show = (gate[t][:, k * n : (k + 1) * n] for k in (0, 1, 2))
            new, out = np.tanh(z[t][:, 3 * n :]), np.tanh(cs[t + 1])
            gh = gh + given[t]
            gc = gc + gh * show * (1 - out * out)
            ways = [gc * new * take * (1 - take), gc * cs[t] * keep * (1 - keep)]
            ways += [gh * out * show * (1 - show), gc * take * (1 - new * new)]
            gz[t] = np.concatenate(ways, axis=1)
            gh, gc = gz[t] @ u.T, gc * keep
        rows = gz.reshape(-1, 4 * n)
        return [
            x.reshape(len(rows), -1).T @ rows,
            hs[:-1].reshape(len(rows), -1).T @ rows,
            rows.sum(axis=0),
        ]


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    sizes = (2, 3, 4, 3) if smoke else (32, 128, 128, 100)
    by = LSTM(*sizes)
    batch, _, hidden, steps = sizes
    yield Question(
        f"LSTM, forward and gradient, batch {batch}, hidden {hidden}, {steps} steps, "
        "float32",
        "not slower than jax or torch",
        {
            "theanolike": by.theanolike,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "torch": by.torch,
        },
        by.numpy()(),
        rtol=1e-4,
    )
