"""`map`, `reduce`, `foldl` and `foldr`: scans of one kind each."""

from collections.abc import Callable
from typing import Any

from theanolike.ops.scan.scan import scan, trace
from theanolike.types.updates import OrderedUpdates


def map(  # noqa: PLR0913, PLR0917 - Theano's name and signature
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Return `fn` of each row of the sequences, and updates.

    The parameters are those of `scan`.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dvector("x")
    >>> map(lambda v: v * v, x)[0].eval({x: [1.0, 2.0, 3.0]})
    array([1., 4., 9.])
    """
    return scan(
        fn,
        sequences,
        [],
        non_sequences,
        truncate_gradient=truncate_gradient,
        go_backwards=go_backwards,
        mode=mode,
        name=name,
    )


def reduce(  # noqa: PLR0913, PLR0917 - Theano's signature
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,  # noqa: ARG001
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Return the last value of each output, and updates.

    The parameters are those of `scan`. Sequences without rows leave the initial
    values.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dvector("x")
    >>> reduce(lambda v, total: total + v, x, T.constant(0.0))[0].eval({x: [1.0, 2.0]})
    array(3.)
    """
    looped = trace(
        fn,
        sequences,
        outputs_info,
        non_sequences,
        None,
        backwards=bool(go_backwards),
        name=name,
    )
    pairs = zip(looped.last, looped.rows, strict=True)
    results = [rows[-1] if last is None else last for last, rows in pairs]
    return results[0] if len(results) == 1 else results, looped.updates


def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Return `reduce` from the first row to the last."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Return `reduce` from the last row to the first."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)
