"""Arguments that are not dense: copied, until that has cost more than a new unit."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime, config
from theanolike.compile import executable
from theanolike.errors import NoCompilerError

pytestmark = pytest.mark.compiler

RNG = np.random.default_rng(11)
BASE = RNG.normal(size=(210, 220))  # everything of it is above the least size
ODD = {
    "columns in order": BASE.T[:100, :100].copy("F"),
    "some columns": BASE[:100, 3:103],
    "every other row": BASE[5:205:2, 7:107],
    "columns with gaps": BASE[:100, :100].T,
    "rows apart": np.ascontiguousarray(BASE[:200, :100])[::2],
}
DENSE = np.ascontiguousarray(BASE[50:150, 60:160])


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Let the first copy be too many."""
    monkeypatch.setattr(executable, "COPIES_PER_CHARACTER", 0)


def laid_out(f):
    """Return for each layout that a function asked a unit for whether it got one."""
    found = f.maker.executable._laid_out
    return {layouts: unit is not None for layouts, unit in found.items()}


def formula(x, y):
    """Return maps, sums by rows, columns and both, products and slices."""
    return [
        T.exp(-x) * y,
        x.sum(),
        (x * y).sum(axis=0),
        x.max(axis=1),
        T.dot(x, y) + T.dot(x.T, x),
        T.dot(x, y[0]),
        x[3:20, ::2].T,
        x,
    ]


@pytest.fixture(scope="module")
def both():
    """Return the formula, compiled and interpreted."""
    x, y = T.dmatrices("x", "y")
    outputs = formula(x, y)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executable, "COPIES_PER_CHARACTER", 0)
        f = theano.function([x, y], outputs)
    return f, theano.function([x, y], outputs, mode="FAST_COMPILE")


def check(f, reference, *arguments):
    for got, wanted in zip(f(*arguments), reference(*arguments), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-11)
        assert np.ndim(got) == 0 or got.flags.c_contiguous


@pytest.mark.parametrize("name", ODD)
def test_each_layout_gives_what_the_interpreter_gives(both, name):
    f, reference = both
    x = ODD[name]
    assert not x.flags.c_contiguous
    check(f, reference, x, DENSE)
    layout = 128 * (x.strides[0] == 8) + 2 * (max(x.strides) != 800)
    assert laid_out(f)[(0, layout),]
    before = _runtime.allocations()
    f(x, DENSE)
    assert _runtime.allocations() == before  # so nothing was copied


def test_arguments_of_different_layouts_have_a_unit_together(both):
    f, reference = both
    check(f, reference, ODD["columns in order"], ODD["some columns"])
    assert laid_out(f)[(0, 128), (1, 2)]


def test_an_array_and_its_transpose_may_be_passed_together(both):
    f, reference = both
    check(f, reference, DENSE, DENSE.T)
    check(f, reference, DENSE.T, DENSE.T)
    np.testing.assert_array_equal(f(DENSE.T, DENSE)[-1], DENSE.T)


def test_what_lies_otherwise_is_copied():
    x = T.dmatrix("x")
    f = theano.function([x], x + 1)
    raw = np.zeros(BASE.nbytes + 1, "u1")[1:].view("f8").reshape(BASE.shape)
    raw[...] = BASE
    odd = {
        "backwards": BASE[::-1],
        "columns apart": BASE[:, ::2],
        "both ways": BASE.T[:, ::-1],
        "one row over and over": np.broadcast_to(BASE[0], BASE.shape),
        "rows that overlap": np.lib.stride_tricks.sliding_window_view(BASE[0], 100),
        "not aligned": raw.T,
        "of the other byte order": BASE.astype(">f8").T,
        "of another dtype": np.rint(BASE).astype("f4").T,
        "small": DENSE[:50, :50].T,
        "rows at no whole distance": np.ndarray(
            (90, 100), strides=(1604, 8), buffer=np.zeros(90 * 1608, "u1")
        ),
    }
    for name, value in odd.items():
        np.testing.assert_array_equal(f(value), value + 1.0, err_msg=name)
    assert not laid_out(f)
    read_only = BASE[:, :100]
    read_only.flags.writeable = False
    np.testing.assert_array_equal(f(read_only), read_only + 1)
    assert laid_out(f) == {((0, 2),): True}


def test_higher_ranks_are_read_where_they_lie():
    x = T.dtensor3("x")
    f = theano.function([x], [x * 2, x.sum(axis=1), x[:, 1]])
    base = RNG.normal(size=(12, 30, 60))
    arrays = {128: base.T, 2: base[:, :24], 4: base[:, :, :50], 6: base[:, :25, :50]}
    arrays[128 + 4] = base[:, :, :50].copy()[:, :, :45].T
    for layout, value in arrays.items():
        doubled, summed, part = f(value)
        np.testing.assert_array_equal(doubled, 2 * value)
        np.testing.assert_allclose(summed, value.sum(axis=1))
        np.testing.assert_array_equal(part, value[:, 1])
        assert laid_out(f)[(0, layout),]
    permuted = base.transpose(1, 0, 2)
    np.testing.assert_array_equal(f(permuted)[0], 2 * permuted)
    assert len(laid_out(f)) == len(arrays)


