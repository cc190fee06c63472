"""Graphs of samples, arguments for them, their values and how these compare."""

import numpy as np

from tests.rewrites.samples.catalogue import BY_NAME, samples
from tests.rewrites.samples.operands import FIXED, ROW, SQUARE, M, N, S, V, W
from theanolike.compile.interpreter import Interpreter
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import explicit_inputs
from theanolike.rewrites.engine import run
from theanolike.rewrites.phases import Grade

GRADES = tuple(Grade)
ROUNDED = tuple(grade for grade in Grade if grade is not Grade.EXACT)


def graph_of(expression):
    inputs = [V, W, S, M, N, ROW, FIXED, SQUARE]
    needed = explicit_inputs([expression])
    return FunctionGraph([v for v in needed if v not in inputs] + inputs, [expression])


def rewritten(name, grades=GRADES):
    """Yield the grade of each sample, its graph, and what the rewrite makes of it."""
    for one, expression in samples(name, grades):
        before, after = graph_of(expression), graph_of(expression)
        run(after, BY_NAME[name])
        yield one.grade, before, after


def arguments(fgraph, *, edges=None, seed=0):
    """Return arrays for a graph's inputs, all vectors of one length.

    Floats are drawn; with `edges`, two vectors have all pairs of these numbers.
    """
    rng = np.random.default_rng(seed)
    n = 24 if edges is None else len(edges) ** 2
    arrays = []
    for i, v in enumerate(fgraph.inputs):
        shape = {0: (), 1: (n,), 2: (4, n)}[v.type.ndim]
        shape = tuple(e or k for e, k in zip(v.type.shape, shape, strict=True))
        kind = np.dtype(v.type.dtype)
        if kind.kind == "b":
            array = rng.random(shape) < 0.5
        elif kind.kind in "iu":
            array = rng.integers(-9 if kind.kind == "i" else 0, 9, shape)
        elif edges is not None and v.type.ndim == 1:
            array = np.meshgrid(edges, edges)[(i + 1) % 2].ravel()
        else:
            array = rng.normal(size=shape) * 2 + (seed % 2) * 3
        arrays.append(np.asarray(array, kind))
    return arrays


def value_of(fgraph, arrays):
    return values_of(fgraph, fgraph.outputs, arrays)[0]


def values_of(fgraph, wanted, arrays):
    with np.errstate(all="ignore"):
        return Interpreter(fgraph.inputs, fgraph.toposort(), wanted).compute(arrays)


def same_to_grade(grade, before, after, arrays):
    same_values(grade, value_of(before, arrays), value_of(after, arrays))


def same_values(grade, expected, got):
    assert expected.shape == got.shape
    assert expected.dtype == got.dtype
    if grade is Grade.EXACT:
        same_bits(expected, got)
        return
    if grade is Grade.DOMAIN:
        got = np.where(np.isnan(expected), expected, got)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def same_bits(expected, got):
    np.testing.assert_array_equal(got, expected)
    if expected.dtype.kind == "f":
        number = ~np.isnan(expected)
        np.testing.assert_array_equal(
            np.signbit(got)[number], np.signbit(expected)[number]
        )
