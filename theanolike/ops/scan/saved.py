"""`scan_checkpoints`: a scan of which every N-th step is returned, and kept."""

from collections.abc import Callable, Mapping
from typing import Any

from theanolike.graph.variable import Variable
from theanolike.ops.scan.arguments import as_list, as_recurrences, as_sequences
from theanolike.ops.scan.arguments import count_steps as _count_steps
from theanolike.ops.scan.scan import scan
from theanolike.types.constants import as_tensor_variable
from theanolike.types.updates import OrderedUpdates
from theanolike.types.variable import functions


def scan_checkpoints(  # noqa: PLR0913, PLR0917 - Theano's signature
    fn: Callable[..., Any],
    sequences: Any = (),
    outputs_info: Any = None,
    non_sequences: Any = (),
    name: str = "checkpointscan_fn",
    n_steps: Any = None,
    save_every_N: int = 10,
    padding: bool = True,
) -> tuple[Any, OrderedUpdates]:
    """Repeat a function; return, and keep for the gradient, every N-th step only.

    `scan` with ``memory="sqrt"`` saves as much and returns all steps.

    Parameters
    ----------
    fn, sequences, outputs_info, non_sequences, name, n_steps
        As for `scan`, without taps.
    save_every_N : int
        The steps of a block, of which the last one is returned.
    padding : bool
        Append zeros to the sequences until the last block is full. Otherwise their
        length must be a multiple of `save_every_N`.

    Returns
    -------
    outputs : tensor or list of them
        The outputs after each block along a new first axis.
    updates : OrderedUpdates

    Raises
    ------
    RuntimeError
        A sequence or output has taps.
    ValueError
        `save_every_N` is no positive int.
    """
    if isinstance(save_every_N, bool) or not isinstance(save_every_N, int):
        raise ValueError(f"save_every_N must be an int, got {save_every_N!r}.")
    if save_every_N < 1:
        raise ValueError(f"save_every_N must be positive, got {save_every_N}.")
    for item in (*as_list(sequences), *as_list(outputs_info)):
        if isinstance(item, Mapping) and item.get("taps") is not None:
            raise RuntimeError(
                "scan_checkpoints doesn't work with taps; use scan with "
                "memory='sqrt' for them."
            )
    tapped = as_sequences(sequences)
    steps = _count_steps(n_steps, tapped)
    blocks = -(-steps // save_every_N)
    pieces = [
        _in_pieces(s.variable, steps, blocks, save_every_N, padding=padding)
        for s in tapped
    ]
    count = len(as_recurrences(outputs_info))
    given = [
        x if isinstance(x, Variable) else as_tensor_variable(x)
        for x in as_list(non_sequences)
    ]
    states = [item for item in as_list(outputs_info) if _initial(item) is not None]

    def block(*arguments: Any) -> Any:
        rows, rest = arguments[: len(pieces)], arguments[len(pieces) :]
        before = iter(rest[: len(states)])
        inside = [
            next(before) if _initial(item) is not None else None
            for item in as_list(outputs_info)
        ]
        made, updates = scan(
            fn,
            list(rows),
            inside if count else None,
            list(rest[len(states) :]),
            n_steps=save_every_N,
            name=f"{name} of a block",
            return_list=True,
        )
        return [rows[-1] for rows in made], updates

    return scan(block, pieces, outputs_info, given, n_steps=blocks, name=name)


def _initial(item: Any) -> Any:
    return item.get("initial") if isinstance(item, Mapping) else item


def _in_pieces(x: Any, steps: Any, blocks: Any, every: int, *, padding: bool) -> Any:
    """Return the rows of a sequence in blocks."""
    f = functions()
    rest = [x.shape[d] for d in range(1, x.ndim)]
    rows = x[:steps]
    if padding:
        zeros = f.zeros((blocks * every - steps, *rest), dtype=x.dtype)
        rows = f.join(0, rows, zeros)
    return f.reshape(rows, (blocks, every, *rest), ndim=x.ndim + 1)
