"""How configuration variables are declared, grouped, checked and frozen."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Self, TypeVar, overload

from theanolike.errors import ConfigError, UnknownNameError

__all__ = ["Flag", "Group", "Snapshot", "choice", "real", "text", "truth", "whole"]

T = TypeVar("T")
FIXED = "Can't change the value of this config parameter after initialization!"
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class Flag(Generic[T]):
    """One declared field.

    Parameters
    ----------
    default : value or function of the group
        What the field is while nobody set it.
    parse : function
        Makes the value from an object or its text; ValueError refuses it.
    doc : str
        What it does.
    options : str
        The valid values, as a message shows them.
    fixed : bool
        Whether it can be set by environment and files only.
    no_effect : str
        The reason, for a flag that is accepted and does nothing.
    """

    def __init__(
        self,
        default: T | Callable[[Any], T],
        parse: Callable[[object], T],
        doc: str,
        *,
        options: str = "",
        fixed: bool = False,
        no_effect: str = "",
    ) -> None:
        self.default = default
        self.parse = parse
        self.doc = doc
        self.options = options
        self.fixed = fixed
        self.no_effect = no_effect
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, group: None, owner: type) -> Self: ...
    @overload
    def __get__(self, group: "Group", owner: type) -> T: ...
    def __get__(self, group: "Group | None", owner: type) -> Self | T:
        if group is None:
            return self
        values: dict[str, T] = group.values_set
        if self.name in values:
            return values[self.name]
        return self.default_in(group)

    def default_in(self, group: "Group") -> T:
        """Return the default."""
        return self.default(group) if callable(self.default) else self.default

    def __set__(self, group: "Group", value: object) -> None:
        if self.fixed and not group.is_loading:
            raise ConfigError(FIXED)
        try:
            parsed = self.parse(value)
        except (ValueError, TypeError) as refusal:
            message = (
                f'Invalid value ("{value}") for configuration variable '
                f'"{group.prefix}{self.name}". Valid options are {self.options}'
            )
            raise ConfigError(message) from refusal
        group.values_set[self.name] = parsed


def choice(
    default: str, *others: str, doc: str, fixed: bool = False, no_effect: str = ""
) -> Flag[str]:
    """Declare a flag with a few valid words; a trailing ``*`` allows any ending."""
    options = (default, *others)

    def parse(value: object) -> str:
        word = str(value)
        for option in options:
            if word == option or (
                option.endswith("*") and word.startswith(option[:-1])
            ):
                return word
        raise ValueError(word)

    shown = f"({', '.join(repr(option) for option in options)})"
    return Flag(default, parse, doc, options=shown, fixed=fixed, no_effect=no_effect)


def text(
    default: str | Callable[[Any], str], *, doc: str, no_effect: str = ""
) -> Flag[str]:
    """Declare a flag that is any text."""
    return Flag(default, str, doc, options="any text", no_effect=no_effect)


def whole(
    default: int, *, doc: str, at_least: int | None = None, no_effect: str = ""
) -> Flag[int]:
    """Declare a flag that is a whole number."""

    def parse(value: object) -> int:
        number = int(str(value))
        if at_least is not None and number < at_least:
            raise ValueError(value)
        return number

    shown = "whole numbers" + ("" if at_least is None else f" from {at_least}")
    return Flag(default, parse, doc, options=shown, no_effect=no_effect)


def real(default: float, *, doc: str, no_effect: str = "") -> Flag[float]:
    """Declare a flag that is a number."""
    return Flag(
        default, lambda v: float(str(v)), doc, options="numbers", no_effect=no_effect
    )


def truth(default: bool, *, doc: str, no_effect: str = "") -> Flag[bool]:
    """Declare a flag that is True or False, or a word for it."""

    def parse(value: object) -> bool:
        word = str(value).lower()
        if word not in TRUE + FALSE:
            raise ValueError(value)
        return word in TRUE

    return Flag(default, parse, doc, options="(True, False)", no_effect=no_effect)


class Group:
    """Flags under a common prefix; an undeclared name is an error."""

    prefix: str
    values_set: dict[str, Any]
    is_loading: bool

    def __init__(self, prefix: str = "") -> None:
        fields = {"prefix": prefix, "values_set": {}, "is_loading": False}
        self.__dict__.update(fields)

    def __setattr__(self, name: str, value: object) -> None:
        if not isinstance(getattr(type(self), name, None), Flag):
            raise UnknownNameError(self._unknown(name))
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        raise UnknownNameError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        return (
            f"The configuration has no variable {self.prefix}{name}; "
            "print(theanolike.config) lists them."
        )

    def declared(self) -> Iterator[tuple[str, Flag[Any], "Group"]]:
        """Yield (dotted name, flag, its group), in alphabetical order, groups last."""
        kind = type(self)
        for name in sorted(dir(kind)):
            flag = getattr(kind, name)
            if isinstance(flag, Flag):
                yield f"{self.prefix}{name}", flag, self
        for _, group in sorted(self.subgroups().items()):
            yield from group.declared()

    def subgroups(self) -> dict[str, "Group"]:
        """Return the groups right below this one by name."""
        return {k: v for k, v in self.__dict__.items() if isinstance(v, Group)}

    def subgroup(self, name: str) -> "Group":
        """Return the group of that name right below this one, made if need be."""
        if name not in self.__dict__:
            # a class of its own, since flags are descriptors on the class
            self.__dict__[name] = type("Group", (Group,), {})(f"{self.prefix}{name}.")
        found: Group = self.__dict__[name]
        return found


class Snapshot:
    """All values at one moment: frozen, hashable, read like `config`."""

    __slots__ = ("_hash", "_prefix", "_values")

    def __init__(self, values: Mapping[str, Any], prefix: str = "") -> None:
        object.__setattr__(self, "_values", dict(values))
        object.__setattr__(self, "_prefix", prefix)
        object.__setattr__(self, "_hash", hash((prefix, tuple(self._values.items()))))

    def __getattr__(self, name: str) -> Any:
        values: dict[str, Any] = object.__getattribute__(self, "_values")
        dotted = object.__getattribute__(self, "_prefix") + name
        if dotted in values:
            return values[dotted]
        if any(key.startswith(f"{dotted}.") for key in values):
            return Snapshot(values, f"{dotted}.")
        message = f"The configuration has no variable {dotted}; see theanolike.config."
        raise UnknownNameError(message)

    def __setattr__(self, name: str, value: object) -> None:
        message = f"A snapshot is frozen; set theanolike.config.{name} instead."
        raise ConfigError(message)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and self.items() == other.items()

    def __hash__(self) -> int:
        value: int = self._hash
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return Snapshot, (self._values, self._prefix)

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Return (dotted name, value) of each flag, in a fixed order."""
        values: dict[str, Any] = self._values
        prefix: str = self._prefix
        return tuple((k, v) for k, v in values.items() if k.startswith(prefix))
