"""Modules of Theano's `compile` that `theanolike.compile` has under other names."""
