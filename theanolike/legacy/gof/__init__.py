"""Theano's `gof`: imports only."""

from theanolike.errors import InconsistencyError, MissingInputError
from theanolike.errors import MethodNotDefinedError as MethodNotDefined
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.function_graph import Listener as Feature
from theanolike.graph.op import Op
from theanolike.graph.type import Generic, Type, generic
from theanolike.graph.variable import Constant, Variable
from theanolike.pending import pending_names
from theanolike.rewrites.databases import (
    DB,
    EquilibriumDB,
    LocalGroupDB,
    ProxyDB,
    Query,
    SequenceDB,
)
from theanolike.rewrites.local import (
    LocalOptGroup,
    LocalOptimizer,
    OpRemove,
    OpSub,
    local_optimizer,
)
from theanolike.rewrites.optimizers import (
    EquilibriumOptimizer,
    MergeOptimizer,
    NavigatorOptimizer,
    OpKeyOptimizer,
    Optimizer,
    SeqOptimizer,
    TopoOptimizer,
    in2out,
    inplace_optimizer,
    optimizer,
    out2in,
)
from theanolike.rewrites.substitution import PatternSub
from theanolike.types.shared import Container

__all__ = [
    "DB",
    "Apply",
    "Constant",
    "Container",
    "EquilibriumDB",
    "EquilibriumOptimizer",
    "Feature",
    "FunctionGraph",
    "Generic",
    "InconsistencyError",
    "LocalGroupDB",
    "LocalOptGroup",
    "LocalOptimizer",
    "MergeOptimizer",
    "MethodNotDefined",
    "MissingInputError",
    "NavigatorOptimizer",
    "Op",
    "OpKeyOptimizer",
    "OpRemove",
    "OpSub",
    "Optimizer",
    "PatternSub",
    "ProxyDB",
    "Query",
    "SeqOptimizer",
    "SequenceDB",
    "TopoOptimizer",
    "Type",
    "Variable",
    "generic",
    "in2out",
    "inplace_optimizer",
    "local_optimizer",
    "optimizer",
    "out2in",
]

__getattr__ = pending_names(__name__)
