"""What does a call cost? `a + 2*b` of two Python floats."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.measure import Question
from benchmarks.peers import load_peer


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    del smoke
    two = np.array([2.0, 3.0])
    yield Question(
        "call of a + 2*b on two Python floats",
        "at most 1.0 x np.add of two 2-vectors; 0.1 x pytensor",
        {
            "theanolike": _theanolike,
            "numpy (np.add of two 2-vectors)": lambda: lambda: np.add(two, two),
            "jax": _jax,
            "pytensor": _pytensor,
            "numba": _numba,
            "limit: math.fmod, a C function of two floats": lambda: (
                lambda: math.fmod(2.0, 3.0)
            ),
        },
    )


def _theanolike() -> Callable[[], Any]:
    import theanolike as theano
    import theanolike.tensor as T

    a, b = T.dscalars("a", "b")
    f = theano.function([a, b], a + 2 * b)
    return lambda: f(2.0, 3.0)


def _jax() -> Callable[[], Any]:
    f = load_peer("jax").jit(lambda a, b: a + 2 * b)
    return lambda: f(2.0, 3.0)


def _pytensor() -> Callable[[], Any]:
    pytensor = load_peer("pytensor")
    from pytensor import tensor as pt

    a, b = pt.dscalars("a", "b")
    f = pytensor.function([a, b], a + 2 * b)
    return lambda: f(2.0, 3.0)


def _numba() -> Callable[[], Any]:
    f = load_peer("numba").njit(lambda a, b: a + 2 * b)
    return lambda: f(2.0, 3.0)
