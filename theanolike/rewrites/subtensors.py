"""Indexing moved to where less is computed; regions written and read again."""

from collections.abc import Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import add
from theanolike.ops.broadcast import shape_root
from theanolike.ops.cast import Cast
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.indexing.basic import IncSubtensor, Subtensor
from theanolike.ops.indexing.getitem import getitem
from theanolike.ops.indexing.pattern import FULL, INTEGER, items_of
from theanolike.ops.joining import Join
from theanolike.ops.known import known_int
from theanolike.ops.products import Dot
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__: list[str] = []

CANONICALIZE, SPECIALIZE = Phase.CANONICALIZE, Phase.SPECIALIZE


def _made_by(variable: Any, kind: Any) -> Apply | None:
    """Return the node of a variable if its op is of a kind, else None."""
    node: Apply | None = variable.owner
    return node if node is not None and isinstance(node.op, kind) else None


def _lone(variable: Any, kind: Any, fgraph: FunctionGraph) -> Apply | None:
    """Return the same where nothing else reads the variable."""
    return _made_by(variable, kind) if fgraph.has_one_client(variable) else None


def _same_place(one: Apply, first: int, other: Apply, second: int) -> bool:
    """Tell whether two nodes index alike, by operands from `first` and `second` on."""
    return (
        one.op.idx_list == other.op.idx_list  # type: ignore[attr-defined]
        and len(one.inputs) - first == len(other.inputs) - second
        and all(
            a is b or (known_int(a) is not None and known_int(a) == known_int(b))
            for a, b in zip(one.inputs[first:], other.inputs[second:], strict=True)
        )
    )


def _only_integer(node: Apply, first: int) -> int | None:
    """Return k where a node indexes by [k] alone, a known k that isn't negative."""
    if node.op.idx_list != (INTEGER,):  # type: ignore[attr-defined]
        return None
    place = known_int(node.inputs[first])
    return place if place is not None and place >= 0 else None


@rewrite(CANONICALIZE, Subtensor, aliases=["local_subtensor_inc_subtensor"])
def region_read_again(node: Apply) -> Any:
    """set_subtensor(x[i], y)[i] = y, inc_subtensor(x[i], y)[i] = x[i] + y."""
    written = _made_by(node.inputs[0], IncSubtensor)
    if written is None or not _same_place(node, 1, written, 2):
        return None
    x, y, *index = written.inputs
    is_set: bool = written.op.set_instead_of_inc  # type: ignore[attr-defined]
    found: Any = y if is_set else add(node.op(x, *index), y)
    # Of y an extent may be unknown that is known of the region.
    return found if found.type == node.outputs[0].type else None


@rewrite(CANONICALIZE, Subtensor)
def region_beside(node: Apply) -> Any:
    """set_subtensor(x[1], y)[2] = x[2]."""
    written = _made_by(node.inputs[0], IncSubtensor)
    if written is None:
        return None
    read, other = _only_integer(node, 1), _only_integer(written, 2)
    if read is None or other is None or read == other:
        return None
    return node.op(written.inputs[0], node.inputs[1])


@rewrite(CANONICALIZE, IncSubtensor, aliases=["local_set_to_inc_subtensor"])
def region_written_again(node: Apply, fgraph: FunctionGraph) -> Any:
    """set_subtensor(set_subtensor(x[i], y)[i], z) = set_subtensor(x[i], z).

    And inc_subtensor of a region just set sets the sum.
    """
    written = _lone(node.inputs[0], IncSubtensor, fgraph)
    if written is None or not _same_place(node, 2, written, 2):
        return None
    x, y, *index = written.inputs
    z = node.inputs[1]
    if node.op.set_instead_of_inc:  # type: ignore[attr-defined]
        return node.op(x, z, *index)
    if not written.op.set_instead_of_inc:  # type: ignore[attr-defined]
        return None
    return written.op(x, add(y, z), *index)


@rewrite(CANONICALIZE, IncSubtensor, grade=Grade.ROUNDING)
def increment_of_increment(node: Apply, fgraph: FunctionGraph) -> Any:
    """inc_subtensor(inc_subtensor(x[i], y)[i], z) = inc_subtensor(x[i], y + z)."""
    written = _lone(node.inputs[0], IncSubtensor, fgraph)
    if written is None or written.op != node.op:
        return None
    if node.op.set_instead_of_inc or not _same_place(node, 2, written, 2):  # type: ignore[attr-defined]
        return None
    x, y, *index = written.inputs
    return node.op(x, add(y, node.inputs[1]), *index)


@rewrite(CANONICALIZE, IncSubtensor, aliases=["local_useless_inc_subtensor"])
def region_set_to_itself(node: Apply) -> Any:
    """set_subtensor(x[i], x[i]) = x."""
    x, y = node.inputs[:2]
    read = _made_by(y, Subtensor)
    if read is None or not node.op.set_instead_of_inc or read.inputs[0] is not x:  # type: ignore[attr-defined]
        return None
    return x if _same_place(read, 1, node, 2) else None


