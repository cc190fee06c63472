"""Run a graph by the ops' references and as C++, and check each shape statement."""

import numpy as np
import pytest

import theanolike
from theanolike.codegen.shapes import Extent
from theanolike.compile.interpreter import run_node
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant
from theanolike.ops.declare import NativeOp


class Real:
    """An array as an op's `shape` sees it."""

    def __init__(self, array):
        self.array = np.asarray(array)
        self.shape = tuple(self.array.shape)

    def item(self, *index):
        return int(self.array[index])


def check_shapes(node, given, results):
    if not isinstance(node.op, NativeOp):
        return
    stated = node.op.shape(*(Real(array) for array in given))
    stated = [stated] if len(results) == 1 else stated
    for shape, result, out in zip(stated, results, node.outputs, strict=True):
        assert not any(isinstance(extent, Extent) for extent in shape), node
        assert tuple(shape) == result.shape, node
        for known, extent in zip(out.type.shape, result.shape, strict=True):
            assert known in {None, extent}, (node, out.type.shape, result.shape)


def interpret(outputs, values):
    env = dict(values)
    for node in toposort(outputs):
        given = [v.data if isinstance(v, Constant) else env[v] for v in node.inputs]
        storage = [[None] for _ in node.outputs]
        run_node(node, given, storage)
        results = [cell[0] for cell in storage]
        check_shapes(node, given, results)
        env.update(zip(node.outputs, results, strict=True))
    return [v.data if isinstance(v, Constant) else env[v] for v in outputs]


def compiled(outputs, values):
    f = theanolike.function(list(values), outputs, on_unused_input="ignore")
    return f(*values.values())


def check_compiled(outputs, values, expected):
    references = [np.asarray(array) for array in expected]
    for out, got, reference in zip(
        outputs, compiled(outputs, values), references, strict=True
    ):
        assert got.dtype == reference.dtype == out.type.dtype
        assert got.shape == reference.shape
        short = reference.dtype.name in {"float16", "float32", "complex64"}
        tolerance = 1e-3 if short else 1e-12
        np.testing.assert_allclose(got, reference, rtol=tolerance, atol=1e-14)


@pytest.fixture
def evaluate():
    """Return `f(outputs, {variable: array})`, for one output or a list of them.

    What the references give is compared with the compiled function; where they raise,
    that must raise the same.
    """

    def run(outputs, values=()):
        several = isinstance(outputs, list | tuple)
        wanted = list(outputs) if several else [outputs]
        arrays = {
            v: np.asarray(array, v.type.dtype) for v, array in dict(values).items()
        }
        try:
            results = interpret(wanted, arrays)
        except Exception as error:
            with pytest.raises(type(error)):
                compiled(wanted, arrays)
            raise
        check_compiled(wanted, arrays, results)
        return results if several else results[0]

    return run


@pytest.fixture
def pulled(evaluate):
    """Return the cotangents of a node's inputs for given ones of its outputs."""

    def run(out, cotangents, values):
        node = out.owner
        found = node.op.pullback(node, cotangents)
        return [
            c if not hasattr(c, "value") else evaluate(c.value, values) for c in found
        ]

    return run
