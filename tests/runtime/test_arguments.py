"""Arguments of the runtime's functions: what is taken, converted, refused."""

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

DTYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
]
LEFT_ALONE = ("bool", "float16")  # an int for these is left to `convert`

# Copies input 0 to output 0; the rank and the item size are known to the unit.
COPY = """
i32 tl_compute(tl_call* c) {
  i64 n = %(itemsize)d;
  for (int k = 0; k < %(ndim)d; ++k) n *= c->inputs[0].shape[k];
  char* z = (char*)c->table->output(c, 0, c->inputs[0].shape);
  const char* x = (const char*)c->inputs[0].data;
  for (i64 i = 0; i < n; ++i) z[i] = x[i];
  return TL_OK;
}
"""


@pytest.fixture
def identity(unit, tools):
    def build(dtype, ndim=0, **changes):
        body = unit(COPY % {"itemsize": np.dtype(dtype).itemsize, "ndim": ndim})
        names = {"shape", "default", "flags"} & set(changes)
        options = {name: changes.pop(name) for name in names}
        inputs = [tools.argument("x", dtype, ndim, **options)]
        return tools.make(body, inputs, [tools.spec(dtype, ndim)], **changes)

    return build


def test_a_call_takes_positions_names_and_both(add):
    assert add(2.0, 3.0) == 8.0
    assert add(2.0, b=3.0) == 8.0
    assert add(b=3.0, a=2.0) == 8.0
    assert add(**{"ab"[:1]: 2, "b": 3}) == 8.0


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((1.0,), {}),
        ((1.0, 2.0, 3.0), {}),
        ((1.0,), {"a": 2.0}),
        ((1.0, 2.0), {"b": 2.0}),
        ((1.0, 2.0), {"c": 2.0}),
        ((), {"a": 2.0}),
    ],
)
def test_refuse_gets_arguments_that_do_not_match(add, tools, args, kwargs):
    with pytest.raises(tools.Refused) as caught:
        add(*args, **kwargs)
    assert caught.value.args == (args, kwargs)


def test_a_default_value_stands_in_for_a_missing_argument(identity):
    f = identity("float64", default=("value", 5.0))
    assert f() == 5.0
    assert f(6.0) == 6.0
    assert f(x=7.0) == 7.0


def test_a_default_cell_is_read_at_each_call(identity):
    cell = _runtime.Cell(np.array(5.0))
    f = identity("float64", default=("cell", cell))
    assert f() == 5.0
    cell.value = np.array(6.0)
    assert f() == 6.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_of_the_exact_dtype_arrives_unchanged(identity, dtype):
    x = np.arange(6).reshape(2, 3).astype(dtype)
    f = identity(dtype, 2)
    before = _runtime.allocations()
    np.testing.assert_array_equal(f(x), x, strict=True)
    assert _runtime.allocations() <= before + 1  # the frame of the first call


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_numpy_scalar_of_the_exact_dtype_is_taken(identity, dtype):
    value = np.dtype(dtype).type(1)
    np.testing.assert_array_equal(
        identity(dtype)(value), np.asarray(value), strict=True
    )


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name not in LEFT_ALONE])
def test_a_python_int_is_taken_where_it_fits(identity, tools, dtype):
    assert identity(dtype)(100) == 100
    kind = np.dtype(dtype).kind
    if kind in "iu":
        limits = np.iinfo(dtype)
        for value in (int(limits.max) + 1, int(limits.min) - 1):
            with pytest.raises(tools.Refused):
                identity(dtype)(value)
        assert identity(dtype)(int(limits.min)) == limits.min


def test_an_int_that_a_float32_rounds_is_left_to_convert(identity, tools):
    assert identity("float32")(2**24) == 2**24
    with pytest.raises(tools.Refused):
        identity("float32")(2**24 + 1)


def test_a_python_float_goes_into_float32_where_it_is_exact_or_allowed(identity, tools):
    f = identity("float32")
    assert f(0.5) == 0.5
    assert np.isnan(f(float("nan")))
    assert f(float("inf")) == np.inf
    with pytest.raises(tools.Refused):
        f(0.1)
    rounding = identity("float32", flags=_runtime.ROUND_FLOAT)
    assert rounding(0.1) == np.float32(0.1)


