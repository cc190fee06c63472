"""Theano's `compile.function_module`: imports only."""

from theanolike._runtime import Function
from theanolike.compile.function import orig_function
from theanolike.compile.maker import FunctionMaker
from theanolike.errors import UnusedInputError
from theanolike.pending import pending_names

__all__ = ["Function", "FunctionMaker", "UnusedInputError", "orig_function"]

__getattr__ = pending_names(__name__)
