"""`record`: a frozen dataclass without generated code, for ops.

`dataclasses.dataclass` writes and compiles five methods for each class, a third of a
millisecond at import; these methods are written once and read the names of the fields.
"""

import dataclasses
from typing import Any, TypeVar, dataclass_transform

__all__ = ["record"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass: equality, hash and repr come from its fields.

    What the class itself defines is kept; `dataclasses.fields`, `replace` and
    ``field(compare=False)`` work.

    Examples
    --------
    >>> @record
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1) == Point(x=1, y=0)
    (Point(x=1, y=0), True)
    """
    own = set(cls.__dict__)
    plain = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    fields = dataclasses.fields(plain)  # type: ignore[arg-type]
    names = tuple(field.name for field in fields)
    compared = tuple(field.name for field in fields if field.compare)
    type.__setattr__(plain, "_names", names)
    type.__setattr__(plain, "_compared", compared)
    type.__setattr__(plain, "__match_args__", names)
    for name, method in METHODS.items():
        if name not in own:
            type.__setattr__(plain, name, method)
    return plain


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    names: tuple[str, ...] = self._names
    given = dict(zip(names, args, strict=False))
    twice = given.keys() & kwargs.keys()
    unknown = kwargs.keys() - set(names)
    if len(args) > len(names) or twice or unknown:
        message = (
            f"{type(self).__name__} takes {', '.join(names) or 'nothing'}, each once; "
            f"got {len(args)} by position and {', '.join(kwargs) or 'none'} by name."
        )
        raise TypeError(message)
    given.update(kwargs)
    for name in names[len(args) :]:
        if name not in given:
            given[name] = _default(self, name)
    self.__dict__.update(given)
    post_init = getattr(self, "__post_init__", None)
    if post_init is not None:
        post_init()


def _default(self: Any, name: str) -> Any:
    field = self.__dataclass_fields__[name]
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    raise TypeError(f"{type(self).__name__} needs {name}; give it.")


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self._compared)


def _eq(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash((type(self), *_values(self)))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
    return f"{type(self).__qualname__.rpartition('.')[2]}({shown})"


def _setattr(self: Any, name: str, _: object) -> None:
    message = f"{type(self).__name__}.{name} is frozen; make another one."
    raise dataclasses.FrozenInstanceError(message)


def _delattr(self: Any, name: str) -> None:
    _setattr(self, name, None)


METHODS = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
}
