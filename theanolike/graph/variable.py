"""Variables and constants: the edges of the graph. They are compared by identity."""

from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from theanolike.graph.current import graph_of

if TYPE_CHECKING:
    from theanolike.graph.apply import Apply
    from theanolike.graph.type import Type

_counter = count()


def next_number() -> int:
    """Return the number of the next variable of this process."""
    return next(_counter)


class Scratchpad(SimpleNamespace):
    """The free-for-all attribute `tag` of a variable or a node."""


class Variable:
    """A typed value of the graph: an input, or output `index` of node `owner`.

    Parameters
    ----------
    type : Type
        What values it can hold.
    owner : Apply or None
        The node that computes it; None for a graph input.
    index : int or None
        Its place among the owner's outputs.
    name : str or None
        For keyword arguments and printing.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_auto",
        "_tag",
        "index",
        "name",
        "owner",
        "type",
    )

    def __init__(
        self,
        type: "Type",
        owner: "Apply | None" = None,
        index: int | None = None,
        name: str | None = None,
    ) -> None:
        self.type = type
        self.owner = owner
        self.index = index
        if name is not None and not isinstance(name, str):
            raise TypeError("name must be a string", name)
        self.name = name
        self._tag: Scratchpad | None = None
        self._auto = next_number()

    @property
    def tag(self) -> Scratchpad:
        """A place for the user's own remarks, such as `tag.test_value`."""
        if self._tag is None:
            self._tag = Scratchpad()
        return self._tag

    @tag.setter
    def tag(self, value: Scratchpad) -> None:
        self._tag = value

    @property
    def clients(self) -> "list[Any]":
        """The (node, input index) pairs that read it; only in a FunctionGraph."""
        return graph_of("Who reads a variable", self).clients(self)  # type: ignore[no-any-return]

    @property
    def auto_name(self) -> str:
        """A name unique in this process, in order of creation."""
        return f"auto_{self._auto}"

    def get_parents(self) -> "list[Apply]":
        """Return the node that computes this variable, in a list."""
        return [self.owner] if self.owner is not None else []

    def clone(self) -> "Variable":
        """Return a variable of the same type and name with no owner."""
        return self.type.make_variable(self.name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        from theanolike.graph.pickling import reduce_variable

        return reduce_variable(self)

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is not None:
            op = self.owner.op
            if self.index == op.default_output:
                return f"{op}.out"
            return f"{op}.{self.index}"
        return f"<{self.type}>"

    def __repr__(self) -> str:
        return str(self)


class Constant(Variable):
    """A variable whose value is known when the graph is built."""

    __slots__ = ("data",)

    def __init__(self, type: "Type", data: Any, name: str | None = None) -> None:
        super().__init__(type, None, None, name)
        self.data = type.filter(data)

    def signature(self) -> Any:
        """Return a hashable value that is equal for equal constants."""
        return (self.type, self.data)

    def equals(self, other: object) -> bool:
        """Tell whether `other` is a constant of the same type and value."""
        return (
            isinstance(other, Constant)
            and self.type.same(other.type)
            and self.signature() == other.signature()
        )

    def clone(self) -> "Constant":
        """Return another constant of this type, value and name."""
        return type(self)(self.type, self.data, self.name)

    @property
    def value(self) -> Any:
        """The constant's value."""
        return self.data

    def __str__(self) -> str:
        return self.name if self.name is not None else f"Constant{{{self.data}}}"


def remark_of(variable: Variable, name: str) -> Any:
    """Return an attribute of `variable.tag`, or None; no tag is made to look at."""
    return getattr(variable._tag, name, None)
