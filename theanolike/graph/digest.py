"""Digests of ops, types and graphs: equal for equal graphs, in every process.

A user's op that holds an object without a name, such as a lambda, equals only itself.

Names, origins and tags don't count. Inputs count by position and type, constants by
their content, ops by class and fields.
"""

import enum
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from theanolike.graph.op import Op
from theanolike.graph.traverse import toposort
from theanolike.graph.type import Type
from theanolike.graph.variable import Constant, Variable

if TYPE_CHECKING:
    import hashlib

    from theanolike.graph.apply import Apply

SIZE = 16
_PROCESS = os.urandom(16).hex()


def _hash() -> "hashlib.blake2b":
    # Imported when first needed: it brings OpenSSL, a tenth of NumPy's import.
    import hashlib

    return hashlib.blake2b(digest_size=SIZE)


def digest(value: Any) -> bytes:
    """Return the digest of a value that ops, types and constants are made of."""
    state = _hash()
    state.update(b"".join(_parts(value)))
    return bytes(state.digest())


def graph_digest(
    inputs: Sequence[Variable],
    outputs: Iterable[Variable],
    nodes: "Sequence[Apply] | None" = None,
) -> bytes:
    """Return the digest of the graph from `inputs` to `outputs`.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
    nodes : sequence of Apply, optional
        The nodes in order, where the caller has them.

    Returns
    -------
    bytes
        16 of them.
    """
    outputs = list(outputs)
    state = _hash()
    place: dict[Variable, int] = {}
    known: dict[Any, bytes] = {}  # ops and types come again and again

    def of(thing: Any) -> bytes:
        shape = getattr(thing, "shape", None)
        key = (thing.dtype, shape) if isinstance(shape, tuple) else id(thing)
        if key not in known:
            known[key] = digest(thing)
        return known[key]

    def enter(variable: Variable) -> int:
        number = place.get(variable)
        if number is None:
            number = place[variable] = len(place)
            state.update(b"constant" if isinstance(variable, Constant) else b"free")
            state.update(of(variable.type))
            if isinstance(variable, Constant):
                state.update(digest(variable.data))
        return number

    for variable in inputs:
        place[variable] = len(place)
        state.update(of(variable.type))
    for node in toposort(outputs, blockers=inputs) if nodes is None else nodes:
        numbers = [enter(variable) for variable in node.inputs]
        state.update(of(node.op))
        state.update(struct.pack(f"<{len(numbers) + 1}q", len(numbers), *numbers))
        for out in node.outputs:
            place[out] = len(place)
            state.update(of(out.type))
    state.update(struct.pack(f"<{len(outputs)}q", *(enter(v) for v in outputs)))
    return state.digest()


def _parts(value: Any) -> Iterator[bytes]:
    """Yield bytes that tell `value` from every other one."""
    scalar = _SCALARS.get(type(value))
    if scalar is not None:
        yield from _tagged(type(value).__name__, scalar(value))
    elif isinstance(value, tuple | list):
        yield from _tagged(type(value).__name__, str(len(value)).encode())
        for item in value:
            yield from _parts(item)
    elif isinstance(value, dict):
        yield from _tagged("dict", b"".join(sorted(map(digest, value.items()))))
    elif isinstance(value, set | frozenset):
        yield from _tagged("set", b"".join(sorted(map(digest, value))))
    elif isinstance(value, slice):
        yield from _parts(("slice", value.start, value.stop, value.step))
    else:
        yield from _object_parts(value)


_SCALARS: dict[type, Any] = {
    type(None): lambda _: b"",
    type(...): lambda _: b"",
    bool: lambda v: b"1" if v else b"0",
    int: lambda v: str(v).encode(),
    float: lambda v: struct.pack("<d", v),
    complex: lambda v: struct.pack("<dd", v.real, v.imag),
    str: str.encode,
    bytes: bytes,
}


def _tagged(tag: str, content: bytes) -> Iterator[bytes]:
    yield f"{tag}:{len(content)}:".encode()
    yield content


def _object_parts(value: Any) -> Iterator[bytes]:
    """Yield the parts of an array, an op, a type, a class, or what pickles flatly."""
    own = getattr(value, "digest", None)
    if isinstance(own, bytes):
        yield from _tagged(_name(type(value)), own)
    elif hasattr(value, "dtype") and hasattr(value, "tobytes"):
        yield from _parts(("array", str(value.dtype), tuple(value.shape)))
        yield from _tagged("bytes", value.tobytes())
    elif isinstance(value, enum.Enum):
        yield from _parts((_name(type(value)), value.name))
    elif isinstance(value, type) or _is_global_function(value):
        yield from _tagged("global", _name(value).encode())
    elif isinstance(value, Op | Type) or is_dataclass(value):
        yield from _parts((_name(type(value)), _fields(value)))
    elif type(value).__module__ == "numpy" or hasattr(value, "str"):
        yield from _parts((_name(type(value)), str(value)))
    else:
        # A lambda, say, is itself only: it has no name that other processes know.
        yield from _tagged("object", f"{_PROCESS}:{id(value)}".encode())


def _name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def _is_global_function(value: Any) -> bool:
    name = getattr(value, "__qualname__", "<")
    return callable(value) and "<" not in name and hasattr(value, "__module__")


def _fields(value: Any) -> tuple[tuple[str, Any], ...]:
    """Return the fields that make an op or a type what it is."""
    names = getattr(value, "__props__", None)
    if names is None and is_dataclass(value):
        names = [field.name for field in fields(value) if field.compare]
    if names is None and isinstance(value, Type) and hasattr(value, "shape"):
        names = ("dtype", "shape")
    if names is None:
        names = sorted(n for n in vars(value) if not n.startswith("_"))
    return tuple((name, getattr(value, name)) for name in names)