def test_it_takes_as_many_copies_as_a_compilation_costs(monkeypatch):
    monkeypatch.setattr(executable, "COPIES_PER_CHARACTER", 50)
    x = T.dmatrix("x")
    f = theano.function([x], x.sum())
    value = ODD["columns in order"]
    count = 50 * len(f.maker.executable.built.text) // value.nbytes
    assert count > 0
    for _ in range(count):
        f(value)
    assert not laid_out(f)
    f(value)
    assert laid_out(f) == {((0, 128),): True}


def test_a_function_can_be_told_to_copy():
    x = T.dmatrix("x")
    with config.change_flags(specialize_layouts=False):
        f = theano.function([x], x * 2)
    np.testing.assert_array_equal(f(BASE.T), 2 * BASE.T)
    assert not laid_out(f)


def test_what_would_be_copied_anyway_is_copied_before():
    x = T.dmatrix("x")
    steps, _ = theano.scan(lambda row, s: T.tanh(row + s), [x], [T.zeros((100,))])
    f = theano.function([x], steps[-1])
    g = theano.function([x], steps[-1], mode="FAST_COMPILE")
    for value in ODD.values():
        np.testing.assert_allclose(f(value), g(value), rtol=1e-12)
    assert set(laid_out(f).values()) == {False}


def test_a_shared_variable_is_read_where_it_lies_and_replaced():
    value = ODD["columns in order"]
    w = theano.shared(value, borrow=True)
    v = theano.shared(value.copy("F"))
    x = T.dmatrix("x")
    f = theano.function([x], (w * x).sum(), updates=[(v, v + x)])
    kept = v.get_value(borrow=True)
    before = kept.copy()
    step = ODD["some columns"]
    for _ in range(2):
        np.testing.assert_allclose(f(step), (value * step).sum())
    np.testing.assert_allclose(v.get_value(), before + 2 * step)
    np.testing.assert_array_equal(kept, before)
    assert v.get_value(borrow=True).flags.c_contiguous
    np.testing.assert_array_equal(w.get_value(), value)


def test_the_storage_of_a_shared_variable_may_be_an_argument():
    w = theano.shared(DENSE)
    x = T.dmatrix("x")
    f = theano.function([x], updates=[(w, w + x)])
    for _ in range(3):
        old = w.get_value()
        f(w.get_value(borrow=True).T)
        np.testing.assert_array_equal(w.get_value(), old + old.T)
    assert laid_out(f) == {((0, 128),): True}


def test_extents_of_one_and_wrong_ones_are_met_as_ever():
    x, y = T.dmatrices("x", "y")
    f = theano.function([x, y], x * y)
    value = ODD["columns in order"]
    for _ in range(2):  # the first specialises for the layout, then for the 1
        np.testing.assert_array_equal(f(value, DENSE[:1]), value * DENSE[:1])
    np.testing.assert_array_equal(f(value, DENSE), value * DENSE)
    with pytest.raises(ValueError, match=r"= 100, .* = 99\)"):
        f(value, DENSE[:99])


def test_copies_and_pickled_functions_specialise_too(both):
    f, reference = both
    for twin in (copy.copy(f), pickle.loads(pickle.dumps(f))):
        twin.trust_input = True
        check(twin, reference, ODD["columns in order"], DENSE)
        assert laid_out(twin)[(0, 128),]


def test_threads_may_meet_a_layout_at_once():
    x = T.dmatrix("x")
    f = theano.function([x], [x.sum(axis=0), T.sin(x)])
    arrays = [*ODD.values(), DENSE] * 4
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(f, arrays))
    for value, (summed, sine) in zip(arrays, results, strict=True):
        np.testing.assert_allclose(summed, value.sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(sine, np.sin(value), rtol=1e-14)


def test_without_a_compiler_copies_go_on(monkeypatch):
    x = T.dmatrix("x")
    f = theano.function([x], x * 3)

    def missing(*_, **__):
        raise NoCompilerError("there is none")

    monkeypatch.setattr("theanolike.codegen.toolchain.require_compiler", missing)
    np.testing.assert_array_equal(f(BASE.T), 3 * BASE.T)
    assert laid_out(f) == {((0, 128),): False}


def test_constants_and_random_numbers_stay_what_they_are():
    table = RNG.normal(size=(100, 100))
    x = T.dmatrix("x")
    f = theano.function([x], [x + table, T.dot(x, table)])
    value = ODD["every other row"]
    for got, wanted in zip(f(value), (value + table, value @ table), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-11)
    assert laid_out(f) == {((0, 2),): True}
