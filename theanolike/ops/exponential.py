"""Exponentials and logarithms, in all their variants."""

import numpy as np

from theanolike.ops.declare import Unary, unary

exp: Unary = unary("exp", np.exp, pullback=lambda x, y, g: g * y)
log: Unary = unary("log", np.log, pullback=lambda x, y, g: g / x)
