"""The text of a program: one line a node, one text for equal programs."""

from theanolike.codegen.lowering import Builder, Call, Literal, ViewDim, guard, sub
from theanolike.codegen.printing import print_program


def every_node():
    b = Builder()
    x, i = b.input("float64", (None, 3)), b.input("int64", (None,))
    x.label = "weights"
    steps = b.item(b.input("int64", ()))
    b.require_equal(x.shape[0], i.shape[0])
    turned = b.view(
        x, (3, x.shape[0]), [ViewDim(1, sub(x.shape[0], 1), -1), ViewDim(0)]
    )
    picked = b.map(
        i.shape, "float64", lambda k: x.at(b.checked(i.at(k), x.shape[0]), 2)
    )
    total = b.reduce("add", turned, (1,))
    added = b.scatter("add", picked, (3,), lambda k: ((k,), total.at(k)), unique=True)
    flat = b.reshape(x, (x.shape[0] * 3,))
    product = b.library("gemm", [x, turned], [("float64", (3, 3))], True, False)
    constant = b.constant([1.0, 2.0])
    shifted = b.map(
        (2,),
        "float64",
        lambda k: guard(k > 0, constant.at(k + -1), Literal(0.0, "float64")),
    )
    (last, rows) = b.loop(
        steps,
        [shifted],
        [],
        lambda b, t, s: [b.pointwise("float64", lambda e: e + 1.0, s)] * 2,
        collect=1,
    )
    chosen = b.map((), "bool", lambda: total.at(0) > 0.0)
    (either,) = b.branch(chosen, [last], lambda b, s: [s], lambda b, s: [s])
    (back,) = b.host(None, [last], [("float64", (None,))])
    b.program.outputs = [added, flat, product, rows, either, back]
    return b.program


TEXT = """\
weights: float64(weights.0, 3) = input 0
x0: int64(x0.0) = input 1
x1: int64() = input 2
require weights.0 == x0.0
v0: float64(3, weights.0) = view (i, j): weights[j * -1 + (weights.0 + -1), i]
v1: float64(x0.0) = map (i): weights[checked(x0[i], weights.0), 2]
v2: float64(3) = reduce add over j of (i, j) in (3, weights.0): v0[i, j]
v3: float64(x0.0) = scatter add into v1 for (i) in (3): [i] v2[i]
v4: float64((weights.0 * 3)) = reshape weights
v5: float64(3, weights.0) = map (i, j): v0[i, j]
v6: float64(3, 3) = library gemm (True, False) of weights, v5
k0: float64(2) = data [1.0, 2.0]
v7: float64(2) = map (i): guard((i > 0), k0[(i + -1)], 0.0)
require where_negative((4503599627370496 - x1), 1, 0) == 0
v8: float64(2), v9: float64(x1, 2) = loop x1 times from v7:
  x2: int64() = input 0
  x3: float64(2) = input 1
  v10: float64(2) = map (i): (x3[i] + 1.0)
  return v10, v10
v11: bool() = map (): (v2[0] > 0.0)
v12: float64(2) = if v11 with v8:
  x4: float64(2) = input 0
  return x4
  else:
  x5: float64(2) = input 0
  return x5
v13: float64(v13.0) = host 0 of v8
return v3, v4, v6, v9, v12, v13"""


def test_every_kind_of_node_has_its_line():
    assert print_program(every_node()).splitlines() == TEXT.splitlines()


def test_equal_programs_have_equal_texts():
    assert print_program(every_node()) == print_program(every_node())


def test_shared_scalars_are_printed_once():
    b = Builder()
    x = b.input("float64", (None,))

    def double(e):
        for _ in range(200):
            e = Call("add", "float64", (e, e))
        return e

    b.program.outputs = [b.pointwise("float64", double, x)]
    text = print_program(b.program)
    assert len(text) < 10_000
    assert "t198 = (t197 + t197)" in text
