"""Define, differentiate and compile array programs, under the names of Theano."""

import logging
from typing import Any

try:
    import theanolike._runtime  # noqa: F401 - whether it is there
except ImportError as missing:
    _message = (
        "theanolike._runtime is not built; run `pip install -e .` in the folder that "
        "holds theanolike's pyproject.toml."
    )
    raise ImportError(_message) from missing

from theanolike.aliases import install_as_theano, serve_legacy_names
from theanolike.config import change_flags, config
from theanolike.pending import pending_names

__all__ = [
    "__version__",
    "change_flags",
    "config",
    "install_as_theano",
]

logging.getLogger("theanolike").addHandler(logging.NullHandler())
serve_legacy_names()
_pending = pending_names(__name__)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # slow to import

        return version("theanolike")
    return _pending(name)
