"""The scalar primitives: integers, casts, float16, complex, text, vectorisation."""

import ctypes
import math
import operator
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from theanolike.codegen import primitives, scalars
from theanolike.codegen.snippets import snippet_text
from theanolike.codegen.toolchain import cpu_features, require_compiler
from theanolike.errors import UnsupportedError

INTEGERS = [d for d in scalars.CTYPE if "int" in d]
FLOATS = ["float16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
FOLDER = Path(scalars.__file__).parent / "cxx"


def wrap(value, dtype):
    info = np.iinfo(dtype)
    return (value - int(info.min)) % 2**info.bits + int(info.min)


def edges(dtype):
    info = np.iinfo(dtype)
    low, high = int(info.min), int(info.max)
    near = {0, 1, 2, 3, 5, 7, 8, info.bits - 1, info.bits, low, low + 1, high, high - 1}
    middle = {high // 2, low // 2, high // 3, -1, -2, -7, -8, 100}
    return sorted(x for x in near | middle if low <= x <= high)


def pairs(dtype):
    a, b = np.meshgrid(np.array(edges(dtype), dtype), np.array(edges(dtype), dtype))
    return a.ravel(), b.ravel()


def truncated_remainder(a, b):
    return a - b * (abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)) if b else 0


def power(a, n):
    if n < 0:
        return {1: 1, -1: 1 - 2 * (n % 2)}.get(a, 0)
    return pow(a, n, 2**64)


def shift_left(bits):
    return lambda a, n: a << n if 0 <= n < bits else 0


def shift_right(bits):
    return lambda a, n: a >> n if 0 <= n < bits else -(a < 0)


def integer_functions(dtype):
    bits = np.iinfo(dtype).bits
    return {
        "add": operator.add,
        "sub": operator.sub,
        "mul": operator.mul,
        "floordiv": lambda a, b: a // b if b else 0,
        "mod": lambda a, b: a % b if b else 0,
        "fmod": truncated_remainder,
        "pow": power,
        "left_shift": shift_left(bits),
        "right_shift": shift_right(bits),
        "and": operator.and_,
        "or": operator.or_,
        "xor": operator.xor,
        "maximum": max,
        "minimum": min,
    }


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", integer_functions("int8"))
def test_integer_operations_are_total_and_wrap(loops, name, dtype):
    a, b = pairs(dtype)
    function = integer_functions(dtype)[name]
    expected = [
        wrap(function(x, y), dtype) for x, y in zip(a.tolist(), b.tolist(), strict=True)
    ]
    assert expected == loops(name, dtype, a, b).tolist()


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_functions_of_one_argument_wrap(loops, dtype):
    x = np.array(edges(dtype), dtype)
    functions: dict[str, Callable[[int], int]] = {
        "neg": operator.neg,
        "abs": abs,
        "sqr": lambda v: v * v,
        "invert": operator.invert,
        "sign": lambda v: (v > 0) - (v < 0),
        "floor": lambda v: v,
    }
    for name, function in functions.items():
        expected = [wrap(function(v), dtype) for v in x.tolist()]
        assert expected == loops(name, dtype, x).tolist(), name


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "uint32"])
@pytest.mark.parametrize("name", ["floordiv", "mod"])
def test_small_division_through_floats_is_exact(loops, rng, name, dtype):
    info = np.iinfo(dtype)
    a, b = rng.integers(info.min, info.max, (2, 20_000), dtype, endpoint=True)
    b = np.where(rng.random(b.size) < 0.5, b % 64 + 1, b).astype(dtype)
    a = np.where(rng.random(b.size) < 0.5, a // b * b, a).astype(dtype)
    expected = a // b if name == "floordiv" else a % b
    np.testing.assert_array_equal(loops(name, dtype, a, b), expected)


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, *FLOATS])
@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
def test_comparisons_are_numpys(loops, name, dtype):
    values = [0, 1, np.nan, -1, np.inf] if dtype in FLOATS else [0, 1, 1, 0, 1]
    a, b = (v.ravel() for v in np.meshgrid(*[np.array(values).astype(dtype)] * 2))
    expected = getattr(operator, name)(a, b)
    assert np.array_equal(expected, loops(name, dtype, a, b))


