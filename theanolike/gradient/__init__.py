"""Derivatives as more graph: reverse, forward, Jacobians, numeric checks."""
