"""The exceptions of theanolike, and the one function that builds run-time messages.

Each error is a `TheanolikeError` and, besides it, the builtin that a program would
catch without knowing theanolike::

    TheanolikeError
        AllocationError (MemoryError)
        AsTensorError (TypeError)
        AssertionFailedError (AssertionError)
        CompilationError (RuntimeError)
        ConfigError (ValueError)
        DisconnectedInputError (ValueError)
        GradientError
        InconsistencyError
        IndexOutOfBoundsError (IndexError)
        InputTypeError (TypeError)
        LinearAlgebraError (numpy.linalg.LinAlgError)
        MethodNotDefinedError (NotImplementedError)
        MissingInputError
        MissingTestValueError (AttributeError)
        NoCompilerError (RuntimeError)
        NotScalarConstantError
            EmptyConstantError
        NullTypeGradError (TypeError)
        ShapeError (ValueError)
        UnknownNameError (AttributeError)
        UnsupportedError (NotImplementedError)
        UnusedInputError
    CompilerNotFoundWarning (UserWarning)
    ConfigWarning (UserWarning)
"""

from collections.abc import Sequence

import numpy as np

__all__ = [
    "AllocationError",
    "AsTensorError",
    "AssertionFailedError",
    "CompilationError",
    "CompilerNotFoundWarning",
    "ConfigError",
    "ConfigWarning",
    "DisconnectedInputError",
    "EmptyConstantError",
    "GradientError",
    "InconsistencyError",
    "IndexOutOfBoundsError",
    "InputTypeError",
    "LinearAlgebraError",
    "MethodNotDefinedError",
    "MissingInputError",
    "MissingTestValueError",
    "NoCompilerError",
    "NotScalarConstantError",
    "NullTypeGradError",
    "ShapeError",
    "TheanolikeError",
    "UnknownNameError",
    "UnsupportedError",
    "UnusedInputError",
    "describe_failure",
]

MAX_ORIGINS = 4


class TheanolikeError(Exception):
    """Root of all errors that theanolike raises on purpose."""


class AllocationError(TheanolikeError, MemoryError):
    """An array for which there is no memory."""


class AsTensorError(TheanolikeError, TypeError):
    """A value that cannot become a tensor variable."""


class AssertionFailedError(TheanolikeError, AssertionError):
    """A condition given to `Assert` was false at run time."""


class CompilationError(TheanolikeError, RuntimeError):
    """The C++ compiler refused a unit; this is never the user's fault."""


class ConfigError(TheanolikeError, ValueError):
    """A configuration variable was given a value that it cannot take."""


class DisconnectedInputError(TheanolikeError, ValueError):
    """The gradient was asked by a variable on which the cost does not depend."""


class GradientError(TheanolikeError):
    """A symbolic gradient and a numeric one disagree."""


class InconsistencyError(TheanolikeError):
    """A change to a function graph that would leave it broken."""


class IndexOutOfBoundsError(TheanolikeError, IndexError):
    """An index outside of the dimension that it indexes."""


class InputTypeError(TheanolikeError, TypeError):
    """An argument of the wrong type, dtype or number of dimensions."""


class LinearAlgebraError(TheanolikeError, np.linalg.LinAlgError):
    """A matrix without the property that a decomposition needs."""


class MethodNotDefinedError(TheanolikeError, NotImplementedError):
    """An operation lacks the method that the request needs."""


class MissingInputError(TheanolikeError):
    """A variable that the outputs need is neither given nor has a value."""


class NoCompilerError(TheanolikeError, RuntimeError):
    """No C++ compiler was found; a program still runs in the interpreter."""


class MissingTestValueError(TheanolikeError, AttributeError):
    """A variable has no test value where one is needed."""


class NotScalarConstantError(TheanolikeError):
    """A variable was expected to be a constant of a single value."""


class EmptyConstantError(NotScalarConstantError):
    """A constant of no value at all was expected to have a single one."""


class NullTypeGradError(TheanolikeError, TypeError):
    """A gradient that does not exist, or is not known, was asked for."""


class ShapeError(TheanolikeError, ValueError):
    """Shapes that do not fit each other."""


class UnknownNameError(TheanolikeError, AttributeError):
    """A name that a namespace does not have."""


class UnsupportedError(TheanolikeError, NotImplementedError):
    """Something that is not there yet."""


class UnusedInputError(TheanolikeError):
    """An input of a function that no output or update needs."""


class CompilerNotFoundWarning(UserWarning):
    """No C++ compiler was found, so functions are interpreted."""


class ConfigWarning(UserWarning):
    """A setting that is not known, or that does nothing here."""


def describe_failure(
    lead: str,
    op: str,
    inputs: Sequence[tuple[str, str, Sequence[int]]],
    origins: Sequence[str],
    next_step: str,
    loops: Sequence[str] = (),
) -> str:
    """Build the message of a run-time error.

    Parameters
    ----------
    lead : str
        The first line: what went wrong.
    op : str
        The operation as the user wrote it.
    inputs : sequence of (name, dtype, shape)
        What the operation was given; an empty name stands for an unnamed value.
    origins : sequence of str
        ``"file:line"`` where the operation was written, the closest first.
    next_step : str
        One thing to do about it.
    loops : sequence of str
        Steps of loops that it was computed in, the innermost loop first.

    Returns
    -------
    str
        Several lines, without a newline at the end.

    Examples
    --------
    >>> print(describe_failure("Shapes differ.", "add", [("x", "float64", (3,))],
    ...                        ["model.py:12"], "Compare the shapes."))
    Shapes differ.
      in add
      x: float64 of shape (3,)
      written at model.py:12
    Compare the shapes.
    """
    lines = [lead, f"  in {op}"]
    for position, (name, dtype, shape) in enumerate(inputs):
        extents = tuple(int(extent) for extent in shape)
        lines.append(f"  {name or f'input {position}'}: {dtype} of shape {extents}")
    lines.extend(f"  written at {origin}" for origin in origins[:MAX_ORIGINS])
    lines.extend(f"  in {loop}" for loop in loops)
    if next_step:
        lines.append(next_step)
    return "\n".join(lines)
