"""The contract of an Op, as users of Theano know it.

The library's own ops are `theanolike.ops.declare.NativeOp`, which derive these methods.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from theanolike.errors import MethodNotDefinedError
from theanolike.graph.apply import Apply
from theanolike.graph.origin import PACKAGE, current_origins, inherit
from theanolike.graph.thunk import run_thunk
from theanolike.graph.variable import Variable

if TYPE_CHECKING:
    from theanolike.graph.type import Type

# Called with each node that `Op.__call__` makes: test values hook in here.
node_observers: list[Callable[[Apply], None]] = []


@contextlib.contextmanager
def unobserved() -> Iterator[None]:
    """Keep the nodes made within from observers: those of graphs inside of ops."""
    held = list(node_observers)
    node_observers.clear()
    try:
        yield
    finally:
        node_observers[:] = held


def _missing(op: "Op", signature: str, purpose: str) -> MethodNotDefinedError:
    name = type(op).__name__
    method = signature.partition("(")[0]
    return MethodNotDefinedError(
        f"{name} has no {method}, which is needed to {purpose}: define "
        f"{name}.{signature}."
    )


class Op:
    """What a node computes. Ops are values: equal fields, equal op.

    A subclass gives `make_node` (or `itypes` and `otypes`) and `perform`, and where it
    has them `grad` or `L_op`, `R_op` and `infer_shape`. With `__props__`, a tuple of
    attribute names, equality, hash and the printed name come from those attributes.
    """

    default_output: int | None = None
    view_map: dict[int, list[int]] = {}  # noqa: RUF012 - a user op sets it as it likes
    destroy_map: dict[int, list[int]] = {}  # noqa: RUF012
    itypes: "Sequence[Type] | None" = None
    otypes: "Sequence[Type] | None" = None
    __props__: tuple[str, ...]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__props__" in cls.__dict__:
            for name, method in _BY_PROPS.items():
                if name not in cls.__dict__:
                    setattr(cls, name, method)

    def make_node(self, *inputs: Any) -> Apply:
        """Return a node of this op over `inputs`, or raise TypeError."""
        if self.itypes is None or self.otypes is None:
            raise MethodNotDefinedError(
                f"make_node of {type(self).__name__}: define it, or the class "
                "attributes itypes and otypes."
            )
        if len(inputs) != len(self.itypes):
            raise ValueError(
                f"{self} expects {len(self.itypes)} inputs, got {len(inputs)}."
            )
        converted = [
            expected.filter_variable(given)
            for expected, given in zip(self.itypes, inputs, strict=True)
        ]
        return Apply(self, converted, [otype() for otype in self.otypes])

    def perform(
        self,
        node: Apply,
        inputs: Sequence[Any],
        output_storage: Sequence[list[Any]],
        *params: Any,
    ) -> None:
        """Compute: set `output_storage[k][0]` for each output k."""
        if type(self).make_thunk is not Op.make_thunk:
            run_thunk(node, inputs, list(output_storage))
            return
        raise _missing(self, "perform(node, inputs, output_storage)", "compute")

    def make_thunk(
        self,
        node: Apply,
        storage_map: Mapping[Variable, list[Any]],
        compute_map: Mapping[Variable, list[bool]],
        no_recycling: Sequence[Variable],
        impl: str | None = None,
    ) -> Callable[[], None]:
        """Return a function that computes `node` from cells of the map to others."""
        given = [storage_map[v] for v in node.inputs]
        results = [storage_map[v] for v in node.outputs]

        def thunk() -> None:
            self.perform(node, [cell[0] for cell in given], results)
            for variable in node.outputs:
                compute_map[variable][0] = True

        return thunk

    def grad(
        self, inputs: Sequence[Variable], output_gradients: Sequence[Variable]
    ) -> Any:
        """Return the gradient by each input, given those by the outputs."""
        raise _missing(self, "grad(inputs, output_gradients)", "differentiate")

    def L_op(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Sequence[Variable],
    ) -> Any:
        """As `grad`, with the node's outputs to build on."""
        return self.grad(inputs, output_gradients)

    def R_op(self, inputs: Sequence[Variable], eval_points: Sequence[Any]) -> Any:
        """Return the directional derivative of each output along `eval_points`."""
        raise _missing(self, "R_op(inputs, eval_points)", "differentiate forward")

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Any:
        """Return the outputs' shapes as tuples of int64 scalars."""
        raise _missing(self, "infer_shape(node, input_shapes)", "infer shapes")

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Tell for each input and output whether a gradient can flow between them."""
        return [[True] * len(node.outputs) for _ in node.inputs]

    def lower(self, b: Any, *inputs: Any) -> Any:
        """Say what the results are, in the loop program: a call back to `perform`."""
        results = [(kind.dtype, kind.shape) for kind in b.outputs]
        return tuple(b.host(b.sites[b.site], inputs, results))

    def do_constant_folding(self, node: Apply) -> bool:
        """Tell whether a node over constants may be computed at compile time."""
        return True

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        """Apply the op and return its default output, or all of them in a list."""
        name = kwargs.pop("name", None)
        return_list = kwargs.pop("return_list", False)
        if type(self).__module__.partition(".")[0] == PACKAGE:
            node = self.make_node(*inputs, **kwargs)
        else:
            # The user's line is the one that applies the op, not one of make_node.
            with inherit(current_origins()):
                node = self.make_node(*inputs, **kwargs)
        if not isinstance(node, Apply):
            raise TypeError(
                f"make_node of {type(self).__name__} must return an Apply, got "
                f"{node!r}."
            )
        for observe in node_observers:
            observe(node)
        if name is not None and len(node.outputs) == 1:
            node.outputs[0].name = name
        if self.default_output is not None:
            result = node.outputs[self.default_output]
            return [result] if return_list else result
        if return_list or len(node.outputs) != 1:
            return list(node.outputs)
        return node.outputs[0]

    def __str__(self) -> str:
        return getattr(type(self), "__name__", "Op")


def _props(op: Op) -> tuple[Any, ...]:
    return tuple(getattr(op, name) for name in op.__props__)


def _props_eq(self: Op, other: object) -> bool:
    return type(self) is type(other) and _props(self) == _props(other)


def _props_hash(self: Op) -> int:
    return hash((type(self), _props(self)))


def _props_str(self: Op) -> str:
    name = type(self).__name__
    if not self.__props__:
        return name
    fields = ", ".join(f"{p}={getattr(self, p)!r}" for p in self.__props__)
    return f"{name}{{{fields}}}"


_BY_PROPS = {"__eq__": _props_eq, "__hash__": _props_hash, "__str__": _props_str}
