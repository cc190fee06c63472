"""The elementary functions against mpmath: within 2 units in the last place."""

import mpmath
import numpy as np
import pytest

pytestmark = pytest.mark.compiler

FLOATS = ["float32", "float64"]
LIMIT = 2.0
mp = mpmath.mp.clone()
mp.prec = 200

UNARY = {
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.ln2,
    "log10": lambda x: mp.log(x) / mp.ln10,
    "log1p": mp.log1p,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arctan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "arcsinh": mp.asinh,
    "arccosh": mp.acosh,
    "arctanh": mp.atanh,
    "sqrt": mp.sqrt,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "deg2rad": mp.radians,
    "rad2deg": mp.degrees,
}
BINARY = {"arctan2": mp.atan2, "hypot": mp.hypot, "pow": mp.power}
DOMAIN = {
    "log": (0, np.inf),
    "log2": (0, np.inf),
    "log10": (0, np.inf),
    "sqrt": (0, np.inf),
    "log1p": (-1, np.inf),
    "arcsin": (-1, 1),
    "arccos": (-1, 1),
    "arctanh": (-1, 1),
    "arccosh": (1, np.inf),
}
# where formulas change over, or the answer is nearly 0, 1 or infinite
TURNS = [1, 0.5, 0.35, 0.3466, 0.2, 1.06, 1.0608, 2**0.5, 0.5**0.5, 22, 10]
TURNS += [709.78, -745.1, -708.4, 88.72, -103.9, -87.3, 710.47, 1024, -1074, 128]


def samples(rng, dtype, count):
    """Finite numbers of every size, crowded where it is difficult."""
    info = np.finfo(dtype)
    size = 4 if dtype == "float32" else 8
    anything = np.frombuffer(rng.bytes(2 * count * size), dtype)
    spread = rng.choice([1e-9, 1e-3, 0.1, 0.5, 1, 3, 30, 100, 800, 2e5], 2 * count)
    turns = rng.choice(TURNS, count) * (1 + rng.normal(size=count) * 1e-2)
    near_one = 1 + rng.normal(size=count) * 10.0 ** rng.uniform(-16, 0, count)
    quarters = rng.integers(-300_000, 300_000, count) * (np.pi / 2)
    edges = np.array([info.max, info.tiny, info.smallest_subnormal, 1, 2, 0.5, 3])
    edges = edges.astype(dtype)
    below = np.nextafter(edges, dtype_of(dtype, 0))
    uniform = rng.uniform(-1, 1, 2 * count) * spread
    with np.errstate(over="ignore"):
        drawn = np.concatenate([uniform, turns, near_one, quarters]).astype(dtype)
    values = np.concatenate([anything, drawn, edges, below, -edges])
    return values[np.isfinite(values) & (values != 0)]


def dtype_of(dtype, value):
    return np.dtype(dtype).type(value)


def error(got, true, dtype):
    """Return |got - true| in units in the last place of `true`."""
    info = np.finfo(dtype)
    if true == 0:
        return 0.0 if got == 0 else np.inf
    top = mp.mpf(2) ** int(info.maxexp)
    # an infinity stands one unit above the largest number
    got = (top if got > 0 else -top) if np.isinf(got) else mp.mpf(float(got))
    if abs(true) >= top:
        true = top if true > 0 else -top
    _, mantissa, exponent, length = true._mpf_
    assert mantissa, "the true value is finite"
    last = max(exponent + length - 1, int(info.minexp)) - int(info.nmant)
    return float(abs(got - true) / mp.mpf(2) ** last)


def worst(got, arguments, function, dtype):
    errors = [
        error(y, function(*map(mp.mpf, map(float, xs))), dtype)
        for y, *xs in zip(got, *arguments, strict=True)
    ]
    index = int(np.argmax(errors))
    return errors[index], [x[index] for x in arguments]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
def test_functions_are_within_two_ulp(loops, rng, name, dtype):
    low, high = DOMAIN.get(name, (-np.inf, np.inf))
    x = samples(rng, dtype, 300)
    if low == 0:
        x = abs(x)
    x = x[(x > low) & (x < high)]
    assert x.size > 100
    largest, where = worst(loops(name, dtype, x), [x], UNARY[name], dtype)
    assert largest <= LIMIT, where


def powers(rng, dtype, count):
    info = np.finfo(dtype)
    x = np.exp(rng.uniform(-1, 1, count) * rng.choice([1e-6, 0.35, 3, 80], count))
    top = float(np.log2(float(info.max)))
    y = rng.uniform(-1.08 * top, top, count) / np.log2(x)
    y = np.where(rng.random(count) < 0.3, rng.integers(-9, 9, count), y)
    x, y = x.astype(dtype), y.astype(dtype)
    keep = np.isfinite(y)
    return x[keep], y[keep]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_are_within_two_ulp(loops, rng, name, dtype):
    if name == "pow":
        x, y = powers(rng, dtype, 2000)
    else:
        x, y = samples(rng, dtype, 300), rng.permutation(samples(rng, dtype, 300))
        x, y = x[: min(x.size, y.size)], y[: min(x.size, y.size)]
        # of like size, else the answer is trivial
        with np.errstate(over="ignore"):
            y[::2] = x[::2] * rng.uniform(0.3, 3, x[::2].size).astype(dtype)
        keep = np.isfinite(y)
        x, y = x[keep], y[keep]
    largest, where = worst(loops(name, dtype, x, y), [x, y], BINARY[name], dtype)
    assert largest <= LIMIT, where


