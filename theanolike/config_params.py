"""Theano's way to declare configuration variables: `AddConfigVar` and what it takes."""

from collections.abc import Callable
from typing import Any

from theanolike.config import Config, add_flag, config, parse_flags
from theanolike.errors import ConfigError
from theanolike.flags import Flag, choice

__all__ = [
    "AddConfigVar",
    "BoolParam",
    "ConfigParam",
    "EnumStr",
    "FloatParam",
    "IntParam",
    "StrParam",
    "TypedParam",
    "fetch_val_for_key",
    "get_config_hash",
    "parse_config_string",
]

Check = Callable[[Any], bool]


def AddConfigVar(  # noqa: N802
    name: str,
    doc: str,
    configparam: Flag[Any],
    root: Config = config,
    in_c_key: bool = True,  # noqa: ARG001 - each variable is in the key of a unit
) -> None:
    """Declare the variable `name`, which may be dotted, in the configuration `root`.

    Raises
    ------
    ConfigError
        The name is taken.
    """
    if root.find(name) is not None:
        message = f"This name is already taken: {name}; choose another one."
        raise ConfigError(message)
    configparam.doc = doc
    add_flag(name, configparam, root)


def ConfigParam(  # noqa: N802
    default: Any,
    filter: Callable[[Any], Any] | None = None,  # noqa: A002
    allow_override: bool = True,
) -> Flag[Any]:
    """Return a variable whose values pass through `filter`."""
    parse = filter or (lambda value: value)
    return _param(default, parse, "what its filter takes", allow_override)


def TypedParam(  # noqa: N802
    default: Any,
    mytype: Callable[[Any], Any],
    is_valid: Check | None = None,
    allow_override: bool = True,
) -> Flag[Any]:
    """Return a variable whose values are made by `mytype` and pass `is_valid`."""

    def parse(value: object) -> Any:
        made = mytype(value)
        if is_valid is not None and not is_valid(made):
            raise ValueError(value)
        return made

    name = getattr(mytype, "__name__", str(mytype))
    return _param(default, parse, f"of type {name}", allow_override)


def StrParam(  # noqa: N802
    default: Any, is_valid: Check | None = None, allow_override: bool = True
) -> Flag[Any]:
    """Return a variable that is a text."""
    return TypedParam(default, str, is_valid, allow_override)


def IntParam(  # noqa: N802
    default: Any, is_valid: Check | None = None, allow_override: bool = True
) -> Flag[Any]:
    """Return a variable that is a whole number."""
    return TypedParam(default, int, is_valid, allow_override)


def FloatParam(  # noqa: N802
    default: Any, is_valid: Check | None = None, allow_override: bool = True
) -> Flag[Any]:
    """Return a variable that is a number."""
    return TypedParam(default, float, is_valid, allow_override)


def BoolParam(  # noqa: N802
    default: Any, is_valid: Check | None = None, allow_override: bool = True
) -> Flag[Any]:
    """Return a variable that is True or False."""

    def parse(value: object) -> bool:
        if str(value) not in {"True", "true", "1", "False", "false", "0"}:
            raise ValueError(value)
        return str(value) in {"True", "true", "1"}

    return TypedParam(default, parse, is_valid, allow_override)


def EnumStr(  # noqa: N802
    default: str, *options: str, allow_override: bool = True
) -> Flag[str]:
    """Return a variable with a few valid words."""
    return choice(default, *options, doc="", fixed=not allow_override)


def _param(
    default: Any, parse: Callable[[Any], Any], options: str, allow_override: bool
) -> Flag[Any]:
    start = (lambda _: default()) if callable(default) else parse(default)
    return Flag(start, parse, "", options=options, fixed=not allow_override)


def get_config_hash() -> str:
    """Return a digest of all values."""
    import hashlib

    return hashlib.sha256(repr(config.snapshot().items()).encode()).hexdigest()


def parse_config_string(
    config_string: str,
    issue_warnings: bool = True,  # noqa: ARG001 - a part without a value is an error
) -> dict[str, str]:
    """Split ``"a=b,c.d=e"`` as ``THEANO_FLAGS`` is."""
    return parse_flags(config_string)


def fetch_val_for_key(key: str, delete_key: bool = False) -> str:
    """Return the text that the environment or a file gave for a name, or KeyError."""
    raw: dict[str, str] = config.__dict__["raw"]
    return raw.pop(key) if delete_key else raw[key]
