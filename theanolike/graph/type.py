"""The contract of a Type: what values a variable can hold."""

from typing import TYPE_CHECKING, Any

from theanolike.errors import MethodNotDefinedError

if TYPE_CHECKING:
    from theanolike.graph.variable import Constant, Variable


class Type:
    """A set of values and how to check them. Types are frozen values.

    Subclasses define `filter` and equality. `TensorType` is the one that compiles;
    functions with variables of other types run on the interpreter.
    """

    name: str | None = None

    def filter(
        self, value: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> Any:
        """Return `value` as one of this type, or raise TypeError.

        Parameters
        ----------
        value : object
            What the caller passed.
        strict : bool
            Accept only what needs no conversion.
        allow_downcast : bool or None
            Whether a conversion may lose precision.
        """
        raise MethodNotDefinedError(
            f"{type(self).__name__} has no filter, which is needed to check values: "
            f"define {type(self).__name__}.filter(value, strict, allow_downcast)."
        )

    def same(self, other: object) -> bool:
        """Tell whether `other` is this type in every respect, static shape included."""
        return self == other

    def is_super(self, other: "Type") -> bool:
        """Tell whether every value of type `other` is one of this type."""
        return self == other

    def make_variable(self, name: str | None = None) -> "Variable":
        """Return a new variable of this type."""
        from theanolike.graph.variable import Variable

        return Variable(self, None, None, name)

    def make_constant(self, value: Any, name: str | None = None) -> "Constant":
        """Return a constant of this type."""
        from theanolike.graph.variable import Constant

        return Constant(self, value, name)

    def __call__(self, name: str | None = None) -> "Variable":
        return self.make_variable(name)

    def filter_variable(self, other: Any, allow_convert: bool = True) -> "Variable":
        """Return `other` as a variable of this type, or raise TypeError."""
        from theanolike.graph.variable import Variable

        if not isinstance(other, Variable):
            other = self.make_constant(self.filter(other))
        if self.is_super(other.type):
            variable: Variable = other
            return variable
        if allow_convert:
            converted = self.convert_variable(other)
            if converted is not None:
                return converted
        raise TypeError(
            f"Cannot convert Type {other.type} (of Variable {other}) into Type {self}. "
            f"You can try to manually convert {other} into a {self}."
        )

    def convert_variable(self, var: "Variable") -> "Variable | None":
        """Return `var` viewed as this type where that loses nothing, else None."""
        return var if self.is_super(var.type) else None

    def is_valid_value(self, value: Any) -> bool:
        """Tell whether `value` belongs to this type as it is."""
        try:
            self.filter(value, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def values_eq(self, a: Any, b: Any) -> bool:
        """Tell whether two values of this type are equal."""
        return bool(a == b)

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        """Tell whether two values of this type are equal up to rounding."""
        return self.values_eq(a, b)


class Generic(Type):
    """Any Python object. A function with such a variable runs on the interpreter."""

    def filter(
        self, value: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> Any:
        return value

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        return "Generic"


generic = Generic()