def assert_dense_sweep(loops, rng, name, dtype):
    wide = np.longdouble if dtype == "float64" else np.float64
    if dtype == "float64" and np.finfo(wide).nmant < 63:
        pytest.skip("long double is no wider than double here")
    x = samples(rng, dtype, 200_000)
    low, high = DOMAIN.get(name, (-np.inf, np.inf))
    x = abs(x) if low == 0 else x
    x = x[(x > low) & (x < high)]
    got = loops(name, dtype, x).astype(wide)
    with np.errstate(all="ignore"):
        true = getattr(np, name)(x.astype(wide))
        rounded = true.astype(dtype)
        ulp = np.spacing(np.abs(rounded)).astype(wide)
        errors = np.where(np.isfinite(rounded), abs(got - true) / ulp, 0)
    index = np.argmax(errors)
    # the reference errs by a thousandth
    assert errors[index] <= LIMIT + 0.01, x[index]
    overflowed = np.isinf(rounded)
    assert np.array_equal(got[overflowed], rounded[overflowed].astype(wide))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
def test_functions_are_within_two_ulp_on_a_dense_sweep(loops, rng, name, dtype):
    assert_dense_sweep(loops, rng, name, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
def test_functions_hold_without_fused_multiply_add(plain_loops, rng, name, dtype):
    assert_dense_sweep(plain_loops, rng, name, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["fmod", "mod", "floordiv"])
def test_remainders_hold_without_fused_multiply_add(plain_loops, rng, name, dtype):
    assert_division_is_numpys(plain_loops, rng, name, dtype)


def special_values(dtype):
    info = np.finfo(dtype)
    values = [0.0, 1.0, 2.0, 3.0, 0.5, np.inf, float(info.max), 1e9, 1e10 + 1]
    return np.array([*values, *(-x for x in values), np.nan], dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
def test_zeros_infinities_nan_and_domain_errors_are_numpys(loops, name, dtype):
    x = special_values(dtype)
    got = loops(name, dtype, x)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    np.testing.assert_allclose(got, expected, rtol=8 * np.finfo(dtype).eps)
    known = ~np.isnan(expected)
    assert np.array_equal(np.signbit(expected[known]), np.signbit(got[known]))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["pow", "hypot", "arctan2"])
def test_special_pairs_are_numpys(loops, name, dtype):
    values = special_values(dtype)
    x, y = (v.ravel() for v in np.meshgrid(values, values))
    numpy_name = "power" if name == "pow" else name
    with np.errstate(all="ignore"):
        expected = getattr(np, numpy_name)(x, y)
    got = loops(name, dtype, x, y)
    np.testing.assert_allclose(got, expected, rtol=8 * np.finfo(dtype).eps)
    known = ~np.isnan(expected)
    assert np.array_equal(np.signbit(expected[known]), np.signbit(got[known]))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_fast_turns_equal_the_exact_ones_or_raise_the_flag(loops, rng, name, dtype):
    near = np.append(rng.uniform(-1e6, 1e6, 300), [0.0, np.inf, np.nan]).astype(dtype)
    values, flag = loops.fast(name, dtype, near)
    assert flag == 0
    np.testing.assert_array_equal(loops(name, dtype, near), values)
    for far in (1e22, -3e10):
        assert loops.fast(name, dtype, np.array([1.0, far], dtype))[1] != 0


def assert_division_is_numpys(loops, rng, name, dtype):
    a, b = samples(rng, dtype, 300), rng.permutation(samples(rng, dtype, 300))
    edges = special_values(dtype)
    left, right = (v.ravel() for v in np.meshgrid(edges, edges))
    size = min(a.size, b.size)
    a, b = np.append(a[:size], left), np.append(b[:size], right)
    numpy_name = {"mod": "remainder", "floordiv": "floor_divide"}.get(name, name)
    with np.errstate(all="ignore"):
        expected = getattr(np, numpy_name)(a, b)
    got = loops(name, dtype, a, b)
    np.testing.assert_array_equal(got, expected)
    known = ~np.isnan(expected)
    assert np.array_equal(np.signbit(expected[known]), np.signbit(got[known]))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["fmod", "mod", "floordiv"])
def test_float_division_with_remainder_is_numpys(loops, rng, name, dtype):
    assert_division_is_numpys(loops, rng, name, dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["fmod", "mod", "floordiv"])
def test_fast_remainders_equal_the_exact_ones_or_raise_the_flag(
    loops, rng, name, dtype
):
    a = (rng.normal(size=500) * 10.0 ** rng.uniform(-9, 9, 500)).astype(dtype)
    b = rng.normal(size=500).astype(dtype)
    values, flag = loops.fast(name, dtype, a, b)
    assert flag == 0
    np.testing.assert_array_equal(loops(name, dtype, a, b), values)
    far = np.array([3e30], dtype), np.array([0.7], dtype)
    assert loops.fast(name, dtype, *far)[1] != 0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "rint"])
def test_rounding_is_numpys(loops, rng, name, dtype):
    x = np.concatenate([samples(rng, dtype, 200), special_values(dtype)])
    x = np.concatenate([x, np.arange(-20, 20).astype(dtype) / 2])
    expected, got = getattr(np, name)(x), loops(name, dtype, x)
    np.testing.assert_array_equal(got, expected)
    known = ~np.isnan(expected)
    assert np.array_equal(np.signbit(expected[known]), np.signbit(got[known]))


@pytest.mark.parametrize("dtype", FLOATS)
def test_round_away_sends_halves_away_from_zero(loops, dtype):
    below = np.nextafter(dtype_of(dtype, 0.5), dtype_of(dtype, 0))
    x = np.array([0.5, 1.5, 2.5, -0.5, -2.5, below, -0.2, 4.5e15, np.inf], dtype)
    expected = np.array([1, 2, 3, -1, -3, 0, -0.0, 4.5e15, np.inf], dtype)
    np.testing.assert_array_equal(loops("round_away", dtype, x), expected)
