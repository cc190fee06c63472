"""`PatternSub`: a rewrite of users given as two nested tuples, in Theano's words."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.op import Op
from theanolike.graph.variable import Constant, Variable
from theanolike.rewrites.local import LocalOptimizer

__all__ = ["PatternSub"]


class PatternSub(LocalOptimizer):
    """Puts what one pattern describes in the place of what another does.

    Parameters
    ----------
    in_pattern, out_pattern : tuple, str, dict, number or Constant
        A tuple is an op and patterns for its inputs; a string stands for any
        variable, the same one wherever it stands; a dict has a "pattern" and a
        "constraint", a function of the variable; a number matches a constant that is
        equal to it.
    allow_multiple_clients : bool
        Match also where something else reads a result inside of the pattern.
    skip_identities_fn : callable, optional
        Gives the variable to look at instead of one that doesn't match.
    name : str, optional
    tracks, get_nodes : optional
        Accepted without effect: nodes are found by the op of `in_pattern`.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> PatternSub((T.log, (T.exp, "x")), "x").name
    'log(exp(x)) -> x'
    """

    def __init__(  # noqa: PLR0913, PLR0917 - Theano's signature
        self,
        in_pattern: Any,
        out_pattern: Any,
        allow_multiple_clients: bool = False,
        skip_identities_fn: Callable[[Variable], Any] | None = None,
        name: str | None = None,
        tracks: Sequence[Any] = (),
        get_nodes: Any = None,
    ) -> None:
        while isinstance(in_pattern, dict):
            in_pattern = in_pattern["pattern"]
        if not isinstance(in_pattern, list | tuple) or not in_pattern:
            raise TypeError(
                f"Expected a tuple of an op and its inputs to begin with, got "
                f"{in_pattern!r}."
            )
        if not isinstance(in_pattern[0], Op):
            raise TypeError(
                f"Expected an op to begin the pattern, got {in_pattern[0]!r}; take "
                "that of a node: x.owner.op."
            )
        self.in_pattern, self.out_pattern = in_pattern, out_pattern
        self.op = in_pattern[0]
        self.allow_multiple_clients = allow_multiple_clients
        self.skip_identities_fn = skip_identities_fn
        self.name = name or f"{_shown(in_pattern)} -> {_shown(out_pattern)}"

    def tracks(self) -> Sequence[Any]:
        """Return the op that the pattern begins with."""
        return [self.op]

    def transform(self, node: Apply) -> Any:
        """Return what the out pattern describes, or False."""
        if node.op != self.op:
            return False
        found = next(self._inputs(self.in_pattern, node, {}), None)
        return False if found is None else [_built(self.out_pattern, found)]

    def _inputs(
        self, pattern: Sequence[Any], node: Apply, so_far: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        if node.op != pattern[0] or len(node.inputs) != len(pattern) - 1:
            return
        ways = [so_far]
        for part, variable in zip(pattern[1:], node.inputs, strict=True):
            ways = [new for old in ways for new in self._one(part, variable, old)]
        yield from ways

    def _one(
        self, part: Any, variable: Any, so_far: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        found = list(self._direct(part, variable, so_far))
        if not found and self.skip_identities_fn is not None:
            below = self.skip_identities_fn(variable)
            if below is not None and below is not variable:
                found = list(self._one(part, below, so_far))
        yield from found

    def _direct(
        self, part: Any, variable: Any, so_far: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            if part.get("constraint", lambda _: True)(variable):
                yield from self._direct(part["pattern"], variable, so_far)
        elif isinstance(part, str):
            if so_far.get(part, variable) is variable:
                yield {**so_far, part: variable}
        elif isinstance(part, list | tuple):
            is_free = self.allow_multiple_clients or len(variable.clients) <= 1
            if variable.owner is not None and is_free:
                yield from self._inputs(part, variable.owner, so_far)
        elif isinstance(variable, Constant):
            wanted = part.data if isinstance(part, Constant) else part
            if np.shape(wanted) in {(), np.shape(variable.data)} and np.all(
                np.equal(variable.data, wanted)
            ):
                yield so_far


def _built(pattern: Any, found: dict[str, Any]) -> Any:
    if isinstance(pattern, dict):
        return _built(pattern["pattern"], found)
    if isinstance(pattern, str):
        return found[pattern]
    if isinstance(pattern, list | tuple):
        return pattern[0](*(_built(part, found) for part in pattern[1:]))
    return pattern


def _shown(pattern: Any) -> str:
    if isinstance(pattern, dict):
        return _shown(pattern["pattern"])
    if isinstance(pattern, list | tuple):
        op = getattr(pattern[0], "name", None) or str(pattern[0])
        return f"{op}({', '.join(map(_shown, pattern[1:]))})"
    return str(pattern)
