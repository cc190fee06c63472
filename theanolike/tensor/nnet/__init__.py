"""Neural network functions: imports and ``__all__`` only."""
