"""What `theano.function` takes and gives: arguments, outputs, givens, copies."""

import warnings

import numpy as np

import theanolike as theano
import theanolike.tensor as T


def arguments() -> None:
    """Print calls with names, defaults and conversions."""
    a, b = T.dscalars("a", "b")
    z = a + 2 * b
    f = theano.function([a, b], z, name="f")
    print("by position, by name:", f(2, 3), f(b=3, a=2), "| name:", f.name)
    g = theano.function([a, theano.In(b, value=3, name="by")], z)
    print("In:", g(2), g(2, 4), g(2, by=5))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        g = theano.function([a, theano.Param(b, default=3)], z)
    print("Param:", g(2), "| warned:", len(caught))
    x = T.fscalar("x")
    down = theano.function([x], x * 2, allow_input_downcast=True)
    print("downcast:", down(np.float64(0.25)), down(np.float64(0.25)).dtype)
    loose = theano.function([a, b], a + 1, on_unused_input="ignore")
    print("unused:", loose(1, 100))
    f.trust_input = True
    print("trusted:", f(np.array(2.0), np.array(3.0)))


def outputs() -> None:
    """Print several outputs, by position and by name."""
    v = T.dvector("v")
    both = theano.function([v], [v.sum(), theano.Out(v * 2, borrow=True)])
    print("list:", both([1, 2, 3]))
    named = theano.function([v], {"sum": v.sum(), "max": v.max()})
    print("dict:", named([1, 2, 3]))
    print("eval:", (v * 10).eval({v: [1, 2]}))


def replacements() -> None:
    """Print givens, copies and what a function knows of its state."""
    a, b = T.dscalars("a", "b")
    w1 = theano.shared(1.0, name="w1")
    z = a + w1 * b
    for givens in ([(w1, -2.0)], {w1: np.float64(-2.0)}):
        print("givens:", theano.function([a, b], z, givens=givens)(2, 3))
    profile = theano.ProfileStats(atexit_print=False)
    step = theano.function([a, b], z, updates={w1: w1 * 2}, profile=profile)
    step(2, 3)
    print("state:", step.get_shared(), step["a"], w1.get_value())
    print("calls:", step.profile.fct_callcount)
    w3 = theano.shared(10.0, name="w3")
    other = step.copy(swap={w1: w3})
    print("swapped:", other(2, 3), w3.get_value(), "| original:", w1.get_value())
    frozen = step.copy(delete_updates=True)
    print("without updates:", frozen(2, 3), frozen(2, 3))
    try:
        theano.function([a, w1], z)
    except TypeError as error:
        print("TypeError:", error)


if __name__ == "__main__":
    arguments()
    outputs()
    replacements()
