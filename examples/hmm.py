"""A hidden Markov model: the log likelihood of what is seen, and its gradient.

The forward recursion runs in log space, as papers write it.
"""

import argparse
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T

Array = NDArray[np.float64]


def log_likelihood(log_start: Any, log_moves: Any, log_seen: Any) -> Any:
    """Return log p(seen); row t of `log_seen` is log p(seen[t] | state)."""

    def step(seen: Any, before: Any) -> Any:
        paths = before[:, None] + log_moves
        return T.log(T.sum(T.exp(paths), axis=0)) + seen

    states, _ = theano.scan(
        step, sequences=log_seen[1:], outputs_info=log_start + log_seen[0], name="hmm"
    )
    last = states[-1]
    return T.log(T.sum(T.exp(last)))


def by_numpy(log_start: Array, log_moves: Array, log_seen: Array) -> float:
    """Return the log likelihood by a loop over time in Python."""
    before = log_start + log_seen[0]
    for seen in log_seen[1:]:
        before = np.logaddexp.reduce(before[:, None] + log_moves, axis=0) + seen
    return float(np.logaddexp.reduce(before))


def by_enumeration(log_start: Array, log_moves: Array, log_seen: Array) -> float:
    """Return the log likelihood as the sum over all paths, for tiny chains."""
    steps, n = log_seen.shape
    scores = []
    for path in itertools.product(range(n), repeat=steps):
        score = log_start[path[0]] + log_seen[range(steps), path].sum()
        scores.append(score + sum(log_moves[a, b] for a, b in itertools.pairwise(path)))
    return float(np.logaddexp.reduce(scores))


def make_chain(states: int, steps: int) -> tuple[Array, Array, Array]:
    """Return log probabilities of a random chain and of what is seen of it."""
    rng = np.random.default_rng(7)
    start = rng.dirichlet(np.ones(states))
    moves = rng.dirichlet(np.ones(states), size=states)
    return np.log(start), np.log(moves), rng.normal(-3, 1, size=(steps, states))


def main() -> None:
    """Print log likelihoods and how the gradient agrees with a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=32, help="default 32")
    parser.add_argument("--steps", type=int, default=2000, help="default 2000")
    options = parser.parse_args()

    log_start, log_seen = T.dvector("log_start"), T.dmatrix("log_seen")
    log_moves = T.dmatrix("log_moves")
    value = log_likelihood(log_start, log_moves, log_seen)
    inputs = [log_start, log_moves, log_seen]
    likelihood = theano.function(inputs, value)
    gradient = theano.function(inputs, T.grad(value, log_moves))

    tiny = make_chain(3, 6)
    print(f"all {3**6} paths: {by_enumeration(*tiny):.10f}")
    print(f"recursion:     {likelihood(*tiny):.10f}")
    chain = make_chain(options.states, options.steps)
    print(f"NumPy:     {by_numpy(*chain):.8f}")
    print(f"recursion: {likelihood(*chain):.8f}")
    counts = gradient(*chain)
    # By log p(j | i) the gradient is how often the chain is expected to go so.
    print(f"expected moves: {counts.sum():.6f} of {options.steps - 1}")
    busiest = np.unravel_index(counts.argmax(), counts.shape)
    print(f"most from state {busiest[0]} to {busiest[1]}: {counts.max():.3f}")


if __name__ == "__main__":
    main()
