"""Formulas as users write them, where they overflow, underflow or cancel."""

import mpmath as mp
import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

STABLE = theano.Mode("py", "fast_run")
SMALL = [1e-30, -1e-30, 1e-9, -3e-8, 0.1, -0.4]
WIDE = [-1000.0, -745.0, -60.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 60.0, 700.0, 1000.0]
BELOW = [-1e-300, -1e-20, -1e-3, -0.6931471805599453, -1.0, -40.0, -500.0]
HALF = np.float32(0.5)
one32, one64 = np.float32(1), np.float64(1)
sigmoid = T.nnet.sigmoid


def log_sigmoid(v):
    return -mp.log1p(mp.exp(-v))


# name: (what is written, what is meant, where)
FORMS = {
    "log1p": (lambda x: T.log(1 + x), mp.log1p, SMALL),
    "log1p after": (lambda x: T.log(x + 1.0), mp.log1p, SMALL),
    "log1p of NumPy's one": (lambda x: T.log(one32 + x), mp.log1p, SMALL),
    "log1p of an array": (lambda x: T.log(np.ones(1, "int8") + x), mp.log1p, SMALL),
    "log1p of minus": (lambda x: T.log(1 - x), lambda v: mp.log1p(-v), SMALL),
    "log1p of terms": (
        lambda x: T.log(1 + x / 2 + x),
        lambda v: mp.log1p(v * 3 / 2),
        SMALL,
    ),
    "expm1": (lambda x: T.exp(x) - 1, mp.expm1, SMALL),
    "expm1 by adding": (lambda x: -1 + T.exp(x), mp.expm1, SMALL),
    "minus expm1": (lambda x: 1.0 - T.exp(x), lambda v: -mp.expm1(v), SMALL),
    "softplus": (lambda x: T.log(1 + T.exp(x)), lambda v: mp.log1p(mp.exp(v)), WIDE),
    "softplus by log1p": (
        lambda x: T.log1p(T.exp(-x)),
        lambda v: mp.log1p(mp.exp(-v)),
        WIDE,
    ),
    "log sigmoid": (lambda x: T.log(sigmoid(x)), log_sigmoid, WIDE),
    "log of 1 / (1 + exp)": (lambda x: T.log(1 / (1 + T.exp(-x))), log_sigmoid, WIDE),
    "log of exp / (1 + exp)": (
        lambda x: T.log(T.exp(x) / (T.exp(x) + 1)),
        log_sigmoid,
        WIDE,
    ),
    "log of 1 - sigmoid": (
        lambda x: T.log(1 - sigmoid(x)),
        lambda v: log_sigmoid(-v),
        WIDE,
    ),
    "1 - sigmoid": (
        lambda x: 1 - 1 / (1 + T.exp(-x)),
        lambda v: 1 / (1 + mp.exp(v)),
        WIDE[2:-2],
    ),
    "log1mexp": (
        lambda x: T.log(1 - T.exp(x)),
        lambda v: mp.log(-mp.expm1(v)),
        BELOW,
    ),
    "log1mexp of minus": (
        lambda x: T.log1p(-T.exp(x * 1)),
        lambda v: mp.log(-mp.expm1(v)),
        BELOW,
    ),
    "inverse of softplus": (
        lambda x: T.log(T.exp(x) - 1),
        lambda v: mp.log(mp.expm1(v)),
        [1e-20, 1e-3, 1.0, 40.0, 1000.0],
    ),
    "logaddexp": (
        lambda x: T.log(T.exp(x) + T.exp(x / 2)),
        lambda v: mp.log(mp.exp(v) + mp.exp(v / 2)),
        WIDE,
    ),
    "sigmoid of a difference": (
        lambda x: T.exp(x) / (T.exp(x) + T.exp(x / 2)),
        lambda v: 1 / (1 + mp.exp(-v / 2)),
        WIDE[2:],
    ),
    "tanh": (
        lambda x: (T.exp(x) - T.exp(-x)) / (T.exp(x) + T.exp(-x)),
        mp.tanh,
        WIDE,
    ),
    "tanh by exp(2x)": (
        lambda x: (T.exp(2 * x) - 1) / (T.exp(2 * x) + 1),
        mp.tanh,
        WIDE,
    ),
    "x log x": (
        lambda x: x * T.log(x),
        lambda v: v * mp.log(v) if v else mp.mpf(0),
        [0.0, 1e-300, 0.5, 1.0, 1e300],
    ),
    "x log x behind a switch": (
        lambda x: T.switch(T.eq(x, 0), 0, x * T.log(x)),
        lambda v: v * mp.log(v) if v else mp.mpf(0),
        [0.0, 1e-300, 0.5],
    ),
    "sqrt of a square": (lambda x: T.sqrt(x**2), abs, [1e-200, -1e200, -3.0, 0.0]),
    "log of a square": (
        lambda x: T.log(x**2),
        lambda v: 2 * mp.log(abs(v)),
        [1e-200, -1e200, -3.0],
    ),
    "log of a power": (
        lambda x: T.log(x**3),
        lambda v: 3 * mp.log(v),
        [1e-200, 1e200, 3.0],
    ),
    "log of an inverse": (lambda x: T.log(1 / x), lambda v: -mp.log(v), [1e-310, 3.0]),
    "log of a product with exp": (
        lambda x: T.log(T.exp(x) * (2 + T.cos(x))),
        lambda v: v + mp.log(2 + mp.cos(v)),
        WIDE,
    ),
}


