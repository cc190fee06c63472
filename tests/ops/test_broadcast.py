"""Broadcasting's transpose, and when nothing needs to be done."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike import function
from theanolike.errors import ShapeError
from theanolike.gradient.reverse import grad
from theanolike.graph.traverse import toposort
from theanolike.ops import find
from theanolike.ops.broadcast import (
    SumTo,
    fill,
    fill_like,
    or_to,
    shape_root,
    sum_to,
    surely_same_shape,
)
from theanolike.ops.comparison import gt
from theanolike.ops.conditional import switch
from theanolike.ops.exponential import exp, log
from theanolike.testing import close, reference_values


def count(variables, kind):
    return sum(isinstance(node.op, kind) for node in toposort(variables))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ((2, 3), (3,)),
        ((2, 3), (1, 3)),
        ((2, 3), (2, 1)),
        ((2, 3), ()),
        ((4, 2, 3), (2, 1)),
        ((0, 3), (3,)),
        ((2, 0), (2, 1)),
        ((2, 3), (2, 3)),
        ((1, 3), (1, 1)),
    ],
)
def test_sum_to_is_the_transpose_of_fill(wide, narrow, rng):
    g, x = T.TensorType("float64", [None] * len(wide))(), T.constant(np.ones(narrow))
    array = rng.random(wide)
    (got,) = reference_values([sum_to(g, x)], {g: array})
    (there,) = reference_values([fill(g, x)], {g: array})
    assert got.shape == narrow
    assert there.shape == wide
    assert got.sum() == pytest.approx(array.sum())


def test_sum_to_refuses_a_lower_rank():
    with pytest.raises(ShapeError, match="rank 2 or more"):
        sum_to(T.dvector(), T.dmatrix())


def test_or_to_tells_whether_any_element_holds():
    s, x = T.matrix("s", dtype="bool"), T.drow()
    result = or_to(s, x)
    assert result.dtype == "bool"
    assert result.broadcastable == (True, False)
    (got,) = reference_values(
        [result], {s: [[True, False], [False, False]], x: [[0.0, 0.0]]}
    )
    assert got.tolist() == [[True, False]]


def test_fill_takes_the_dtype_of_the_second():
    assert fill(T.imatrix(), T.fscalar()).dtype == "float32"
    assert fill(T.imatrix(), T.fvector()).ndim == 2


def test_fill_does_not_connect_its_shape():
    x = T.dvector("x")
    y = T.dscalar("y")
    by_y = grad(find("sum")(fill(x, y)), y)
    (got,) = reference_values([by_y], {x: np.ones(5), y: 2.0})
    assert got == 5


def test_shapes_known_to_be_equal_need_no_node():
    x, y = T.dvector("x"), T.dvector("y")
    z = exp(x) * 2 + x
    assert surely_same_shape(x, z)
    assert sum_to(z, x) is z
    assert fill_like(z, x) is z
    assert not surely_same_shape(x, y)
    assert not surely_same_shape(x, x + y)
    assert not surely_same_shape(x, T.dmatrix() + x)


def test_an_operand_of_ones_does_not_hide_the_shape():
    X = T.dmatrix()
    row = T.drow()
    assert surely_same_shape(X, X + T.dscalar() + np.ones((1, 1)))
    assert not surely_same_shape(X, X + row)
    assert shape_root(exp(X * 2)) is X


def test_the_gradient_of_equal_shapes_holds_no_sum_to():
    x = T.dvector("x")
    cost = find("sum")(exp(x) * x + 1)
    assert count([grad(cost, x)], SumTo) == 0


def test_the_gradient_of_a_bias_is_summed_once():
    X, b = T.dmatrix("X"), T.dvector("b")
    by_b = grad(find("sum")(exp(X + b)), b)
    assert count([by_b], SumTo) == 1
    (got,) = reference_values([by_b], {X: np.zeros((4, 3)), b: np.zeros(3)})
    assert got.tolist() == [4, 4, 4]


def test_the_gradient_of_a_run_time_one_is_summed():
    X, y = T.dmatrix("X"), T.dmatrix("y")
    by_y = grad(find("sum")(X * y), y)
    (got,) = reference_values([by_y], {X: np.ones((4, 3)), y: np.ones((1, 3))})
    assert got.tolist() == [[4, 4, 4]]


def test_a_long_chain_has_its_root_found_without_recursion():
    x = T.dvector()
    z = x
    for _ in range(20_000):
        z = z + 1
    assert shape_root(z) is x


@pytest.mark.compiler
@pytest.mark.parametrize(("first", "second"), [(3, 3), (1, 3), (3, 1), (1, 1), (0, 1)])
def test_extents_known_only_inside_the_run_broadcast_and_are_summed(first, second):
    s, t = T.dscalar("s"), T.dscalar("t")
    n, m = T.lscalar("n"), T.lscalar("m")
    alloc, total = find("alloc"), find("sum")
    a, b = alloc(s, n), alloc(t, m)
    outputs = [a * b, *grad(total(exp(a) * b), [a, b]), *grad(total(a * b), [s, t])]
    given = {s: 0.5, t: 2.0, n: first, m: second}
    expected = reference_values(outputs, given)
    compiled = function([s, t, n, m], outputs)
    for want, got in zip(expected, compiled(0.5, 2.0, first, second), strict=True):
        assert want.shape == got.shape
        assert close(want, got)


@pytest.mark.compiler
def test_extents_known_only_inside_the_run_must_fit():
    n, m = T.lscalar("n"), T.lscalar("m")
    alloc = find("alloc")
    compiled = function([n, m], alloc(1.0, n) + alloc(2.0, m))
    assert compiled(1, 3).tolist() == [3, 3, 3]
    with pytest.raises(ValueError, match="Input dimension mis-match"):
        compiled(2, 3)


@pytest.mark.compiler
def test_supports_of_run_time_ones_are_joined():
    X, y = T.dmatrix("X"), T.dmatrix("y")
    z = switch(gt(X, 0), log(y) * X, 0.0)
    gradient = grad(find("sum")(z), y)
    compiled = function([X, y], gradient)
    at = np.array([[1.0, -1.0], [2.0, -2.0]])
    got = compiled(at, np.array([[4.0, 0.0]]))
    assert got.tolist() == [[0.75, 0]]
