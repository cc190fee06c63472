"""Records behave as frozen dataclasses do."""

import copy
import dataclasses
import pickle
from typing import ClassVar

import pytest

from theanolike.graph.record import record


@record
class Base:
    kind: ClassVar[str] = "base"
    axes: tuple[int, ...]


@record
class Sum(Base):
    dtype: str = "float64"
    extra: list[int] = dataclasses.field(default_factory=list)


@record
class Named:
    name: str

    def __repr__(self):
        return "own"


def test_fields_are_given_by_position_and_by_name():
    made = Sum((0,), dtype="int8")
    assert (made.axes, made.dtype, made.extra) == ((0,), "int8", [])


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        (((0,), "int8", [], 4), {}),
        (((0,),), {"axes": 1}),
        (((0,),), {"b": 1}),
    ],
)
def test_wrong_arguments_are_type_errors(args, kwargs):
    with pytest.raises(TypeError, match="Sum"):
        Sum(*args, **kwargs)


def test_equality_and_hash_come_from_the_class_and_the_fields():
    assert Base((0,)) == Base((0,))
    assert Base((0,)) != Base((1,))
    assert Base((0,)) != (0,)
    assert Base("a") != Named("a")
    assert len({Base((0,)), Base((0,)), Base((1,))}) == 2


def test_a_value_is_frozen():
    made = Base((0,))
    with pytest.raises(dataclasses.FrozenInstanceError, match="axes is frozen"):
        made.axes = (1,)
    with pytest.raises(AttributeError):
        del made.axes


def test_the_tools_of_dataclasses_work():
    made = Sum((0,))
    assert [field.name for field in dataclasses.fields(made)] == [
        "axes",
        "dtype",
        "extra",
    ]
    assert dataclasses.replace(made, dtype="int8").dtype == "int8"


def test_default_factories_make_a_new_one_each():
    assert Sum((0,)).extra is not Sum((0,)).extra


def test_a_value_is_shown_by_its_fields_unless_it_says_otherwise():
    assert repr(Sum((0,))) == "Sum(axes=(0,), dtype='float64', extra=[])"
    assert repr(Named("x")) == "own"


def test_a_value_can_be_copied_and_pickled():
    made = Base((0,))
    assert copy.deepcopy(made) == made
    assert pickle.loads(pickle.dumps(Sum.__new__(Sum))).__class__ is Sum


def test_positional_patterns_match():
    match Base((3,)):
        case Base(axes):
            assert axes == (3,)


def test_a_field_that_is_not_compared_counts_for_neither_equality_nor_hash():
    @record
    class Named:
        x: int
        name: str = dataclasses.field(default="", compare=False)

    assert Named(1, "a") == Named(1, "b")
    assert hash(Named(1, "a")) == hash(Named(1, "b"))
    assert Named(1) != Named(2)