@rewrite(CANONICALIZE, Subtensor, aliases=["local_subtensor_of_join"])
def item_of_join(node: Apply) -> Any:
    """join(axis, x, y)[k] = x[k], or y[k - n], where n, the extent of x, is known."""
    joined = _made_by(node.inputs[0], Join)
    if joined is None:
        return None
    axis: int = joined.op.axis  # type: ignore[attr-defined]
    entries = node.op.idx_list  # type: ignore[attr-defined]
    items = items_of(entries, node.inputs[1:])
    if len(entries) <= axis or entries[axis] != INTEGER:
        return None
    place = known_int(items[axis])
    if place is None or place < 0:
        return None
    for piece in joined.inputs:
        kind: Any = piece.type
        extent = kind.shape[axis]
        if extent is None or kind.dtype != node.outputs[0].type.dtype:  # type: ignore[attr-defined]
            return None
        if place < extent:
            items[axis] = constant(place)
            return getitem(piece, tuple(items))
        place -= extent
    return None


@rewrite(
    SPECIALIZE, Subtensor, aliases=["local_subtensor_of_dot"], grade=Grade.ROUNDING
)
def part_of_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """dot(x, y)[i, j] = dot(x[i], y[:, j]), where nothing else reads the product."""
    product = _lone(node.inputs[0], Dot, fgraph)
    if product is None:
        return None
    x, y = product.inputs
    items = items_of(node.op.idx_list, node.inputs[1:])  # type: ignore[attr-defined]
    if x.type.ndim == 2 and items[0] != slice(None):  # type: ignore[attr-defined]
        x = getitem(x, (items[0],))
    own = items[product.inputs[0].type.ndim - 1 :]  # type: ignore[attr-defined]
    if own and own[0] != slice(None):
        y = getitem(y, (slice(None), own[0]))
    return product.op(x, y)


@rewrite(SPECIALIZE, Subtensor, aliases=["local_subtensor_lift"])
def part_of_elementwise(node: Apply, fgraph: FunctionGraph) -> Any:
    """f(x, y)[i] = f(x[i], y[i]), or f(x[i], y) where y doesn't have the dim.

    Where x and y surely have one shape, nothing else reads the result, and it isn't
    made of arguments alone.
    """
    whole: Any = node.inputs[0]
    made = _lone(whole, (Elementwise, Cast), fgraph)
    if made is None or not any(_is_worth(v) for v in made.inputs):
        return None
    if not _agree(whole, node.op.idx_list, made.inputs):  # type: ignore[attr-defined]
        return None
    items = items_of(node.op.idx_list, node.inputs[1:])  # type: ignore[attr-defined]
    return made.op(*(_part(v, whole.type.ndim, items) for v in made.inputs))


def _agree(whole: Any, entries: Sequence[str], operands: Sequence[Any]) -> bool:
    """Tell whether an index of a result takes the same of each operand.

    A dim that is indexed is one operand's alone, or all that have it have one shape.
    """
    rank: int = whole.type.ndim
    for k, entry in enumerate(entries):
        if entry == FULL:
            continue
        own = [v for v in operands if _has_dim(v, k - rank)]
        if not own:
            return False
        root = shape_root(own[0])
        if len(own) > 1 and not all(
            v.type.ndim == own[0].type.ndim and shape_root(v) is root for v in own
        ):
            return False
    return True


def _has_dim(variable: Any, k: int) -> bool:
    """Tell whether dim `k`, counted from the last, may be other than 1."""
    return bool(-k <= variable.type.ndim and variable.type.shape[k] != 1)


def _part(variable: Any, rank: int, items: Sequence[Any]) -> Any:
    """Return what an index of a result of `rank` dims takes of an operand."""
    own = []
    for k, item in enumerate(items):
        if -(k - rank) <= variable.type.ndim:
            is_one = variable.type.shape[k - rank] == 1
            whole_dim = slice(None) if isinstance(item, slice) else 0
            own.append(whole_dim if is_one else item)
    return getitem(variable, tuple(own)) if own else variable


def _is_worth(variable: Any) -> bool:
    """Tell whether less of a variable may be computed, here or further up."""
    return variable.type.ndim > 0 and variable.owner is not None


@rewrite(SPECIALIZE, Subtensor, aliases=["local_dimshuffle_subtensor"])
def part_of_dimshuffle(node: Apply, fgraph: FunctionGraph) -> Any:
    """x.T[i] = x[:, i], for any order of the dims."""
    shuffled = _lone(node.inputs[0], DimShuffle, fgraph)
    if shuffled is None:
        return None
    order: Any = shuffled.op.order  # type: ignore[attr-defined]
    x: Any = shuffled.inputs[0]
    entries = list(node.op.idx_list) + [FULL] * len(order)  # type: ignore[attr-defined]
    items = items_of(node.op.idx_list, node.inputs[1:])  # type: ignore[attr-defined]
    items += [slice(None)] * (len(order) - len(items))
    if any(
        k is None and not _takes_a_one(item, entry)
        for k, item, entry in zip(order, items, entries, strict=False)
    ):
        return None
    if len([k for k in order if k is not None]) != x.type.ndim:
        return None
    index: list[Any] = [slice(None)] * x.type.ndim
    for k, item in zip(order, items, strict=False):
        if k is not None:
            index[k] = item
    left = [k for k, entry in zip(order, entries, strict=False) if entry != INTEGER]
    kept = [k for k in range(x.type.ndim) if k in left]
    new = [None if k is None else kept.index(k) for k in left]
    return DimShuffle(tuple(new))(getitem(x, tuple(index)))


def _takes_a_one(item: Any, entry: str) -> bool:
    """Tell whether an index of a dim of extent 1 surely takes what is there."""
    if entry == FULL:
        return True
    return entry == INTEGER and known_int(item) in {0, -1}