def meant(function, points):
    with mp.workdps(400):
        return np.array([float(function(mp.mpf(v))) for v in points])


@pytest.mark.parametrize("name", FORMS)
def test_a_formula_is_accurate_where_as_written_it_is_not(name):
    written, function, points = FORMS[name]
    x = T.dvector()
    f = theano.function([x], written(x), mode=STABLE)
    np.testing.assert_allclose(
        f(np.array(points)), meant(function, points), rtol=4e-15, atol=1e-323
    )


SINGLE = sorted(set(FORMS) - {"x log x", "x log x behind a switch"})


@pytest.mark.parametrize("name", SINGLE)
def test_a_formula_of_float32_is_accurate_too(name):
    written, function, points = FORMS[name]
    narrow = np.array([v for v in points if abs(v) < 80 and (not v or abs(v) > 1e-20)])
    narrow = narrow.astype("float32")
    x = T.fvector()
    f = theano.function([x], written(x), mode=STABLE)
    got = f(narrow)
    assert got.dtype == "float32"
    np.testing.assert_allclose(got, meant(function, narrow.tolist()), rtol=2e-6)


def by_rows(values):
    """Return logsumexp of rows in high precision."""
    with mp.workdps(400):
        sums = [mp.fsum(mp.exp(mp.mpf(v)) for v in row) for row in values]
        return np.array([float(mp.log(total)) for total in sums])


def log_softmax(values):
    """Return logsoftmax of rows in high precision."""
    with mp.workdps(400):
        sums = [mp.log(mp.fsum(mp.exp(mp.mpf(v)) for v in row)) for row in values]
        return np.array(
            [[float(v - s) for v in row] for row, s in zip(values, sums, strict=True)]
        )


ROWS = np.array([[1000.0, 999.0, -5.0], [-2000.0, -2001.0, -1999.5], [0.1, 0.2, 3.0]])
X = T.dmatrix("X")
TOP, TOPS = X.max(axis=1), X.max(axis=1, keepdims=True)

LOG_SUM_EXP = {
    "plain": T.log(T.sum(T.exp(X), axis=1)),
    "with the dims kept": T.log(T.sum(T.exp(X), axis=1, keepdims=True))[:, 0],
    "with the dims put back": T.log(T.exp(X).sum(1).dimshuffle(0, "x"))[:, 0],
    "by hand": TOP + T.log(T.exp(X - TOP.dimshuffle(0, "x")).sum(axis=1)),
    "by hand with the dims kept": (
        T.log(T.exp(X - TOPS).sum(axis=1, keepdims=True)) + TOPS
    )[:, 0],
    "of the other axis": T.log(T.exp(X.T).sum(axis=0)),
    "scaled": T.log(2.0 * T.exp(X).sum(axis=1)) - np.log(2),
    "of a mean": T.log(T.mean(T.exp(X), axis=1)) + T.log(X.shape[1].astype("float64")),
    "with one more": T.log(1 + T.exp(X).sum(axis=1)),
    "from the logsoftmax": X[:, 0] - (X - T.log(T.exp(X).sum(1, keepdims=True)))[:, 0],
}


@pytest.mark.parametrize("name", LOG_SUM_EXP)
def test_the_log_of_a_sum_of_exponentials_is_finite_in_every_spelling(name):
    f = theano.function([X], LOG_SUM_EXP[name], mode=STABLE)
    rows = ROWS
    if name == "with one more":
        rows = np.concatenate([ROWS, np.zeros((3, 1))], axis=1)
    np.testing.assert_allclose(f(ROWS), by_rows(rows), rtol=1e-14)


