"""DebugMode: the first difference between its ways of computing is named."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile.debug_mode import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    DebugMode,
    InvalidValueError,
)


class Scale(theano.Op):
    """Multiplies by 2; subclasses do something wrong."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


@pytest.mark.compiler
def test_what_is_right_passes():
    x, w = T.dvector("x"), theano.shared(np.ones(3))
    f = theano.function([x], (x + w).sum(), updates=[(w, w * x)], mode="DebugMode")
    assert f([1.0, 2.0, 3.0]) == 9
    np.testing.assert_array_equal(w.get_value(), [1, 2, 3])


def test_an_op_that_clobbers_its_input_is_named():
    class Clobbers(Scale):
        def perform(self, node, inputs, output_storage):
            inputs[0] *= 2
            output_storage[0][0] = inputs[0].copy()

    x = T.dvector("x")
    f = theano.function([x], Clobbers()(x + 1), mode=DebugMode(linker="py"))
    with pytest.raises(BadDestroyMap, match="Clobbers changed its input 0"):
        f(np.ones(2))


def test_a_value_that_is_not_finite_is_named():
    x = T.dvector("x")
    f = theano.function([x], T.log(x) + 1, mode=DebugMode(linker="py"))
    with pytest.raises(InvalidValueError, match="isn't finite") as caught:
        f([0.0])
    assert f"written at {__file__}" in str(caught.value)
    g = theano.function(
        [x], T.log(x), mode=DebugMode(linker="py", check_isfinite=False)
    )
    assert g([0.0]) == -np.inf


def test_a_rewrite_that_changes_a_value_is_told():
    class Breaks:
        def optimize(self, fgraph):
            wrong = fgraph.inputs[0] * 3
            fgraph.replace(fgraph.outputs[0], wrong)

    x = T.dvector("x")
    mode = DebugMode(linker="py").register(Breaks())
    f = theano.function([x], x * 2, mode=mode)
    with pytest.raises(BadOptimization, match="The rewritten graph computes another"):
        f([1.0])


@pytest.mark.compiler
def test_a_unit_that_computes_something_else_is_told(monkeypatch):
    x = T.dvector("x")
    f = theano.function([x], T.exp(x), mode="DebugMode")
    debugged = f.maker.executable
    monkeypatch.setattr(debugged, "_unfused", lambda arrays: ([arrays[0] * 0], []))
    with pytest.raises(BadThunkOutput, match=r"The C\+\+ computes another value"):
        f([1.0])


@pytest.mark.compiler
def test_a_fused_unit_that_computes_something_else_is_told(monkeypatch):
    x = T.dvector("x")
    f = theano.function([x], T.exp(x) + 1, mode="DebugMode")
    debugged = f.maker.executable
    monkeypatch.setattr(debugged, "_default_body", lambda arrays: ([arrays[0] * 0], []))
    with pytest.raises(BadThunkOutput, match=r"The fused C\+\+ computes another"):
        f([1.0])
