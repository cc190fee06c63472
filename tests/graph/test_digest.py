"""Digests of graphs: what counts and what does not."""

import subprocess
import sys
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.graph.digest import digest, graph_digest
from theanolike.graph.op import Op
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

f = functions()


def formula(name="x", factor=2.0, dtype="float64", op="exp"):
    x = TensorType(dtype, (None,))(name)
    return graph_digest([x], [getattr(f, op)(x) * factor])


def test_equal_graphs_have_equal_digests_whatever_their_names():
    assert formula("x") == formula("y")


@pytest.mark.parametrize(
    "other", [{"factor": 3.0}, {"dtype": "float32"}, {"op": "log"}]
)
def test_constants_types_and_ops_count(other):
    assert formula() != formula(**other)


def test_the_sign_of_a_zero_counts():
    assert formula(factor=0.0) != formula(factor=-0.0)


def test_the_order_of_inputs_counts():
    x, y = C.dscalars("x", "y")
    assert graph_digest([x, y], [x - y]) != graph_digest([y, x], [x - y])


def test_sharing_counts():
    x = C.dscalar("x")
    y = f.exp(x)
    assert graph_digest([x], [y + y]) != graph_digest([x], [f.exp(x) + f.exp(x)])


def test_static_extents_count():
    a, b = TensorType("float64", (3,))(), TensorType("float64", (None,))()
    assert graph_digest([a], [f.exp(a)]) != graph_digest([b], [f.exp(b)])


def test_which_variable_is_the_output_counts():
    x = C.dscalar("x")
    y = f.exp(x)
    assert graph_digest([x], [x, y]) != graph_digest([x], [y, x])


PROGRAM = """
import theanolike.types.constructors as C
from theanolike.gradient import jacobian
from theanolike.graph.digest import graph_digest
from theanolike.types.variable import functions

f = functions()
x = C.dvector("x")
y = f.sum(f.switch(x > 0, f.exp(x), 0)) * x
print(graph_digest([x], [jacobian(y, x)]).hex())
"""


def test_the_digest_is_the_same_in_every_process():
    runs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "THEANORC": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert len(runs.pop()) == 33


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Point:
    x: object


DIFFERENT = [
    None,
    True,
    1,
    1.0,
    -0.0,
    0.0,
    1j,
    "1",
    b"1",
    (),
    (1,),
    [1],
    (1, (2,)),
    ((1, 2),),
    {1: 2},
    {1, 2},
    slice(1, 2),
    ...,
    Colour.RED,
    Colour.BLUE,
    Point(1),
    Point(2),
    np.zeros(2),
    np.zeros((2, 1)),
    np.zeros(2, "float32"),
    np.dtype("int8"),
    np.dtype("int16"),
    int,
    len,
    TensorType("float64", (None,)),
    TensorType("float64", (1,)),
]


def test_different_values_have_different_digests():
    assert len({digest(value) for value in DIFFERENT}) == len(DIFFERENT)


def test_the_order_of_a_dict_or_set_does_not_count():
    assert digest({1: 2, "a": 3}) == digest({"a": 3, 1: 2})
    assert digest({3, 1, 2}) == digest({1, 2, 3})


class Scaled(Op):
    __props__ = ("factor",)

    def __init__(self, factor):
        self.factor = factor
        self.counter = object()


def test_a_users_op_counts_by_its_props():
    assert digest(Scaled(2)) == digest(Scaled(2))
    assert digest(Scaled(2)) != digest(Scaled(3))


def test_an_op_that_holds_a_lambda_equals_only_itself():
    first = Scaled(lambda x: x)
    assert digest(first) == digest(first)
    assert digest(first) != digest(Scaled(lambda x: x))
