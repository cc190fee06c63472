"""What stencils on a square plate share: who computes them, and the question asked."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from benchmarks.limits import call_limit, load_fortran, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.symbolic import Symbolic


class Stencil(Symbolic):
    """A plate after some steps; its border stays as it is.

    `kernel` is the name of the work by hand, which takes `rate`.
    """

    kernel: ClassVar[str]
    rate: ClassVar[float]

    def __init__(self, size: int, steps: int) -> None:
        self.start = np.random.default_rng(0).random((size, size))
        self.steps = steps

    @staticmethod
    def by_loops(start: Any, steps: int) -> Any:
        """Do the work element by element."""
        raise NotImplementedError

    def jax(self) -> Callable[[], Any]:
        raise NotImplementedError

    def numpy(self) -> Callable[[], Any]:
        raise NotImplementedError

    def numba(self) -> Callable[[], Any]:
        run = load_peer("numba").njit(self.by_loops)
        return lambda: run(self.start, self.steps)

    def limit(self) -> Callable[[], Any]:
        return self._by_hand(load_limit("loops"))

    def fortran(self) -> Callable[[], Any]:
        return self._by_hand(load_fortran("loops"))

    def _by_hand(self, library: Any) -> Callable[[], Any]:
        run, u = getattr(library, self.kernel), self.start.copy()

        def work() -> Any:
            u[:] = self.start
            call_limit(run, u, len(u), self.steps, self.rate)
            return u

        return work

    def question(self) -> Question:
        """Return the question, whose right answer is NumPy's."""
        size = len(self.start)
        return Question(
            f"{self.kernel} equation, {size} x {size}, {self.steps} steps, float64",
            "0.75 x by hand on two threads, 1.1 x on one",
            {
                "theanolike": self.theanolike,
                "theanolike on one thread": self.one_thread,
                "numpy": self.numpy,
                "jax": self.jax,
                "pytensor": self.pytensor,
                "numba": self.numba,
                "limit: C++, serial": self.limit,
                "limit: Fortran, serial": self.fortran,
            },
            self.numpy()(),
        )
