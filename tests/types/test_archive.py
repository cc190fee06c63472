"""`theano.misc.pkl_utils`: archives of pickles, arrays by the names of shared ones."""

import io
import zipfile

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.types.archive import PersistentSharedVariableID, dump, load

X = np.array([[1.0, 2.0, 3.0]])


def saved(obj, **options):
    file = io.BytesIO()
    dump(obj, file, **options)
    file.seek(0)
    return file


def test_values_are_members_named_after_their_variables():
    w, v = theano.shared(X, name="foo"), theano.shared(X + 1, name="foo")
    file = saved((w, v, np.array(2), theano.shared(X * 2)))
    names = sorted(zipfile.ZipFile(file).namelist())
    assert names == ["array_0", "array_1", "foo", "foo_2", "pkl"]
    with zipfile.ZipFile(file).open("foo_2") as member:
        np.testing.assert_array_equal(np.lib.format.read_array(member), X + 1)
    first, second, two, third = load(file)
    np.testing.assert_array_equal(first.get_value(), X)
    np.testing.assert_array_equal(second.get_value(), X + 1)
    np.testing.assert_array_equal(third.get_value(), X * 2)
    assert two == 2
    assert first.name == "foo"


def test_a_model_with_its_function_comes_back():
    w, x = theano.shared(X.T, name="w"), T.dmatrix("x")
    f = theano.function([x], T.dot(x, w), updates=[(w, w * 2)])
    w2, f2 = load(saved((w, f)))
    assert f2(X) == 14
    np.testing.assert_array_equal(w2.get_value(), 2 * X.T)
    np.testing.assert_array_equal(w.get_value(), X.T)


@pytest.mark.parametrize(
    ("names", "options", "text"),
    [
        ([None], {"allow_unnamed": False}, "Expected a name"),
        (["w", "w"], {"allow_duplicates": False}, "Two shared variables"),
        (["pkl"], {}, "rename it"),
    ],
)
def test_names_that_will_not_do_are_refused(names, options, text):
    variables = [theano.shared(X + k, name=n) for k, n in enumerate(names)]
    with pytest.raises(ValueError, match=text):
        saved(
            variables,
            persistent_id=lambda f: PersistentSharedVariableID(f, **options),
        )
