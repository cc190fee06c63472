"""Theano's `IfElse`, which is called with the values of both branches."""

from typing import Any

from theanolike.ops.scan.ifelse import IfElse as Choice
from theanolike.ops.scan.ifelse import ifelse

__all__ = ["IfElse"]


class _OfChoices(type):
    """Lets the library's own op be an instance of Theano's."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Choice) or super().__instancecheck__(instance)


class IfElse(metaclass=_OfChoices):
    """A choice between two lists of values; `ifelse` is the same as one call.

    Parameters
    ----------
    n_outs : int
        How many values a branch has.
    as_view, gpu : bool
        No effect.
    name : str, optional
        Of the result.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> c, x, y = T.bscalar("c"), T.dscalar("x"), T.dscalar("y")
    >>> IfElse(1)(c, x, y).eval({c: 0, x: 1.0, y: 2.0})
    array(2.)
    """

    def __init__(
        self,
        n_outs: int,
        as_view: bool = False,
        gpu: bool = False,
        name: str | None = None,
    ) -> None:
        self.n_outs = n_outs
        self.name = name

    def __call__(self, condition: Any, *args: Any, return_list: bool = False) -> Any:
        n = self.n_outs
        if len(args) != 2 * n:
            raise ValueError(
                f"Wrong number of arguments to make_node: expected {2 * n}, got "
                f"{len(args)}; give the {n} of each branch."
            )
        if n == 1 and not return_list:
            return ifelse(condition, args[0], args[1], self.name)
        return ifelse(condition, list(args[:n]), list(args[n:]), self.name)
