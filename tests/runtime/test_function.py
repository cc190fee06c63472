"""The callable type: calls, defaults, forms of results."""

import copy
import gc
import pickle
import sys
import weakref

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler


class Companion:
    """What a Python side of a function offers."""

    def __init__(self):
        self.items = {}
        self.function = None

    def __repr__(self):
        return "<companion>"

    def __getitem__(self, key):
        return self.items[key]

    def __setitem__(self, key, value):
        self.items[key] = value

    def __delitem__(self, key):
        del self.items[key]

    def __copy__(self):
        return "copied"

    def __deepcopy__(self, memo):
        return "copied deeply"

    def __reduce__(self):
        return (str, ("pickled",))


@pytest.fixture
def f(tools):
    return tools.make(lambda xs: ([], []), companion=Companion())


def test_attributes_and_items_are_the_companion_s(f):
    f.name = "g"
    assert f.name == "g"
    del f.name
    with pytest.raises(AttributeError, match="name"):
        f.name
    f["x"] = 3
    assert f["x"] == 3
    del f["x"]
    with pytest.raises(KeyError):
        f["x"]
    assert repr(f) == "<companion>"
    assert "items" in dir(f)
    assert "trust_input" in dir(f)


def test_copies_and_pickles_are_the_companion_s(f):
    assert copy.copy(f) == "copied"
    assert copy.deepcopy(f) == "copied deeply"
    assert pickle.loads(pickle.dumps(f)) == "pickled"


def test_trust_input_is_the_function_s_own(f):
    assert f.trust_input is False
    f.trust_input = 1
    assert f.trust_input is True


def test_calls_are_counted(f):
    f()
    f()
    assert f.calls == 2
    with pytest.raises(AttributeError):
        f.companion.calls = 3


def test_the_type_cannot_be_changed_or_subclassed():
    with pytest.raises(TypeError):
        setattr(_runtime.Function, "extra", 1)  # noqa: B010
    with pytest.raises(TypeError):
        type("Sub", (_runtime.Function,), {})


def test_a_call_shows_no_python_event(add):
    events = []
    sys.setprofile(lambda frame, event, arg: events.append((event, arg)))
    add(2.0, 3.0)
    sys.setprofile(None)
    assert [event for event, _ in events if event != "c_call"] == []
    assert len(events) == 1  # the setprofile that ends it


def test_calls_allocate_nothing_but_outputs_and_keep_no_reference(add):
    add(2.0, 3.0)
    values = [2.25, 3.25, np.array(4.0)]
    before = (_runtime.allocations(), [sys.getrefcount(v) for v in values])
    blocks = sys.getallocatedblocks()
    for _ in range(100_000):
        add(values[0], b=values[2])
    assert _runtime.allocations() == before[0]
    assert [sys.getrefcount(v) for v in values] == before[1]
    assert abs(sys.getallocatedblocks() - blocks) < 50


def test_a_function_in_a_cycle_is_collected(tools):
    companion = Companion()
    f = tools.make(lambda xs: ([], []), companion=companion)
    companion.function = f
    gone = weakref.ref(f), weakref.ref(companion)
    del f, companion
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_a_function_without_a_cycle_goes_at_once(add, tools):
    f = tools.make(add, companion=None)
    gone = weakref.ref(f)
    del f
    assert gone() is None


def test_results_come_in_the_form_that_was_asked_for(tools):
    def body(xs):
        return [np.array(1.0), np.ones(2)], []

    outputs = [tools.spec("float64"), tools.spec("float64", 1)]
    as_list = tools.make(body, [], outputs, form="list")()
    assert type(as_list) is list
    assert [x.shape for x in as_list] == [(), (2,)]
    as_dict = tools.make(body, [], outputs, form=("p", "q"))()
    assert list(as_dict) == ["p", "q"]
    assert as_dict["q"].shape == (2,)
    assert tools.make(body, [], outputs, form="none")() is None
    assert tools.make(lambda xs: ([], []), form="list")() == []


def test_a_scalar_result_is_a_0_d_array(add):
    result = add(2.0, 3.0)
    assert type(result) is np.ndarray
    assert result.shape == ()
    assert result.flags.writeable
    assert result.flags.owndata


def test_an_array_that_a_python_body_keeps_is_copied(tools):
    kept = np.zeros(3)
    tensor = tools.spec("float64", 1)
    f = tools.make(
        lambda xs: ([kept, kept[:2], xs[0]], []),
        [tools.argument("x", ndim=1)],
        [tensor] * 3,
    )
    x = np.ones(2)
    results = f(x)
    for result in results:
        result[:] = 5
    assert not kept.any()
    assert x.sum() == 2


@pytest.mark.parametrize(
    "returned",
    [None, ([], [], []), ([1.0], []), ([np.zeros(2)], []), ([], [])],
    ids=repr,
)
def test_a_python_body_that_returns_something_else_is_an_error(tools, returned):
    f = tools.make(lambda xs: returned, [], [tools.spec("int64")])
    with pytest.raises(RuntimeError, match="Python body"):
        f()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"body": 3}, TypeError),
        ({"inputs": [("x",)]}, TypeError),
        ({"inputs": [3]}, TypeError),
        ({"inputs": [("x", 12, 1, (1, 2), None)]}, ValueError),
        ({"inputs": [("x", 17, 0, (), None)]}, ValueError),
        ({"inputs": [("x", 12, 99, (), None)]}, ValueError),
        ({"inputs": [(3, 12, 0, (), None)]}, TypeError),
        ({"inputs": [("x", 12, 0, (), ("cell", 3))]}, TypeError),
        ({"inputs": [("x", 12, 0, (), 3)]}, TypeError),
        ({"captured": [(3, 12, 0, ())]}, TypeError),
        ({"updates": [(3, 12, 0)]}, TypeError),
        ({"outputs": [12]}, TypeError),
        ({"form": "tuple"}, ValueError),
        ({"form": "single"}, ValueError),
        ({"form": ("a", "b")}, ValueError),
        ({"host": [3]}, TypeError),
        ({"release_gil": "yes"}, TypeError),
    ],
    ids=repr,
)
def test_a_piece_of_another_kind_is_refused(tools, change, error):
    with pytest.raises(error, match="expected|at least|an integer"):
        tools.make(**({"body": print} | change))


def test_every_piece_is_needed():
    with pytest.raises(TypeError, match="expected keyword argument body"):
        _runtime.Function(companion=None)
