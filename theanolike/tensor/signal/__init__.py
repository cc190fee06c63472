"""Signal functions: imports and ``__all__`` only."""
