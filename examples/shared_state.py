"""Shared variables: values that live between calls, read and written by functions."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T


def show_borrowing() -> None:
    """Print which reads and writes copy."""
    start = np.zeros(3)
    copied = theano.shared(start, name="copied")
    borrowed = theano.shared(start, name="borrowed", borrow=True)
    start += 7
    print("copied:", copied.get_value(), "borrowed:", borrowed.get_value())
    inside = borrowed.get_value(borrow=True)
    outside = borrowed.get_value()
    inside[0] = -1
    print("written inside:", borrowed.get_value(), "a copy:", outside)


def main() -> None:
    """Print states before and after calls."""
    w = theano.shared(np.zeros(10), name="w")
    print(w, w.type, w.get_value().sum())
    w.set_value(np.arange(10.0))
    print("after set_value:", w.get_value().sum())
    show_borrowing()

    a, b = T.dscalars("a", "b")
    w2 = theano.shared(0.0, name="w2")
    z = a + 2 * b + w2
    forms = {
        "dict": {w2: w2 + 1},
        "pairs": [(w2, w2 + 1)],
        "tuple": ((w2, w2 + 1),),
        "ordered": theano.OrderedUpdates([(w2, w2 + 1)]),
    }
    for name, updates in forms.items():
        w2.set_value(0.0)
        count = theano.function([a, b], z, updates=updates)
        values = [f"{count(2, 3):g}" for _ in range(5)]
        print(f"{name}:", *values, "| w2 =", w2.get_value())

    ticks = theano.shared(0, name="ticks")
    ticks.default_update = ticks + 1
    tick = theano.function([], ticks)
    peek = theano.function([], ticks, no_default_updates=True)
    tick(), tick()
    print("default_update:", tick(), peek(), peek())


if __name__ == "__main__":
    main()
