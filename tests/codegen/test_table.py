"""Large programs: a table of steps computes what a straight line does."""

import numpy as np
import pytest

from theanolike.codegen import emit_cxx
from theanolike.codegen.lowering import Builder, Call, Literal, ViewDim

pytestmark = pytest.mark.compiler


def chain(steps):
    """Return sums of a vector and numbers that its sums make, `steps` long."""
    b = Builder()
    x, s = b.input("float64", (None,)), b.input("float64", ())
    total, parts = s, []
    for k in range(steps):
        scaled = b.pointwise(
            "float64", lambda x, s, k=k: x * s + float(k % 2), x, total
        )
        total = b.reduce("max", scaled, (0,))
        total = b.pointwise("float64", lambda m: Call("tanh", "float64", (m,)), total)
        parts.append(total)
    b.program.outputs = [scaled, total, parts[steps // 2]]
    return b


def test_a_table_gives_the_bits_of_a_straight_line(compile_program, monkeypatch, rng):
    x = rng.standard_normal(70_000)
    table = compile_program(chain(50))
    monkeypatch.setattr(emit_cxx, "STRAIGHT", 10**9)
    straight = compile_program(chain(50))
    assert "rows[]" in table.unit.text
    assert "rows[]" not in straight.unit.text
    for one, other in zip(
        table(x, np.asarray(0.5)), straight(x, np.asarray(0.5)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_layers_of_other_sizes_share_their_kernels():
    texts = []
    for count in (30, 300):
        b = Builder()
        x = b.input("float64", (None,))
        for _ in range(count):
            w = b.input("float64", (None, None))
            b.require_equal(w.shape[1], x.shape[0])

            def element(i, j, w=w, x=x):
                return w.at(i, j) * x.at(j)

            x = b.reduce("add", (w.shape, "float64", element), (1,))
            x = b.pointwise("float64", lambda z: Call("tanh", "float64", (z,)), x)
        b.program.outputs = [x]
        texts.append(emit_cxx.emit_unit(b.program).text)
    assert texts[0].count("static void kernel_") == texts[1].count(
        "static void kernel_"
    )


def table_of(b):
    """Make a program long enough for a table."""
    y = b.input("float64", (None,))
    for _ in range(40):
        y = b.reduce("add", b.transpose(y, (None, 0)), (0,))
        y = b.pointwise("float64", lambda e, t: e + t, y, b.reduce("max", y, (0,)))
    return [y]


def test_0d_parts_of_arrays_leave_a_table_as_they_are(compile_program):
    b = Builder()
    half, truth = b.input("float16", (None,)), b.input("bool", ())
    x = b.input("float64", (None, 3))
    corner = b.view(x, (), [ViewDim(None, 1), ViewDim(None, 2)])
    least = b.reduce("min", half, (0,))
    b.program.outputs = [
        *table_of(b),
        corner,
        b.reshape(least, (1,)),
        least,
        truth,
        b.pointwise("bool", lambda t: ~t, truth),
        b.constant(np.asarray(2.5)),
        b.pointwise("float64", lambda c: c + 1.0, corner),
    ]
    run = compile_program(b)
    assert "rows[]" in run.unit.text
    array = np.arange(6.0).reshape(2, 3)
    halves = np.array([3, 1.5], "float16")
    _, *rest = run(halves, np.asarray(True), array, np.zeros(2))
    for want, got in zip([5.0, [1.5], 1.5, True, False, 2.5, 6.0], rest, strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_table_checks_extents_and_indices(compile_program, failure):
    b = Builder()
    x, i = b.input("float64", (None,)), b.input("int64", (None,))
    outputs = table_of(b)
    y = b.program.inputs[-1]
    b.site = 3
    b.require_equal(x.shape[0], y.shape[0])
    b.site = 4
    b.program.outputs = [
        *outputs,
        b.map(i.shape, "float64", lambda k: x.at(b.checked(i.at(k), x.shape[0]))),
        b.map(x.shape, "float64", lambda k: x.at(k) + Literal(1.0, "float64")),
    ]
    run = compile_program(b)
    assert "rows[]" in run.unit.text
    np.testing.assert_array_equal(
        run(np.arange(3.0), np.array([-1]), np.ones(3))[1], [2.0]
    )
    for index, length, site in ((5, 3, 4), (0, 4, 3)):
        with pytest.raises(failure) as caught:
            run(np.arange(3.0), np.array([index]), np.ones(length))
        assert caught.value.args[1] == site
