"""When a unit is asked for that reads inputs where they lie, and what it is shown."""

import numpy as np
import pytest

from theanolike import _runtime

LIMIT = 100_000
VALUE = np.arange(120.0 * 110).reshape(120, 110)  # 105 600 bytes
REVERSED = 128

# Gives the extents that it is shown of its one input, and the first element.
SHOWN = """
i32 tl_compute(tl_call* c) {
  const i64 shape[] = {%(count)d + 1};
  double* out = (double*)c->table->output(c, 0, shape);
  for (int k = 0; k < %(count)d; ++k) out[k] = (double)c->inputs[0].shape[k];
  out[%(count)d] = *(const double*)c->inputs[0].data;
  return TL_OK;
}
"""


class Asked(list[object]):
    """What was asked for; answers with a unit, or with None."""

    def __init__(self, answer):
        self.answer = answer

    def __call__(self, layouts):
        self.append(layouts)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def shown(unit, tools):
    """A function that is shown an array of some rank; its answer is `asked`."""

    def make(asked, rank=2, limit=LIMIT):
        inputs = [tools.argument("x", ndim=rank)]
        return tools.make(
            unit(SHOWN % {"count": rank}),
            inputs,
            [tools.spec("float64", 1)],
            layouts=None if asked is None else (asked, limit),
        )

    return make


def test_a_unit_is_asked_for_once_when_copies_cost_enough(shown, unit):
    asked = Asked(unit(SHOWN % {"count": 4}))
    f = shown(asked)
    assert f(VALUE.copy()).tolist() == [120, 110, 0]  # a dense one costs nothing
    assert f(VALUE[:90, :90].T).tolist() == [90, 90, 0]
    assert not asked
    for _ in range(2):
        assert f(VALUE.T).tolist() == [120, 110, 120, 110, 0]
        assert asked == [((0, REVERSED),)]
    assert f(VALUE.copy()).tolist() == [120, 110, 0]


def test_rows_are_cheaper_to_copy(shown, unit):
    asked = Asked(unit(SHOWN % {"count": 4}))
    f = shown(asked)
    rows = VALUE[:, 1:101]  # 96 000 bytes
    for _ in range(4):
        assert f(rows).tolist() == [120, 100, 1]
    assert f(rows).tolist() == [120, 110, 120, 100, 1]
    assert asked == [((0, 2),)]


@pytest.mark.parametrize(
    ("rank", "value", "layout", "extents"),
    [
        (2, VALUE.repeat(2, 0)[::2], 2, [120, 220, 120, 110]),
        (2, VALUE[:, :90].T, REVERSED + 2, [120, 110, 120, 90]),
        (3, VALUE.reshape(12, 10, 110)[:, :9], 2, [12, 10, 110, 12, 9, 110]),
        (3, VALUE.reshape(12, 10, 110)[:, :, :90], 4, [12, 10, 110, 12, 10, 90]),
        (3, VALUE.reshape(12, 10, 110).T, REVERSED, [12, 10, 110, 12, 10, 110]),
    ],
)
def test_a_unit_is_shown_the_memory_and_the_array(
    shown, unit, rank, value, layout, extents
):
    asked = Asked(unit(SHOWN % {"count": 2 * rank}))
    assert shown(asked, rank, 0)(value).tolist() == [*extents, 0]
    assert asked == [((0, layout),)]


@pytest.mark.parametrize(
    "value",
    [
        VALUE[:60, :60].T,
        VALUE[::-1],
        VALUE[:, ::-1],
        VALUE.T[:, ::-1],
        np.broadcast_to(VALUE[0], (120, 110)),
        VALUE.astype(">f8").T,
        VALUE.astype("f4").T,
    ],
)
def test_what_has_no_layout_is_copied(shown, value):
    asked = Asked(AssertionError())
    expected = [*value.shape, value[0, 0]]
    assert shown(asked, 2, 0)(value).tolist() == expected
    assert not asked


def test_copies_go_on_without_an_answer(shown):
    asked = Asked(None)
    f = shown(asked, 2, 0)
    for _ in range(3):
        assert f(VALUE.T).tolist() == [110, 120, 0]
    assert len(asked) == 1
    assert shown(None)(VALUE.T).tolist() == [110, 120, 0]


def test_an_error_of_the_answer_is_raised_once(shown):
    f = shown(Asked(KeyboardInterrupt()), 2, 0)
    with pytest.raises(KeyboardInterrupt):
        f(VALUE.T)
    assert f(VALUE.T).tolist() == [110, 120, 0]
    with pytest.raises(
        TypeError, match="expected a Unit or None from `lay_out`, got 3"
    ):
        shown(Asked(3), 2, 0)(VALUE.T)
    with pytest.raises(TypeError, match=r"expected layouts as \(callable, bytes\)"):
        shown(Asked(None), limit="many")


def test_only_a_few_layouts_are_remembered(shown, tools, unit):
    asked = Asked(unit(SHOWN % {"count": 2}))
    inputs = [tools.argument(name, ndim=2) for name in "abcd"]
    outputs = [tools.spec("float64", 1)]
    f = tools.make(unit(SHOWN % {"count": 2}), inputs, outputs, layouts=(asked, 0))
    for bits in range(16):
        arrays = [VALUE.T if bits >> k & 1 else VALUE for k in range(4)]
        f(*arrays)
    assert len(asked) == 8


def test_a_python_body_gets_dense_arrays(tools):
    asked = Asked(AssertionError())
    inputs = [tools.argument("x", ndim=2)]
    f = tools.make(
        lambda given: ([np.array(given[0].flags.c_contiguous, "f8")], []),
        inputs,
        [tools.spec("float64")],
        layouts=(asked, 0),
    )
    assert f(VALUE.T) == 1.0


def test_a_captured_value_may_have_a_layout(unit, tools):
    asked = Asked(unit(SHOWN % {"count": 4}))
    captured = [(_runtime.Cell(VALUE.T), *tools.spec("float64", 2), (-1, -1))]
    outputs = [tools.spec("float64", 1)]
    body = unit(SHOWN % {"count": 2})
    f = tools.make(body, [], outputs, captured=captured, layouts=(asked, 0))
    assert f().tolist() == [120, 110, 120, 110, 0]