def test_the_log_of_a_sum_over_all_axes_is_finite():
    f = theano.function([X], T.log(T.sum(T.exp(X))), mode=STABLE)
    np.testing.assert_allclose(f(ROWS), by_rows([ROWS.ravel()])[0], rtol=1e-14)


def test_rows_of_minus_infinity_have_a_log_sum_exp_of_minus_infinity():
    nothing = np.full((2, 3), -np.inf)
    for name in ("plain", "by hand", "by hand with the dims kept", "scaled"):
        f = theano.function([X], LOG_SUM_EXP[name], mode=STABLE)
        assert (f(nothing) == -np.inf).all()


SOFTMAX = {
    "keepdims": T.exp(X) / T.exp(X).sum(axis=1, keepdims=True),
    "dimshuffle": T.exp(X) / T.exp(X).sum(1).dimshuffle(0, "x"),
    "shifted": T.exp(X - TOPS) / T.exp(X - TOPS).sum(axis=1, keepdims=True),
    "of a shifted one": T.nnet.softmax(X - X.mean(axis=1, keepdims=True)),
    "of the log": T.exp(X - T.log(T.exp(X).sum(axis=1, keepdims=True))),
    "transposed": (T.exp(X.T) / T.exp(X.T).sum(axis=0)).T,
}


@pytest.mark.parametrize("name", SOFTMAX)
def test_a_softmax_is_recognised_and_finite_in_every_spelling(name):
    expected = log_softmax(ROWS)
    f = theano.function([X], SOFTMAX[name], mode=STABLE)
    np.testing.assert_allclose(f(ROWS), np.exp(expected), rtol=1e-14, atol=1e-300)
    logs = theano.function([X], T.log(SOFTMAX[name]), mode=STABLE)
    np.testing.assert_allclose(logs(ROWS), expected, rtol=1e-14)


VARIANCE = {
    "of all": lambda x: T.mean(x**2) - T.mean(x) ** 2,
    "of columns": lambda x: T.mean(T.sqr(x), axis=0) - T.sqr(T.mean(x, axis=0)),
    "of rows": lambda x: (x * x).mean(1, keepdims=True) - x.mean(1, keepdims=True) ** 2,
    "of a product": lambda x: (
        (T.dot(x, np.eye(4)) ** 2).mean(0) - T.dot(x, np.eye(4)).mean(0) ** 2
    ),
    "by sums": lambda x: (x**2).sum(0) / x.shape[0] - (x.sum(0) / x.shape[0]) ** 2,
}


def test_a_variance_by_hand_is_accurate_far_from_zero_with_its_gradient():
    outputs = [written(X) for written in VARIANCE.values()]
    gradients = [T.grad(v.sum(), X) for v in outputs]
    f = theano.function([X], [*outputs, *gradients], mode=STABLE)
    x = np.round(1e8 + np.random.default_rng(0).normal(size=(6, 4)) * 4) / 4 * 4
    found = f(x)
    for axis, value, gradient in zip(
        [None, 0, 1, 0, 0], found[: len(outputs)], found[len(outputs) :], strict=True
    ):
        apart = x - x.mean(axis=axis, keepdims=True)
        expected = np.mean(apart**2, axis=axis, keepdims=axis == 1)
        np.testing.assert_allclose(value, expected, rtol=1e-6)
        count = x.size if axis is None else x.shape[axis]
        np.testing.assert_allclose(gradient, 2 * apart / count, rtol=1e-6, atol=1e-7)


FIRST, LAST = T.lscalars("first", "last")
LIST = T.dvector("x")


def variance(x):
    return (x**2).mean() - x.mean() ** 2


