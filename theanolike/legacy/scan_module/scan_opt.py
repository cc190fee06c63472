"""Theano's `scan_module.scan_opt`; `theanolike.rewrites.loops` rewrites loops."""

__all__: list[str] = []
