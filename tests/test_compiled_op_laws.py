"""Laws of compiled scalar ops: the values, layouts and gradients of the references."""

import itertools

import numpy as np
import pytest

import theanolike.tensor as T
from tests.op_table import (
    CASES,
    OPS,
    PAIRS,
    SHAPES,
    SMOOTH,
    grid,
    reference,
    smooth_point,
    variables,
)
from theanolike import function
from theanolike.ops.cotangent import Cotangent, Missing
from theanolike.testing import (
    close,
    layouts,
    random_array,
    reference_values,
)
from theanolike.types.dtypes import is_continuous

# One unit holds many rows: compiling is what these laws cost.
SIGNATURES = sorted({given for _, given in CASES})


def rows_of(given):
    return [name for name, other in CASES if other == given]


@pytest.mark.compiler
@pytest.mark.parametrize("given", SIGNATURES, ids="-".join)
def test_compiled_code_agrees_with_the_reference_on_edge_values(given):
    names = rows_of(given)
    arrays = [a.ravel() for a in grid(given)]
    xs = [T.TensorType(dtype, (None,))() for dtype in given]
    compiled = function(xs, [OPS[name](*xs) for name in names])
    assert compiled.plan != "interpreted"
    for name, got in zip(names, compiled(*arrays), strict=True):
        expected = reference(name, arrays)
        assert got.dtype == expected.dtype, name
        assert close(expected, got), name


@pytest.mark.compiler
@pytest.mark.parametrize("shapes", PAIRS, ids=str)
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "at run time"])
def test_compiled_code_broadcasts_as_numpy(shapes, typed, rng):
    names = ["add", "maximum", "pow", "lt"]
    arrays = [random_array(rng, shape, "float64", 0.5, 2) for shape in shapes]
    unknown = [T.TensorType("float64", (None,) * len(shape))() for shape in shapes]
    xs = variables(arrays) if typed else unknown
    compiled = function(xs, [OPS[name](*xs) for name in names])
    for name, got in zip(names, compiled(*arrays), strict=True):
        assert got.shape == np.broadcast_shapes(*shapes)
        assert close(reference(name, arrays), got), name


@pytest.mark.compiler
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_compiled_code_reads_every_layout(shape, rng):
    x, y = (T.TensorType("float32", (None,) * len(shape))() for _ in range(2))
    compiled = function([x, y], OPS["sub"](OPS["exp"](x), y))
    first, second = (random_array(rng, shape, "float32") for _ in range(2))
    expected = np.exp(first) - second
    for (kind, a), (other, b) in itertools.product(layouts(first), layouts(second)):
        assert close(expected, compiled(a, b)), (kind, other)


@pytest.mark.compiler
def test_compiled_code_reads_arrays_that_repeat_an_element():
    x = T.fmatrix()
    repeated = np.broadcast_to(np.float32([[1], [2]]), (2, 3))
    assert repeated.strides[1] == 0
    got = function([x], OPS["exp"](x))(repeated)
    assert close(np.exp(repeated), got)


@pytest.mark.compiler
def test_compiled_gradients_agree_with_the_references(rng):
    inputs, arrays, outputs = [], [], []
    for name, given in SMOOTH:
        point = smooth_point(name, given, rng)
        xs = variables(point)
        node = OPS[name].make_node(*xs)
        z = reference(name, point)
        if not is_continuous(z.dtype.name):
            continue
        weights = T.constant(random_array(rng, z.shape, z.dtype.name))
        pulled = OPS[name].pullback(node, [Cotangent(weights)])
        outputs += [part.value for part in pulled if not isinstance(part, Missing)]
        inputs += xs
        arrays += point
    compiled = function(inputs, outputs, on_unused_input="ignore")
    expected = reference_values(outputs, dict(zip(inputs, arrays, strict=True)))
    for out, a, b in zip(outputs, expected, compiled(*arrays), strict=True):
        assert close(a, b), out.owner
