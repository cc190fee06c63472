"""From variables to a callable: inputs, updates, modes, the steps of `function`."""

from theanolike._runtime import Function
from theanolike.compile.debug_mode import DebugMode
from theanolike.compile.function import (
    function,
    function_dump,
    orig_function,
    pfunc,
)
from theanolike.compile.inputs import (
    In,
    Out,
    Param,
    SymbolicInput,
    SymbolicOutput,
)
from theanolike.compile.maker import FunctionMaker
from theanolike.compile.mode import (
    FAST_COMPILE,
    FAST_RUN,
    Mode,
    ProfileMode,
    get_default_mode,
    get_mode,
    optdb,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    register_linker,
    register_mode,
    register_optimizer,
)
from theanolike.compile.rebuild import rebuild_collect_shared
from theanolike.compile.stats import ProfileStats
from theanolike.compile.updates import OrderedUpdates
from theanolike.compile.watch import MonitorMode, NanGuardMode
from theanolike.errors import UnusedInputError
from theanolike.ops.user import FromFunctionOp, as_op
from theanolike.pending import pending_names
from theanolike.types.shared import (
    SharedVariable,
    generic_constructor,
    shared,
    shared_constructor,
)

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "DebugMode",
    "FromFunctionOp",
    "Function",
    "FunctionMaker",
    "In",
    "Mode",
    "MonitorMode",
    "NanGuardMode",
    "OrderedUpdates",
    "Out",
    "Param",
    "ProfileMode",
    "ProfileStats",
    "SharedVariable",
    "SymbolicInput",
    "SymbolicOutput",
    "UnusedInputError",
    "as_op",
    "function",
    "function_dump",
    "generic_constructor",
    "get_default_mode",
    "get_mode",
    "optdb",
    "orig_function",
    "pfunc",
    "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers",
    "rebuild_collect_shared",
    "register_linker",
    "register_mode",
    "register_optimizer",
    "shared",
    "shared_constructor",
]

__getattr__ = pending_names(__name__)
