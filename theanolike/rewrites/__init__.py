"""Value-preserving changes of function graphs, in phases."""

from theanolike.rewrites.engine import Report, optimize
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import catalogue, rewrite

__all__ = ["Grade", "Phase", "Report", "catalogue", "optimize", "rewrite"]
