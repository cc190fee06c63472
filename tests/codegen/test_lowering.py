"""The builder: run-time broadcasting, checked indices, extents, dense values."""

import numpy as np
import pytest

from theanolike.codegen.lowering import (
    Builder,
    Call,
    Literal,
    ViewDim,
    ceildiv,
    guard,
    mul,
    sub,
)
from theanolike.codegen.program import Map, Reshape, View
from theanolike.codegen.schedule.equal import spell_alike
from theanolike.codegen.views import is_block

SHAPE, BROADCAST, INDEX = 1, 2, 3


def test_a_view_of_dense_rows_is_no_copy():
    b = Builder()
    x = b.input("float64", (None, 5))
    rows = b.view(x, (sub(x.shape[0], 2), 5), [ViewDim(0, 2), ViewDim(1)])
    assert b.dense(rows).node is rows.node


def test_a_transpose_is_copied_where_dense_elements_are_needed():
    b = Builder()
    x = b.input("float64", (None, None))
    assert isinstance(b.dense(b.transpose(x, (1, 0))).node, Map)
    assert isinstance(b.transpose(x, (1, 0)).node, View)


def test_dims_of_1_come_and_go_without_a_copy():
    b = Builder()
    x = b.input("float64", (None,))
    assert isinstance(b.dense(b.transpose(x, (None, 0))).node, Reshape)


def test_extents_required_equal_have_one_representative():
    b = Builder()
    x, y, z = (b.input("float64", (None,)) for _ in range(3))
    b.pointwise("float64", lambda p, q: p + q, x, y)
    b.pointwise("float64", lambda p, q: p + q, y, z)
    found = {b.representative(v.shape[0]) for v in (x, y, z)}
    assert len(found) == 1
    before = len(b.program.nodes)
    b.pointwise("float64", lambda p, q: p + q, x, z)
    assert len(b.program.nodes) == before + 1


@pytest.mark.compiler
def test_an_extent_may_be_required_to_be_a_product_with_itself(
    compile_program, failure
):
    b = Builder()
    x = b.input("float64", (None, None))
    flat = b.reshape(x, (mul(x.shape[0], x.shape[1]),))
    rows = b.reduce("add", x, (1,))
    b.program.outputs = [b.pointwise("float64", lambda p, q: p + q, flat, rows)]
    run = compile_program(b)
    assert run(np.zeros((0, 3)))[0].shape == (0,)
    np.testing.assert_array_equal(run(np.ones((2, 1)))[0], [2, 2])
    with pytest.raises(failure):
        run(np.ones((2, 3)))


def test_a_block_of_such_an_extent_stays_dense_when_extents_are_spelled_alike():
    b = Builder()
    x = b.input("float64", (None, None, None))
    rows, columns = x.shape[1:]
    b.require_equal(mul(rows, columns), rows, 0)
    block = b.view(x, (rows, columns), [ViewDim(None, 1), ViewDim(0), ViewDim(1)])
    b.program.outputs = [b.library("gemm", [block, block], [("float64", (rows, rows))])]
    assert is_block(block)
    spell_alike(b.program)
    assert block.shape == x.shape[1:]
    assert is_block(block)


def test_an_element_of_a_constant_is_a_plain_extent():
    b = Builder()
    assert b.item(b.constant(np.array([4, 7])), 1) == 7


@pytest.fixture(scope="module")
def sliced(compile_program):
    """The sum of two slices whose lengths the program finds out."""
    b = Builder()
    x, y = b.input("float64", (None,)), b.input("float64", (None,))
    m, n = (b.item(b.input("int64", ())) for _ in range(2))
    first, second = b.view(x, (m,), [ViewDim(0)]), b.view(y, (n,), [ViewDim(0)])
    b.program.outputs = [b.pointwise("float64", lambda p, q: p + q, first, second)]
    return compile_program(b)


