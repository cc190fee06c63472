"""Work written once for the libraries that share Theano's words."""

from collections.abc import Callable
from typing import Any

from benchmarks.peers import load_peer, on_one_thread


class Symbolic:
    """A question's work by us, by us on one thread, and by PyTensor."""

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano

        return self._symbolic(theano, theano.tensor)

    def one_thread(self) -> Callable[[], Any]:
        return on_one_thread(self.theanolike())

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        return self._symbolic(pytensor, pytensor.tensor)

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        raise NotImplementedError
