"""Every form of index reads and assigns what NumPy's does, in both modes."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

RNG = np.random.default_rng(2)
M = RNG.normal(size=(5, 6))
A = RNG.normal(size=(3, 4, 5))
ROWS, COLS = np.array([0, 2, 2]), np.array([1, -1, 3])
MASK = np.array([True, False, True, True, False])

# Evaluated twice: on NumPy's arrays and on variables of the same names.
READS = """
    m[2]; m[-1]; m[1, 2]; m[:, 1]; m[::-1]; m[-3:-1, 1::2]; m[4:1:-2]; m[10:]; m[3:2]
    m[-100:100]; m[None]; m[:, None]; m[..., 0]; m[0, ..., None]; m[()]; m[1:][::2][0]
    m[i]; m[i, j]; m[:i]; m[j:]; m[i:j]; m[::j]; m[::i, j:i:j]; m[None, i:i + 2, j]
    m[[0, 2]]; m[rows]; m[:, rows]; m[rows, :2]; m[rows, cols]; m[1:, [0, 1]]
    m[i, rows]; m[rows[:, None], cols]; m[[[0, 1], [1, 0]]]; m[mask]
    a[:, rows, cols]; a[[0, 1], :, [1, 2]]; a[0, :, rows]; a[1, ..., rows]
    a[rows, None]; a[[[0], [1]], [0, 1]]; a[..., ::-1]; a[:, i, rows]; m.T[rows, i:]
    m[:, m.shape[1] - 1]; m[m > 0]; m[(m > 0).nonzero()]
"""

REGIONS = """
    m[0]; m[j]; m[i, j]; m[1:3, ::2]; m[::-2]; m[i:]; m[..., 0]; m[rows[:2]]
    m[[0, 3], [1, 2]]; m[:, [0, 2]]; m[mask]; m[m > 0]; m[:]
"""


def forms(table):
    return [
        text.strip() for text in table.replace("\n", ";").split(";") if text.strip()
    ]


def values():
    return {"m": M, "a": A, "i": 2, "j": -1, "rows": ROWS, "cols": COLS, "mask": MASK}


def variables():
    kinds = {"m": T.dmatrix, "a": T.dtensor3, "i": T.lscalar, "j": T.lscalar}
    kinds |= {"rows": T.lvector, "cols": T.lvector}
    made = {name: kind(name) for name, kind in kinds.items()}
    return made | {"mask": T.TensorType("bool", (None,))("mask")}


def run(outputs, names, mode):
    f = theano.function([*names.values()], outputs, mode=mode, on_unused_input="ignore")
    return f(**values())


@pytest.fixture(
    params=["FAST_COMPILE", pytest.param("FAST_RUN", marks=pytest.mark.compiler)]
)
def mode(request):
    return request.param


def test_every_form_reads_what_numpys_does(mode):
    names = variables()
    outputs = {text: eval(text, {}, names) for text in forms(READS)}
    results = run(outputs, names, mode)
    for text, result in results.items():
        expected = eval(text, {}, values())
        np.testing.assert_array_equal(result, expected, err_msg=text, strict=True)


@pytest.mark.parametrize("kind", ["set", "add"])
def test_every_form_assigns_what_numpys_does(kind, mode):
    assign = T.set_subtensor if kind == "set" else T.inc_subtensor
    names = variables()
    outputs = {text: assign(eval(text, {}, names), 2.5) for text in forms(REGIONS)}
    results = run(outputs, names, mode)
    for text, result in results.items():
        expected = {**values(), "m": M.copy()}
        exec(f"{text} {'=' if kind == 'set' else '+='} 2.5", {}, expected)
        np.testing.assert_array_equal(result, expected["m"], err_msg=text, strict=True)


def test_rows_named_twice_are_added_to_twice(mode):
    names = variables()
    m, rows, cols = names["m"], names["rows"], names["cols"]
    outputs = {
        "rows": T.inc_subtensor(m[rows], m[:3]),
        "columns": T.inc_subtensor(m[:, rows], 1.0),
        "elements": T.inc_subtensor(m[rows, cols * 0], [1.0, 2.0, 4.0]),
    }
    results = run(outputs, names, mode)
    for name, where, added in (
        ("rows", ROWS, M[:3]),
        ("columns", (slice(None), ROWS), 1.0),
        ("elements", (ROWS, COLS * 0), [1.0, 2.0, 4.0]),
    ):
        expected = M.copy()
        np.add.at(expected, where, added)
        np.testing.assert_allclose(results[name], expected, rtol=1e-15)


def test_the_gradient_of_each_form_counts_what_it_reads(mode):
    names = variables()
    texts = [text for text in forms(READS) if text.startswith("m") and ">" not in text]
    cost = {text: (eval(text, {}, names) ** 2).sum() for text in texts}
    gradients = {text: T.grad(value, names["m"]) for text, value in cost.items()}
    results = run(gradients, names, mode)
    for text, result in results.items():
        places = eval(text, {}, {**values(), "m": np.arange(M.size).reshape(M.shape)})
        counts = np.bincount(np.ravel(places), minlength=M.size).reshape(M.shape)
        np.testing.assert_allclose(result, 2 * M * counts, err_msg=text, rtol=1e-12)