@pytest.mark.compiler
def test_bools_are_logical_and_loaded_as_not_zero(loops):
    a = np.array([0, 1, 2, 255], np.uint8).view(bool)
    b = np.array([1, 1, 1, 0], np.uint8).view(bool)
    assert loops("and", "bool", a, b).tolist() == [False, True, True, False]
    assert loops("or", "bool", a, b).tolist() == [True] * 4
    assert loops("xor", "bool", a, b).tolist() == [True, False, False, True]
    assert loops("invert", "bool", a).tolist() == [True, False, False, False]
    assert loops.cast(a, "int32").tolist() == [0, 1, 1, 1]


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "name", ["maximum", "minimum", "guessed_maximum", "guessed_minimum"]
)
def test_maximum_and_minimum_keep_nan_from_either_side(loops, name, dtype):
    values = np.array([np.nan, -np.inf, -1, 0, 2, np.inf], dtype)
    a, b = (v.ravel() for v in np.meshgrid(values, values))
    expected = getattr(np, name.removeprefix("guessed_"))(a, b)
    np.testing.assert_array_equal(loops(name, dtype, a, b), expected)


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", ["float32", "float64", *COMPLEX])
@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_classes_of_numbers_are_numpys(loops, name, dtype):
    x = np.array([0, -1.5, np.nan, np.inf, -np.inf, 1e38], dtype)
    if dtype in COMPLEX:
        x = np.array([complex(a, b) for a in x.real for b in x.real], dtype)
    assert np.array_equal(getattr(np, name)(x), loops(name, dtype, x))


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_float_functions_that_are_exact(loops, dtype):
    x = np.array([0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan], dtype)
    y = np.array([-1.0, 1, -0.0, 3, -3, 2, 1], dtype)
    np.testing.assert_array_equal(loops("sign", dtype, x), np.sign(x))
    np.testing.assert_array_equal(loops("sqr", dtype, x), x * x)
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(loops("reciprocal", dtype, x), 1 / x)
        np.testing.assert_array_equal(loops("truediv", dtype, x, y), x / y)
    np.testing.assert_array_equal(loops("abs", dtype, x), abs(x))
    got, expected = loops("copysign", dtype, x, y), np.copysign(x, y)
    np.testing.assert_array_equal(got, expected)
    assert np.array_equal(np.signbit(got), np.signbit(expected))
    chosen = loops("select", dtype, x > 0, x, y)
    np.testing.assert_array_equal(chosen, np.where(x > 0, x, y))


def truncated(value, dtype):
    """The cast's rule, in Python's integers."""
    if dtype == "uint64" and 2**63 <= value < 2**64:
        return int(value)
    if math.isnan(value):
        return wrap(-(2**63), dtype)
    if dtype == "uint64" and value >= 2**64:
        return 0
    inside = -(2**63) <= value < 2**63
    return wrap(int(value) if inside else -(2**63), dtype)


@pytest.mark.compiler
@pytest.mark.parametrize("from_", FLOATS)
@pytest.mark.parametrize("to", INTEGERS)
def test_casts_of_floats_to_integers_are_total(loops, from_, to):
    values = [0, -0.0, 0.9, -0.9, 127.5, -128.9, 300, -300, 70000, 3e9, -3e9, 1e15]
    values += [2.0**63, -(2.0**63), 1.5 * 2**63, 2.0**64, 1e30, -1e30, np.inf, -np.inf]
    with np.errstate(over="ignore"):
        x = np.array([*values, np.nan]).astype(from_)
    expected = [truncated(v, to) for v in x.tolist()]
    assert expected == loops.cast(x, to).tolist()


@pytest.mark.compiler
@pytest.mark.parametrize("from_", ["bool", *INTEGERS])
@pytest.mark.parametrize("to", list(scalars.CTYPE))
def test_casts_of_integers_are_numpys(loops, from_, to):
    x = np.array([False, True]) if from_ == "bool" else np.array(edges(from_), from_)
    with np.errstate(over="ignore"):
        expected = x.astype(to)
    np.testing.assert_array_equal(loops.cast(x, to), expected)


@pytest.mark.compiler
@pytest.mark.parametrize("from_", [*FLOATS, *COMPLEX])
@pytest.mark.parametrize("to", ["bool", *FLOATS, *COMPLEX])
def test_casts_between_floats_round_once(loops, rng, from_, to):
    x = (rng.normal(size=2000) * 10.0 ** rng.uniform(-9, 6, 2000)).astype("float64")
    # ties of float16 that rounding by way of float32 would decide wrongly
    x = np.append(x, [0, np.inf, np.nan, 1 + 2**-11 + 2**-40, 1 + 2**-11 - 2**-40])
    with np.errstate(over="ignore", invalid="ignore"):
        x = x.astype(from_) if from_ in FLOATS else (x + 1j * x[::-1]).astype(from_)
        real = x if to in COMPLEX or to == "bool" else x.real
        expected = real.astype(to)
    np.testing.assert_array_equal(loops.cast(x, to), expected)