@pytest.mark.compiler
@pytest.mark.parametrize(("m", "n"), [(3, 3), (1, 3), (3, 1), (1, 1), (0, 1), (1, 0)])
def test_extents_that_are_1_inside_the_run_repeat(sliced, m, n):
    x, y = np.arange(5.0), np.arange(5.0) * 10 + 1
    (result,) = sliced(x, y, np.asarray(m), np.asarray(n))
    np.testing.assert_array_equal(result, x[:m] + y[:n])


@pytest.mark.compiler
@pytest.mark.parametrize(("m", "n"), [(2, 3), (3, 2), (0, 2), (2, 0)])
def test_other_extents_inside_the_run_are_refused(sliced, failure, m, n):
    with pytest.raises(failure) as caught:
        sliced(np.ones(5), np.ones(5), np.asarray(m), np.asarray(n))
    assert caught.value.args[0] == SHAPE


@pytest.mark.compiler
def test_a_1_among_arguments_asks_for_a_specialised_build(compile_program, failure):
    b = Builder()
    x, y = b.input("float64", (None,)), b.input("float64", (None,))
    b.program.outputs = [b.pointwise("float64", lambda p, q: p + q, x, y)]
    run = compile_program(b)
    for m, n, code in ((1, 3, BROADCAST), (3, 1, BROADCAST), (2, 3, SHAPE)):
        with pytest.raises(failure) as caught:
            run(np.ones(m), np.ones(n))
        assert caught.value.args[0] == code


@pytest.fixture(scope="module")
def gathered(compile_program):
    """A program's x[i], and x with 1 added at i."""
    b = Builder()
    x, i = b.input("float64", (None,)), b.input("int32", (None,))

    def where(k):
        return b.checked(i.at(k), x.shape[0])

    b.site = 5
    gather = b.map((i.shape[0],), "float64", lambda k: x.at(where(k)))
    b.site = 6
    one = Literal(1, "float64")
    added = b.scatter("add", x, (i.shape[0],), lambda k: ((where(k),), one))
    b.program.outputs = [gather, added]
    return compile_program(b)


@pytest.mark.compiler
def test_indices_count_from_the_end_if_negative(gathered):
    x, i = np.arange(4.0), np.array([0, -1, 3, -4, 0], "int32")
    gather, added = gathered(x, i)
    np.testing.assert_array_equal(gather, x[i])
    np.testing.assert_array_equal(added, [3, 1, 2, 5])


@pytest.mark.compiler
@pytest.mark.parametrize("bad", [4, -5, 2**31 - 1, -(2**31)])
def test_an_index_out_of_bounds_is_an_error_that_names_the_site(gathered, failure, bad):
    with pytest.raises(failure) as caught:
        gathered(np.arange(4.0), np.array([1, bad], "int32"))
    code, site, values = caught.value.args
    assert (code, site, values[:2]) == (INDEX, 5, (bad, 4))


@pytest.mark.compiler
def test_the_arm_that_is_not_taken_reads_nothing(compile_program):
    b = Builder()
    x = b.input("float64", (None,))
    far = 1 << 40  # read there, and the process ends
    value = b.map(
        x.shape,
        "float64",
        lambda i: guard(i < 0, x.at(i * far + far), Call("neg", "float64", (x.at(i),))),
    )
    b.program.outputs = [value]
    np.testing.assert_array_equal(
        compile_program(b)(np.arange(9.0))[0], -np.arange(9.0)
    )


@pytest.mark.compiler
@pytest.mark.parametrize("step", [1, 2, 3, -1, -2])
@pytest.mark.parametrize("n", [0, 1, 5, 6])
def test_a_slice_by_a_symbolic_step_has_numpys_length(compile_program, n, step):
    b = Builder()
    x = b.input("float64", (None,))
    s = b.item(b.input("int64", ()))
    count = ceildiv(x.shape[0], step if step > 0 else -step)
    start = 0 if step > 0 else sub(x.shape[0], 1)
    b.program.outputs = [b.view(x, (count,), [ViewDim(0, start, s)])]
    (result,) = compile_program(b)(np.arange(float(n)), np.asarray(step))
    np.testing.assert_array_equal(result, np.arange(float(n))[::step])
