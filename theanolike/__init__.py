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

from theanolike import gradient, printing, tensor
from theanolike.aliases import install_as_theano, serve_legacy_names
from theanolike.compile import (
    FunctionMaker,
    In,
    Mode,
    OrderedUpdates,
    Out,
    Param,
    ProfileStats,
    SymbolicInput,
    SymbolicOutput,
    function,
    function_dump,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    shared,
)
from theanolike.config import change_flags, config
from theanolike.errors import InconsistencyError
from theanolike.gradient import Lop, Rop, grad, subgraph_grad
from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.op import Op
from theanolike.graph.pretty import pp, pprint
from theanolike.graph.type import Generic, Type, generic
from theanolike.graph.variable import Constant, Variable
from theanolike.legacy.misc.safe_asarray import _asarray
from theanolike.ops.known import get_scalar_constant_value
from theanolike.ops.products import dot
from theanolike.ops.scan.folds import foldl, foldr, map, reduce
from theanolike.ops.scan.saved import scan_checkpoints
from theanolike.ops.scan.scan import scan
from theanolike.ops.user import as_op
from theanolike.pending import pending_names
from theanolike.types.shared import Container

__all__ = [
    "Apply",
    "Constant",
    "Container",
    "FunctionGraph",
    "FunctionMaker",
    "Generic",
    "In",
    "InconsistencyError",
    "Lop",
    "Mode",
    "Op",
    "OrderedUpdates",
    "Out",
    "Param",
    "ProfileStats",
    "Rop",
    "SymbolicInput",
    "SymbolicOutput",
    "Type",
    "Variable",
    "__api_version__",
    "__version__",
    "_asarray",
    "as_op",
    "change_flags",
    "clone",
    "config",
    "dot",
    "foldl",
    "foldr",
    "function",
    "function_dump",
    "generic",
    "get_scalar_constant_value",
    "grad",
    "gradient",
    "install_as_theano",
    "map",
    "pp",
    "pprint",
    "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers",
    "printing",
    "reduce",
    "scan",
    "scan_checkpoints",
    "shared",
    "subgraph_grad",
    "tensor",
]

logging.getLogger("theanolike").addHandler(logging.NullHandler())
serve_legacy_names()
_pending = pending_names(__name__)
__api_version__ = 1


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # slow to import

        return version("theanolike")
    return _pending(name)