@pytest.mark.compiler
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
def test_float16_is_rounded_after_each_operation(loops, rng, name):
    bits = rng.integers(0, 2**16, (2, 20_000), np.uint16)
    a, b = bits.view(np.float16)
    function = getattr(operator, name)
    with np.errstate(all="ignore"):
        expected = function(a, b)
    np.testing.assert_array_equal(loops(name, "float16", a, b), expected)


@pytest.mark.compiler
@pytest.mark.parametrize("name", ["exp", "log", "sin", "tanh", "sqrt", "arctan"])
def test_float16_functions_are_correctly_rounded(loops, name):
    x = np.arange(2**16, dtype=np.uint16).view(np.float16)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x.astype(np.float64)).astype(np.float16)
        got = loops(name, "float16", x)
        gap = np.abs(got.astype(np.float64) - expected) / np.spacing(np.abs(expected))
    both = np.isfinite(expected)
    assert np.array_equal(np.isnan(expected), np.isnan(got))
    assert gap[both].max() <= 1
    # by way of float32 a tie is missed now and then
    assert np.mean(gap[both] != 0) < 1e-3


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", COMPLEX)
def test_complex_arithmetic_is_numpys(loops, rng, dtype):
    size = 400
    scale = 10.0 ** rng.uniform(-12, 12, (4, size))
    re, im, re2, im2 = rng.normal(size=(4, size)) * scale
    a, b = (re + 1j * im).astype(dtype), (re2 + 1j * im2).astype(dtype)
    tolerance = 8 * np.finfo(dtype).eps
    for name in ("add", "sub", "mul", "truediv"):
        expected = getattr(operator, name)(a.astype(complex), b.astype(complex))
        got = loops(name, dtype, a, b)
        gap = abs(got - expected) / abs(expected)
        assert gap.max() <= tolerance, name
    numpy: Any = np
    for name in ("abs", "angle", "sign"):
        expected = getattr(numpy, name)(a)
        np.testing.assert_allclose(loops(name, dtype, a), expected, rtol=tolerance)
    for name in ("conj", "real", "imag"):
        expected = getattr(numpy, name)(a)
        np.testing.assert_array_equal(loops(name, dtype, a), expected)
    np.testing.assert_array_equal(loops("neg", dtype, a), -a)
    made = loops("make_complex", dtype, a.real.copy(), a.imag.copy())
    np.testing.assert_array_equal(made, a)
    b[::2] = a[::2]
    np.testing.assert_array_equal(loops("eq", dtype, a, b), a == b)
    np.testing.assert_array_equal(loops("ne", dtype, a, b), a != b)


@pytest.mark.compiler
@pytest.mark.parametrize("dtype", COMPLEX)
def test_complex_division_neither_overflows_nor_traps(loops, dtype):
    big = np.finfo(dtype).max / 4
    a = np.array([1 + 1j, complex(big, big), 1 + 2j, 0], dtype)
    b = np.array([0, complex(big, big), complex(0, 2), 0], dtype)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(loops("truediv", dtype, a, b), a / b)
        np.testing.assert_allclose(loops("reciprocal", dtype, b[1:3]), 1 / b[1:3])


def literals():
    yield from ((v, d) for d in INTEGERS for v in edges(d))
    floats = [0.0, -0.0, 0.1, -1 / 3, 1e22, 5e-324, 1.5, np.inf, -np.inf, np.nan]
    for dtype in FLOATS:
        info = np.finfo(dtype)
        extremes = [float(info.max), float(info.tiny), float(info.smallest_subnormal)]
        yield from ((v, dtype) for v in floats + extremes)
    yield from ((v, "bool") for v in (False, True, np.True_))
    yield from ((v, d) for d in COMPLEX for v in (1.5 - 0.1j, complex(np.inf, np.nan)))


