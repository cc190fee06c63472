"""Tensor types, variables, dtypes, constants and shared variables."""
