"""When a rewrite runs, and how much of a value it keeps."""

from enum import Enum

__all__ = ["Grade", "Phase"]


class Phase(Enum):
    """The phases, in order. Rewrites of earlier phases stay active in later ones."""

    MERGE = "merge"
    CANONICALIZE = "canonicalize"
    STABILIZE = "stabilize"
    SPECIALIZE = "specialize"
    BLAS = "blas"
    LOOPS = "loops"


class Grade(Enum):
    """What a rewrite promises of the value it replaces."""

    EXACT = "exact"  # the same bits, whatever the operands are
    ROUNDING = "rounding"  # the same real function, where no intermediate overflows
    DOMAIN = "domain"  # besides, a value where the original was NaN
