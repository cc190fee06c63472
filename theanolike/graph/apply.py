"""A node: an op applied to variables."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from theanolike.graph.current import graph_of
from theanolike.graph.origin import Origins, current_origins
from theanolike.graph.variable import Scratchpad, Variable

if TYPE_CHECKING:
    from theanolike.graph.op import Op


class Apply:
    """One application of `op`: it owns `outputs` and remembers where it was written.

    Parameters
    ----------
    op : Op
        What is computed.
    inputs : sequence of Variable
    outputs : sequence of Variable
        Fresh variables without an owner; they become this node's.
    origin : tuple of Origin, optional
        Where it was written; by default the user's line.
    """

    __slots__ = ("__weakref__", "_tag", "inputs", "op", "origin", "outputs")

    def __init__(
        self,
        op: "Op",
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        origin: Origins | None = None,
    ) -> None:
        self.op = op
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.origin: Origins = current_origins() if origin is None else origin
        self._tag: Scratchpad | None = None
        for variable in self.inputs:
            if not isinstance(variable, Variable):
                raise TypeError(
                    f"The inputs of an Apply must be Variables: {op} got "
                    f"{variable!r} of {type(variable).__name__}."
                )
        for index, output in enumerate(self.outputs):
            if not isinstance(output, Variable):
                raise TypeError(
                    f"The outputs of an Apply must be Variables: {op} made "
                    f"{output!r} of {type(output).__name__}."
                )
            if output.owner is not None and output.owner is not self:
                raise ValueError(
                    f"Output {index} of {op} belongs to another node already; "
                    "make_node must return fresh variables."
                )
            output.owner = self
            output.index = index

    @property
    def tag(self) -> Scratchpad:
        """A place for the user's own remarks."""
        if self._tag is None:
            self._tag = Scratchpad()
        return self._tag

    @property
    def fgraph(self) -> Any:
        """The FunctionGraph that it is part of."""
        return graph_of("The graph of a node", self)

    @property
    def nin(self) -> int:
        """The number of inputs."""
        return len(self.inputs)

    @property
    def nout(self) -> int:
        """The number of outputs."""
        return len(self.outputs)

    def get_parents(self) -> list[Variable]:
        """Return the inputs, in a list of the caller's own."""
        return list(self.inputs)

    def run_params(self) -> Any:
        """Return the parameters that the op computes with, None if it has none."""
        params = getattr(self.op, "get_params", None)
        return None if params is None else params(self)

    @property
    def out(self) -> Variable:
        """The default output."""
        return self.default_output()

    def default_output(self) -> Variable:
        """Return the output that stands for the node in an expression."""
        index = self.op.default_output
        if index is None:
            if len(self.outputs) == 1:
                return self.outputs[0]
            raise ValueError(f"{self.op} has {self.nout} outputs and no default one.")
        return self.outputs[index]

    def clone(self) -> "Apply":
        """Return a node of the same op and inputs with outputs of its own."""
        return self.clone_with_new_inputs(self.inputs)

    def clone_with_new_inputs(
        self, inputs: Iterable[Variable], strict: bool = True
    ) -> "Apply":
        """Return this node over other inputs.

        The outputs' types are kept where the new inputs have the old types, and
        inferred again by `make_node` where they differ.

        Raises
        ------
        TypeError
            With `strict`, when an input's type isn't equal to the old one.
        """
        new = list(inputs)
        same = all(a.type.same(b.type) for a, b in zip(new, self.inputs, strict=True))
        if same:
            twins = [_twin(out) for out in self.outputs]
            node = Apply(self.op, new, twins, self.origin)
        else:
            if strict:
                for i, (a, b) in enumerate(zip(new, self.inputs, strict=True)):
                    if not b.type.is_super(a.type) and a.type != b.type:
                        raise TypeError(
                            f"Input {i} of {self.op} must have type {b.type}, "
                            f"got {a} of type {a.type}."
                        )
            node = self.op.make_node(*new)
            for old, out in zip(self.outputs, node.outputs, strict=True):
                out.name = old.name
        node.origin = self.origin
        node._tag = self._tag
        return node

    def __reduce_ex__(self, protocol: Any) -> Any:
        from theanolike.graph.pickling import reduce_node

        return reduce_node(self)

    def __str__(self) -> str:
        return f"{self.op}({', '.join(str(v) for v in self.inputs)})"

    def __repr__(self) -> str:
        return str(self)


def _twin(output: Variable) -> Variable:
    twin = output.type.make_variable(output.name)
    twin._tag = output._tag
    return twin
