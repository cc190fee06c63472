"""Names of Theano that are not there yet: they import, and raise on use.

The one table is `PENDING`; `pending_names` makes a facade's ``__getattr__`` from it.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from theanolike.errors import UnknownNameError, UnsupportedError
from theanolike.pending_table import PENDING

__all__ = ["PENDING", "Pending", "pending_names", "theano_name"]


class Pending:
    """Stands for a name that is not there yet; every use raises `UnsupportedError`.

    Parameters
    ----------
    name : str
        The dotted name, as Theano has it.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        message = (
            f"{self._name} is not there yet; theanolike/README.md lists what is, "
            "and what stands in for the rest."
        )
        raise UnsupportedError(message)

    __call__ = __getitem__ = __iter__ = __len__ = __bool__ = _refuse
    __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __neg__ = _refuse
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = _refuse
    __mro_entries__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise UnknownNameError(f"{self._name} is not there yet, nor is its {name}.")
        self._refuse()

    def __instancecheck__(self, instance: object) -> bool:
        return False  # nothing is an instance of what is not there

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self._name}, not there yet>"

    def __reduce__(self) -> tuple[type["Pending"], tuple[str]]:
        return Pending, (self._name,)


def theano_name(module: str) -> str:
    """Return the name below ``theano`` of one of our facades; "" is the root.

    Examples
    --------
    >>> theano_name("theanolike.legacy.gof.graph")
    'gof.graph'
    """
    rest = module.removeprefix("theanolike").removeprefix(".")
    return rest.removeprefix("legacy").removeprefix(".")


def pending_names(module: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a facade.

    It gives a `Pending` for the names of the table, and imports submodules on demand,
    as programs expect who write ``theano.sandbox.rng_mrg`` after ``import theano``.
    """
    below = theano_name(module)
    names = frozenset(PENDING.get(below, "").split())
    shown = f"theano.{below}" if below else "theano"

    def getattr_(name: str) -> Any:
        if name in names:
            return Pending(f"{shown}.{name}")
        if not name.startswith("_") and _is_package(module):
            for parent in dict.fromkeys(
                (module, f"theanolike.legacy.{below}".rstrip("."))
            ):
                full = f"{parent}.{name}"
                if _exists(full):
                    return importlib.import_module(full)
        raise UnknownNameError(f"{shown} has no {name}; check the spelling.")

    return getattr_


def _is_package(module: str) -> bool:
    return hasattr(sys.modules[module], "__path__")


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