@pytest.mark.compiler
def test_literals_are_exact_and_have_their_type(compile_unit):
    rows = list(literals())
    text = "".join(map(snippet_text, primitives.snippets([("add", "complex64")])))
    text += "template <class T> static void put(void* p, T x) { *(T*)p = x; }\n"
    text += (
        "template <class A, class B> struct same { static const bool yes = false; };"
    )
    text += "template <class A> struct same<A, A> { static const bool yes = true; };\n"
    body = ""
    for i, (value, dtype) in enumerate(rows):
        literal = scalars.literal(value, dtype)
        local = scalars.ARITHMETIC[dtype]
        body += f'static_assert(same<decltype({literal}), {local}>::yes, "{dtype}");\n'
        stored = f"({scalars.CTYPE[dtype]}){literal}"
        body += f"put<{scalars.CTYPE[dtype]}>(p + {16 * i}, {stored});\n"
    library, _ = compile_unit(text + f'extern "C" void f(char* p) {{\n{body}}}\n')
    memory = np.zeros(16 * len(rows), np.uint8)
    library.f(ctypes.c_void_p(memory.ctypes.data))
    for i, (value, dtype) in enumerate(rows):
        with np.errstate(over="ignore"):
            expected = np.asarray(value).astype(dtype)
        got = memory[16 * i :].view(np.uint8)[: expected.itemsize].view(dtype)[0]
        np.testing.assert_array_equal(got, expected)
        assert np.signbit(got.real) == np.signbit(expected.real)


@pytest.mark.compiler
def test_every_row_that_claims_to_vectorise_does(loops):
    if require_compiler().kind != "gcc" or "avx2" not in cpu_features():
        pytest.skip("the claims are for gcc on x86-64 with AVX2 or more")
    claimed = {
        f"{'fast' if primitives.has_fast(name, dtype) else 'exact'}_{name}_{dtype}"
        for name in primitives.PRIMITIVES - {"cast"}
        for dtype in scalars.CTYPE
        if is_defined(name, dtype) and primitives.vectorises(name, dtype)
    }
    assert len(claimed) > 300
    assert sorted(claimed - loops.vectorised) == []


def is_defined(name, dtype):
    try:
        primitives.cost(name, dtype)
    except UnsupportedError:
        return False
    return True


def test_snippets_come_after_what_they_need():
    files = primitives.snippets([("tan", "float32"), ("pow", "float64")])
    order = {file: i for i, file in enumerate(files)}
    for file in files:
        needs = re.match(r"// needs: (.*)\n", (FOLDER / file).read_text())
        for other in needs[1].split(", ") if needs else ():
            assert order[other] < order[file]
    assert {"tan.h", "pow.h", "base.h"} <= set(files)


def test_snippets_do_not_depend_on_the_order_of_the_names():
    names = [("tanh", "float64"), ("log", "float32"), ("mod", "int8"), ("sqr", "int8")]
    assert primitives.snippets(names) == primitives.snippets(reversed(names))


def test_pasted_snippets_have_no_comments_includes_or_blank_lines():
    for path in FOLDER.glob("*.h"):
        text = snippet_text(path.name)
        assert text
        assert not re.search(r"//|/\*|#include|\n\n", text)


def test_every_snippet_file_is_needed_by_a_primitive():
    names = [
        (name, dtype)
        for name in primitives.PRIMITIVES
        for dtype in scalars.CTYPE
        if is_defined(name, dtype)
    ]
    own = ["support.h", "team.h", "steps.h", "product.h"]  # the emitter's
    used = {*primitives.snippets(names), *own}
    assert {path.name for path in FOLDER.glob("*.h")} == used


def test_what_a_dtype_lacks_is_an_error_that_names_it():
    with pytest.raises(UnsupportedError, match="'exp', which is not defined for int32"):
        primitives.expression("exp", "int32", ["x"], ["int32"])
    with pytest.raises(UnsupportedError, match="'frobnicate', which is none"):
        primitives.cost("frobnicate", "float64")
    with pytest.raises(UnsupportedError, match="ask has_fast first"):
        primitives.fast_expression("exp", "float64", ["x"], ["float64"], "bad")


def test_arguments_are_used_once_so_that_expressions_may_nest():
    for name in primitives.PRIMITIVES - {"cast"}:
        for dtype in filter(lambda d: is_defined(name, d), scalars.CTYPE):
            kinds = ["bool", dtype, dtype] if name == "select" else [dtype] * 3
            text = primitives.expression(name, dtype, ["@a", "@b", "@c"], kinds)
            counts = [text.count(mark) for mark in ("@a", "@b", "@c")]
            assert max(counts) <= 1, (name, dtype)
            assert all(x >= y for x, y in pairwise(counts)), (name, dtype)
