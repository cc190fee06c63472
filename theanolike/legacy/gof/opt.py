"""Theano's `gof.opt`: imports only."""

from theanolike.pending import pending_names
from theanolike.rewrites.local import (
    FromFunctionLocalOptimizer,
    LocalOptGroup,
    LocalOptimizer,
    OpRemove,
    OpSub,
    copy_stack_trace,
    inherit_stack_trace,
    local_optimizer,
)
from theanolike.rewrites.optimizers import (
    EquilibriumOptimizer,
    FromFunctionOptimizer,
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

__all__ = [
    "EquilibriumOptimizer",
    "FromFunctionLocalOptimizer",
    "FromFunctionOptimizer",
    "LocalOptGroup",
    "LocalOptimizer",
    "MergeOptimizer",
    "NavigatorOptimizer",
    "OpKeyOptimizer",
    "OpRemove",
    "OpSub",
    "Optimizer",
    "PatternSub",
    "SeqOptimizer",
    "TopoOptimizer",
    "copy_stack_trace",
    "in2out",
    "inherit_stack_trace",
    "inplace_optimizer",
    "local_optimizer",
    "optimizer",
    "out2in",
]

__getattr__ = pending_names(__name__)
