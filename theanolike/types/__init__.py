"""Tensor types, variables, dtypes and shared variables; the layer below the ops."""