SLICES = {
    "of known bounds": lambda: variance(LIST[1:4]),
    "of known bounds, taken twice": lambda: (
        T.mean(LIST[1:4] ** 2) - T.mean(LIST[1:4]) ** 2
    ),
    "of bounds that are arguments": lambda: variance(LIST[FIRST:LAST]),
    "by sums": lambda: (
        T.sum(LIST[1:4] ** 2) / LIST[1:4].shape[0]
        - (T.sum(LIST[1:4]) / LIST[1:4].shape[0]) ** 2
    ),
    "by sums over a number": lambda: (
        T.sum(LIST[1:4] ** 2) / 3 - (T.sum(LIST[1:4]) / 3) ** 2
    ),
    "by sums over a difference": lambda: (
        T.sum(LIST[FIRST:LAST] ** 2) / (LAST - FIRST)
        - (T.sum(LIST[FIRST:LAST]) / (LAST - FIRST)) ** 2
    ),
    "of a step": lambda: variance(LIST[1:6:2]),
    "of picked ones": lambda: variance(LIST[[1, 3, 5]]),
    "scaled": lambda: (
        (3 * (2 * LIST[1:4]) ** 2).mean() - 3 * (2 * LIST[1:4]).mean() ** 2
    ),
    "of one less": lambda: (
        (T.sum(LIST[1:4] ** 2) - T.sum(LIST[1:4]) ** 2 / 3) / (3 - 1)
    ),
    "of one less, by the mean": lambda: (
        (
            T.sum(LIST[FIRST:LAST] ** 2)
            - (LAST - FIRST) * (T.sum(LIST[FIRST:LAST]) / (LAST - FIRST)) ** 2
        )
        / (LAST - FIRST - 1)
    ),
    "of nothing": lambda: T.sum(LIST[4:2] ** 2) / 3 - (T.sum(LIST[4:2]) / 3) ** 2,
}


def test_a_variance_by_hand_of_a_slice_is_accurate_far_from_zero():
    outputs = [written() for written in SLICES.values()]
    f = theano.function([LIST, FIRST, LAST], outputs, mode=STABLE)
    near = np.array([5.0, 1.0, 2.0, 4.0, -3.0, 1.5])
    found = dict(zip(SLICES, f(near + 1e8, 1, 4), strict=True))
    expected = dict.fromkeys(SLICES, np.var(near[1:4]))
    expected["of a step"] = expected["of picked ones"] = np.var(near[1::2])
    expected["scaled"] *= 12
    expected["of one less"] *= 1.5
    expected["of one less, by the mean"] *= 1.5
    expected["of nothing"] = 0
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-12, err_msg=name)


def test_a_divisor_that_is_no_count_makes_no_variance():
    x, n = T.dvector(), T.dscalar()
    f = theano.function([x, n], (x**2).sum() / n - (x.sum() / n) ** 2, mode=STABLE)
    np.testing.assert_allclose(f(np.array([1.0, 3.0]), 4.0), 10 / 4 - 1)
    assert np.isnan(f(np.array([1.0, 3.0]), 0.0))
    by_x, by_n = T.grad((x**2).sum() / n - (x.sum() / n) ** 2, [x, n])
    f = theano.function([x, n], [by_x, by_n], mode=STABLE)
    for divisor in (2.0, 4.0):
        first, second = f(np.array([1.0, 3.0]), divisor)
        expected = 2 * np.array([1.0, 3.0]) / divisor - 8 / divisor**2
        np.testing.assert_allclose(first, expected, atol=1e-15)
        np.testing.assert_allclose(second, -10 / divisor**2 + 32 / divisor**3)


PRODUCTS = {
    "plain": (lambda x: T.log(T.prod(x)), [1e-200] * 3 + [1e-100, 2.0]),
    "of two negative ones": (lambda x: T.log(T.prod(x)), [-1e200, -1e200, 3.0]),
    "of its size": (lambda x: T.log(abs(T.prod(x))), [-1e200, 1e200, 3.0]),
    "of exponentials": (lambda x: T.log(T.prod(T.exp(x))), [400.0, 500.0, -3.0]),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_log_of_a_product_neither_overflows_nor_underflows(name):
    written, values = PRODUCTS[name]
    x = T.dvector()
    f = theano.function([x], written(x), mode=STABLE)
    expected = sum(values) if "exp" in name else sum(np.log(np.abs(values)))
    np.testing.assert_allclose(f(np.array(values)), expected, rtol=1e-14)


def test_the_log_of_a_negative_product_is_not_a_number():
    x = T.dvector()
    f = theano.function([x], T.log(T.prod(x)), mode=STABLE)
    assert np.isnan(f(np.array([-1.0, 2.0])))
    assert f(np.array([-1.0, 0.0])) == -np.inf
    assert f(np.array([])) == 0


def test_the_compiled_forms_agree_with_the_interpreted_ones():
    x = T.dvector("x")
    outputs = [FORMS[name][0](x) for name in FORMS]
    points = np.array([-3.0, -1e-9, 0.3, 2.0, 30.0])
    for got, expected in zip(
        theano.function([x], outputs)(points),
        theano.function([x], outputs, mode=STABLE)(points),
        strict=True,
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-14)