def test_a_bool_is_only_taken_for_a_bool(identity, tools):
    assert identity("bool")(True) == np.True_
    for dtype in ("float64", "int64"):
        with pytest.raises(tools.Refused):
            identity(dtype)(True)


def test_a_complex_is_taken_for_complex128(identity, tools):
    assert identity("complex128")(1 + 2j) == 1 + 2j
    assert identity("complex128")(1.5) == 1.5
    with pytest.raises(tools.Refused):
        identity("float64")(1 + 2j)


LAYOUTS = {
    "transposed": lambda x: x.T,
    "reversed": lambda x: x[::-1, ::-1],
    "every second": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
    "swapped bytes": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": lambda x: (
        np.frombuffer(b"." + x.tobytes(), np.uint8, offset=1)
        .view(x.dtype)
        .reshape(x.shape)
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_of_the_exact_dtype_is_taken(identity, layout):
    x = LAYOUTS[layout](np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(identity("float64", 2)(x), x)


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize(
    "target", ["int16", "int64", "float32", "float64", "complex128"]
)
def test_arrays_are_cast_where_nothing_is_lost_and_only_there(
    identity, tools, source, target
):
    x = np.arange(3).astype(source)
    f = identity(target, 1)
    if np.can_cast(source, target, "safe"):
        np.testing.assert_array_equal(f(x), x.astype(target), strict=True)
    else:
        with pytest.raises(tools.Refused):
            f(x)


def test_a_strict_argument_takes_only_arrays_of_its_dtype(identity, tools):
    f = identity("float64", flags=_runtime.STRICT)
    assert f(np.array(2.0)) == 2.0
    for value in (2.0, 2, np.float64(2), np.array(2, "int64")):
        with pytest.raises(tools.Refused):
            f(value)


@pytest.mark.parametrize(
    "value",
    [
        [1.0, 2.0],
        "text",
        None,
        np.zeros((2, 2)),
        np.array(1.0),
        np.array(["a"]),
        np.array([1], "m8[s]"),
        np.array([object()]),
        np.ma.array([1.0]),
        1.0,
    ],
    ids=repr,
)
def test_what_the_fast_path_does_not_take_goes_to_convert(identity, tools, value):
    with pytest.raises(tools.Refused) as caught:
        identity("float64", 1)(value)
    assert caught.value.args[0] == 0
    assert caught.value.args[1] is value


def test_static_extents_are_checked(identity, tools):
    f = identity("float64", 2, shape=(1, -1))
    assert f(np.ones((1, 5))).shape == (1, 5)
    with pytest.raises(tools.Refused):
        f(np.ones((2, 5)))


def test_what_convert_makes_is_used(identity):
    f = identity("float64", 1, convert=lambda i, v: np.asarray(v, "float64"))
    np.testing.assert_array_equal(f([1, 2]), [1.0, 2.0])
    g = identity("float64", 1, convert=lambda i, v: np.arange(4.0)[::2])
    np.testing.assert_array_equal(g([1, 2]), [0.0, 2.0])


@pytest.mark.parametrize("made", [None, np.zeros(2), np.array(1, "int32")], ids=repr)
def test_a_convert_that_makes_another_type_is_an_error(identity, made):
    f = identity("float64", convert=lambda i, v: made)
    with pytest.raises(TypeError, match="but `convert` made"):
        f("x")


def test_a_captured_value_that_does_not_fit_goes_to_convert(unit, tools):
    cell = _runtime.Cell(np.arange(6.0).reshape(2, 3).T)
    captured = [(cell, *tools.spec("float64", 2), (-1, -1))]
    body = unit(COPY % {"itemsize": 8, "ndim": 2})
    f = tools.make(body, [], [tools.spec("float64", 2)], captured=captured)
    np.testing.assert_array_equal(f(), cell.value)
    cell.value = 3
    with pytest.raises(tools.Refused, match=r"\(0, 3\)"):
        f()


def test_an_object_is_passed_on_to_a_python_body(tools):
    marker = object()
    inputs = [tools.argument("x", object)]
    f = tools.make(lambda xs: ([xs[0]], []), inputs, [tools.spec(object)])
    assert f(marker) is marker
