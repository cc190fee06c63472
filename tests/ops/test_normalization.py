"""Batch normalisation against NumPy, and what it refuses."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.tensor.nnet import bn

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(1, 2, (4, 3, 2, 5))


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
@pytest.mark.parametrize("axes", ["per-activation", "spatial", (0, 2, 3), (1, 3)])
@pytest.mark.parametrize("full", [True, False], ids=["full rank", "kept dims"])
def test_a_batch_is_normalised_as_by_numpy(axes, full, mode):
    over = {"per-activation": (0,), "spatial": (0, 2, 3)}.get(axes, axes)
    shape = [1 if k in over else n for k, n in enumerate(IMAGES.shape)]
    given = [RNG.uniform(0.5, 2, shape) for _ in range(4)]
    if not full:
        given = [p.squeeze(axis=over) for p in given]
    x = T.dtensor4("x")
    gamma, beta, mean, var = (T.constant(p) for p in given)
    train = bn.batch_normalization_train(
        x, gamma, beta, axes, running_mean=mean, running_var=var
    )
    test = bn.batch_normalization_test(x, gamma, beta, mean, var, axes)
    f = theano.function([x], [*train, test], mode=mode)
    out, center, invstd, new_mean, new_var, tested = f(IMAGES)
    m, v = IMAGES.mean(over, keepdims=True), IMAGES.var(over, keepdims=True)
    g, b, old_mean, old_var = (p.reshape(shape) for p in given)
    count = IMAGES.size / m.size
    close = np.testing.assert_allclose
    close(out, (IMAGES - m) * g / np.sqrt(v + 1e-4) + b)
    close(center, m.reshape(given[0].shape))
    close(invstd, (1 / np.sqrt(v + 1e-4)).reshape(given[0].shape))
    close(new_mean, (0.9 * old_mean + 0.1 * m).reshape(given[0].shape))
    unbiased = v * count / (count - 1)
    close(new_var, (0.9 * old_var + 0.1 * unbiased).reshape(given[0].shape))
    close(tested, (IMAGES - old_mean) * g / np.sqrt(old_var + 1e-4) + b)


def test_its_gradient_is_the_differences():
    def out(x, gamma, beta):
        return bn.batch_normalization_train(x, gamma, beta)[0] ** 2

    point = [RNG.normal(size=(5, 3)), RNG.uniform(1, 2, 3), RNG.normal(size=3)]
    T.verify_grad(out, point, rng=np.random.RandomState(0))


@pytest.mark.parametrize("mode", ["low_mem", "high_mem"])
def test_both_modes_of_the_plain_function_agree_with_the_formula(mode):
    x = RNG.normal(size=(4, 3))
    g, b, m, s = (RNG.uniform(1, 2, 3) for _ in range(4))
    y = T.nnet.batch_normalization(T.constant(x), g, b, m, s, mode=mode).eval()
    np.testing.assert_allclose(y, (x - m) * g / s + b)


def test_single_precision_stays():
    x, p = T.fmatrix(), T.fvector()
    outputs = bn.batch_normalization_train(x, p, p, running_mean=p, running_var=p)
    assert {v.dtype for v in outputs} == {"float32"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"epsilon": 1e-6}, "at least"),
        ({"axes": "all"}, "per-activation"),
        ({"axes": (0, 2)}, "from 0 to 1"),
        ({"axes": ()}, "one or more"),
        ({"running_mean": T.dvector()}, "both or neither"),
        ({"gamma": T.dtensor3()}, "must all have rank"),
    ],
)
def test_wrong_use_is_told(options, text):
    arguments = {"inputs": T.dmatrix(), "gamma": T.dvector(), "beta": T.dvector()}
    with pytest.raises(ValueError, match=text):
        bn.batch_normalization_train(**arguments | options)


def test_an_unknown_mode_is_told():
    with pytest.raises(ValueError, match="high_mem"):
        bn.batch_normalization(*[T.dvector()] * 5, mode="fast")
