"""Rows of "Differences from Theano" in theanolike/README.md that have no other test."""

from importlib.metadata import version

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T


def test_a_constant_standing_alone_is_int64_or_floatx():
    assert T.constant(3).dtype == "int64"
    assert T.constant(1.5).dtype == "float64"
    assert T.alloc(1, 2).dtype == "int64"
    with theano.change_flags(floatX="float32"):
        assert T.constant(0.1).dtype == "float32"


def test_a_python_number_takes_the_dtype_of_the_tensor_it_meets():
    assert (T.fvector() * 0.1).dtype == "float32"
    assert (T.bvector() + 100).dtype == "int8"
    assert (T.ivector() * 1.5).dtype == "float64"


def test_a_python_int_that_does_not_fit_is_an_error_that_names_the_cast():
    with pytest.raises(OverflowError, match=r"1000 doesn't fit .*astype"):
        T.bvector() + 1000


def test_an_extent_of_one_met_at_run_time_is_broadcast():
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], x + y)
    np.testing.assert_array_equal(f([1, 2, 3], [10]), [11, 12, 13])
    with pytest.raises(ValueError, match=r"^Input dimension mis-match\."):
        f([1, 2, 3], [1, 2])


def test_numpys_functions_build_graph():
    x = T.dvector("x")
    assert isinstance(np.exp(x), T.TensorVariable)
    assert isinstance(np.concatenate([x, x]), T.TensorVariable)


def test_new_axes_need_no_index_for_each_other_dim():
    assert T.dmatrix()[:, None].broadcastable == (False, True, False)


def test_the_graph_of_a_function_names_no_memory_and_no_fusion():
    x, b = T.dmatrix("x"), T.dvector("b")
    assert str(x + b) == "Elemwise{add}.0"
    assert str(T.sum(x)) == "Sum{0, 1}.0"
    f = theano.function([x, b], T.tanh(x + b) * 2)
    names = [str(node.op) for node in f.maker.fgraph.toposort()]
    assert names == ["Elemwise{add}", "Elemwise{tanh}", "Elemwise{mul}"]


def test_a_constant_too_large_for_what_it_meets_keeps_its_dtype():
    assert (T.bvector() + T.constant(1000)).dtype == "int64"


def test_the_version_is_the_librarys():
    assert theano.__version__ == version("theanolike")
