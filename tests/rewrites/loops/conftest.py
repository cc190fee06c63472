"""What tests of rewritten loops share."""

import numpy as np
import pytest

import theanolike as theano
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.scan.loop import LoopOp


@pytest.fixture
def loops():
    """Return a function that lists the loops of a compiled function."""

    def of(f):
        return [n for n in f.maker.fgraph.toposort() if isinstance(n.op, LoopOp)]

    return of


@pytest.fixture
def products_inside(loops):
    """Return a function that counts the products in the bodies of the loops."""

    def of(f):
        return [
            sum(isinstance(n.op, Dot | Gemm) for n in loop.op.graph.nodes)
            for loop in loops(f)
        ]

    return of


@pytest.fixture
def agree():
    """Return a function that compiles, compares with the interpreter, and returns.

    The interpreter runs the graph without rewrites; where it fails, so must the
    compiled function.
    """

    def check(inputs, outputs, *values, rtol=1e-9):
        f = theano.function(inputs, outputs)
        mode = theano.Mode(linker="py", optimizer=None)
        plain = theano.function(inputs, outputs, mode=mode)
        for value in values:
            wanted = result_of(plain, value)
            got = result_of(f, value)
            if isinstance(wanted, Exception):
                assert isinstance(got, type(wanted)), (value, got)
                continue
            for a, b in zip(got, wanted, strict=True):
                assert a.shape == b.shape
                np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)
        return f

    return check


def result_of(f, value):
    try:
        return f(*value)
    except (ValueError, IndexError) as error:
        return error
