"""Is the algebra of a loop used? The HMM's forward recursion, and its gradient."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer


def _log_sum(a: Any) -> Any:
    m = a.max(axis=0)
    return m + np.log(np.exp(a - m).sum(axis=0))


def _by_loops(a: Any, moves: Any, seen: Any) -> Any:
    n = len(a)
    after = np.empty(n)
    for t in range(len(seen)):
        for k in range(n):
            m = -np.inf
            for j in range(n):
                m = max(m, a[j] + moves[j, k])
            s = 0.0
            for j in range(n):
                s += np.exp(a[j] + moves[j, k] - m)
            after[k] = m + np.log(s) + seen[t, k]
        a, after = after, a
    m = a.max()
    return m + np.log(np.exp(a - m).sum())


FACTORING = "log_of_product_in_loop", "weights_behind_loop"


class Chain:
    """The log likelihood of what is seen, or its gradient by log p(k | j)."""

    def __init__(
        self, states: int, steps: int, *, gradient: bool, factored: bool = True
    ) -> None:
        rng = np.random.default_rng(0)
        self.moves = np.log(rng.dirichlet(np.ones(states), size=states))
        self.seen = rng.normal(-3, 1, size=(steps, states))
        self.first = np.log(rng.dirichlet(np.ones(states)))
        self.gradient, self.factored = gradient, factored

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano

        T, mode = theano.tensor, theano.compile.get_default_mode()
        if not self.factored:
            mode = mode.excluding(*FACTORING)
        return self._symbolic(theano, T, lambda x: T.log(T.sum(T.exp(x), axis=0)), mode)

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        T = pytensor.tensor

        def log_sum(x: Any) -> Any:
            m = x.max(axis=0)  # without it, its gradient is NaN
            return m + T.log(T.sum(T.exp(x - m), axis=0))

        return self._symbolic(pytensor, T, log_sum, None)

    def _symbolic(
        self, library: Any, T: Any, log_sum: Any, mode: Any
    ) -> Callable[[], Any]:
        first, moves, seen = T.dvector("first"), T.dmatrix("moves"), T.dmatrix("seen")
        rows, _ = library.scan(
            lambda s, a: log_sum(a[:, None] + moves) + s,
            sequences=seen,
            outputs_info=first,
        )
        value = log_sum(rows[-1])
        wanted = library.grad(value, moves) if self.gradient else value
        run = library.function([first, moves, seen], wanted, mode=mode)
        return lambda: run(self.first, self.moves, self.seen)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        given = [jax.device_put(v) for v in (self.moves, self.first, self.seen)]

        def value(moves: Any, first: Any, seen: Any) -> Any:
            def step(a: Any, s: Any) -> Any:
                return jax.nn.logsumexp(a[:, None] + moves, axis=0) + s, None

            return jax.nn.logsumexp(jax.lax.scan(step, first, seen)[0])

        run = jax.jit(jax.grad(value) if self.gradient else value)
        return lambda: run(*given).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        if self.gradient:
            raise ImportError("it has no gradients")
        run = load_peer("numba").njit(_by_loops)
        return lambda: run(self.first.copy(), self.moves, self.seen)

    def numpy(self) -> Callable[[], Any]:
        return self._slope if self.gradient else self._value

    def _states(self) -> list[Any]:
        states = [self.first]
        for s in self.seen:
            states.append(_log_sum(states[-1][:, None] + self.moves) + s)
        return states

    def _value(self) -> Any:
        return _log_sum(self._states()[-1])

    def _slope(self) -> Any:
        states = self._states()
        g = np.exp(states[-1] - _log_sum(states[-1]))
        total = np.zeros_like(self.moves)
        for t in reversed(range(len(self.seen))):
            after = states[t + 1] - self.seen[t]
            w = g * np.exp(states[t][:, None] + self.moves - after)
            total += w
            g = w.sum(axis=1)
        return total

    def limit(self) -> Callable[[], Any]:
        library, n = load_limit("loops"), len(self.first)
        run = library.hmm_gradient if self.gradient else library.hmm
        out = np.empty((n, n) if self.gradient else ())
        given = self.first, self.moves, self.seen, out

        def work() -> Any:
            call_limit(run, *given, n, len(self.seen))
            return out

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the recursion and its gradient."""
    states, steps = (3, 4) if smoke else (32, 2000)
    for gradient in (False, True):
        by = Chain(states, steps, gradient=gradient)
        what = "gradient by the transitions" if gradient else "forward recursion"
        yield Question(
            f"hidden Markov model, {what}, {states} states, {steps} steps, float64",
            "0.5 x by hand",
            {
                "theanolike": by.theanolike,
                "numpy": by.numpy,
                "jax": by.jax,
                "pytensor": by.pytensor,
                "numba": by.numba,
                "limit: C++, serial, not factored": by.limit,
            },
            by.numpy()(),
        )
        plain = Chain(states, steps, gradient=gradient, factored=False)
        yield Question(
            f"the same {what}, each step as written",
            "1.1 x by hand",
            {
                "theanolike": plain.theanolike,
                "limit: C++, serial, not factored": plain.limit,
            },
            plain.numpy()(),
        )
