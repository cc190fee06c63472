"""Gradients that can be read: as a formula, as a graph, and as C++."""

import theanolike as theano
import theanolike.tensor as T


def main() -> None:
    """Print a gradient before and after optimisation, and the C++ that computes it."""
    x = T.dscalar("x")
    y = (x - 4) * (x**2 * 2 + 6)
    gy = T.grad(cost=y, wrt=x)
    f = theano.function([x], gy)
    print("at 0, 1, 2:", *(float(f(value)) for value in range(3)))
    print("before:", theano.pp(gy))
    print("after:", theano.pp(f.maker.fgraph.outputs[0]))
    theano.printing.debugprint(f)
    print("the C++, below the helpers that all functions have:")
    print(f.source[f.source.index('extern "C"') :])

    v = T.dvector("v")
    cost = (v**3).sum()
    print("hessian:", T.hessian(cost, v).eval({v: [1, 2]}).tolist())
    print("jacobian:", T.jacobian(v**2, v).eval({v: [1, 2]}).tolist())
    eval_point = T.dvector("eval_point")
    forward = T.Rop(v**2, v, eval_point)
    print("Rop:", forward.eval({v: [1, 2], eval_point: [1, 10]}))
    held = T.grad(cost + (theano.gradient.disconnected_grad(v) * v).sum(), v)
    print("with a held factor:", held.eval({v: [1, 2]}))


if __name__ == "__main__":
    main()
