"""Random programs: each step is built here and computed by NumPy beside it.

A step appends to the pool a value of the program and the array that it should be.
"""

import contextlib
import random

import numpy as np

from theanolike.codegen.lowering import (
    Builder,
    Call,
    Literal,
    Size,
    ViewDim,
    ceildiv,
    guard,
    mul,
    product,
    select,
    sub,
)

DTYPES = "float64 float64 float32 int64 int32 int8 uint64 bool complex128 float16"
EXTENTS = [1, 2, 3, 5, 16, 17, 33, 64]
MOST = 20_000  # elements of one array
FLOATS = ("float32", "float64")
UNARY = {
    "tanh": np.tanh,
    "sin": np.sin,
    "neg": np.negative,
    "abs": np.abs,
    "arctan": np.arctan,
}
BINARY = {
    "b": {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor},
    "c": {"add": np.add, "sub": np.subtract},
    "f": {
        "add": np.add,
        "sub": np.subtract,
        "maximum": np.maximum,
        "minimum": np.minimum,
    },
    "i": {
        "add": np.add,
        "mul": np.multiply,
        "minimum": np.minimum,
        "floordiv": np.floor_divide,
        "mod": np.mod,
    },
}
REDUCE = {
    "add": np.sum,
    "max": np.max,
    "min": np.min,
    "and": np.all,
    "or": np.any,
}


def kind_of(dtype):
    return {"u": "i"}.get(np.dtype(dtype).kind, np.dtype(dtype).kind)


def lined_up(v, a):
    """Whether each dim of 1 is known to be 1, as broadcasting in a program needs."""
    return all(
        isinstance(e, int) for e, n in zip(v.shape, a.shape, strict=True) if n == 1
    )


class NothingFitsError(Exception):
    """The pool has nothing for a step, which is left out."""


class RandomProgram:
    def __init__(self, seed, *, extents=None, steps=12, loops=True, empty=False):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.b = Builder()
        self.arrays = []
        self.pool = []
        self.extents = extents or self.random.sample(EXTENTS, 3)
        if empty:
            self.extents[0] = 0
        kinds = [getattr(self, n) for n in dir(type(self)) if n.startswith("add_")]
        if not loops:
            kinds = [kind for kind in kinds if "loop" not in kind.__name__]
        for _ in range(3):
            self.add_input()
        for _ in range(steps):
            with contextlib.suppress(NothingFitsError):
                self.random.choice(kinds)()

    def put(self, value, array):
        array = np.asarray(array)
        assert value.ndim == array.ndim
        self.pool.append((value, array.astype(value.dtype)))

    def pick(self, fits=lambda v, a: True):
        """Return a pair that fits, rather a recent one."""
        found = [pair for pair in self.pool if fits(*pair)]
        if not found:
            raise NothingFitsError
        return found[-1 - min(len(found) - 1, int(self.random.expovariate(0.35)))]

    def pick_float(self, ndim=1):
        return self.pick(lambda v, a: v.dtype in FLOATS and v.ndim >= ndim and a.size)

    def array(self, shape, dtype):
        if kind_of(dtype) == "b":
            return self.numbers.random(shape) < 0.5
        if kind_of(dtype) == "i":
            low = 0 if dtype.startswith("u") else -20
            return self.numbers.integers(low, 20, shape).astype(dtype)
        array = self.numbers.standard_normal(shape)
        if kind_of(dtype) == "c":
            array = array + 1j * self.numbers.standard_normal(shape)
        return np.asarray(array, dtype)

    def axes(self, a):
        return tuple(
            sorted(self.random.sample(range(a.ndim), self.random.randint(1, a.ndim)))
        )

    # Steps.

    def add_input(self, dtype=None, shape=None):
        dtype = dtype or self.random.choice(DTYPES.split())
        if shape is None:
            rank = self.random.choice([0, 1, 2, 2, 3, 4])
            shape = [self.random.choice([*self.extents, 1]) for _ in range(rank)]
        while np.prod(shape, dtype=int) > MOST:
            shape = shape[1:]
        array = np.asarray(self.array(tuple(shape), dtype))
        if self.random.random() < 0.1:
            self.put(self.b.constant(array), array)
            return
        static = [n if n == 1 or self.random.random() < 0.2 else None for n in shape]
        self.arrays.append(array)
        self.put(self.b.input(dtype, static), array)

    def index_input(self, extent):
        n = self.random.choice([2, 3, 40])
        self.arrays.append(self.numbers.integers(-extent, extent, n))
        self.put(self.b.input("int64", (None,)), self.arrays[-1])
        return self.pool[-1]

    def add_unary(self):
        v, a = self.pick_float(0)
        name = self.random.choice(list(UNARY))
        self.put(
            self.b.pointwise(v.dtype, lambda x: Call(name, v.dtype, (x,)), v),
            UNARY[name](a),
        )

    def add_cast(self):
        v, a = self.pick(lambda v, a: kind_of(v.dtype) in "bi")
        to = self.random.choice(["float64", "float32", "int16", "complex128"])
        self.put(
            self.b.pointwise(to, lambda x: Call("cast", to, (x,)), v), a.astype(to)
        )

    def add_binary(self):
        v, a = self.pick(lined_up)

        def fits(w, c):
            pairs = zip(reversed(a.shape), reversed(c.shape), strict=False)
            near = all(m == n or 1 in (m, n) for m, n in pairs)
            return (
                near
                and w.dtype == v.dtype
                and lined_up(w, c)
                and np.prod(np.broadcast_shapes(a.shape, c.shape), dtype=int) < 4 * MOST
            )

        w, c = self.pick(fits)
        name = self.random.choice(list(BINARY[kind_of(v.dtype)]))
        value = self.b.pointwise(
            v.dtype, lambda x, y: Call(name, v.dtype, (x, y)), v, w
        )
        with np.errstate(all="ignore"):
            self.put(value, BINARY[kind_of(v.dtype)][name](a, c))

    add_binary_too = add_binary

    def add_select(self):
        v, a = self.pick(lambda v, a: kind_of(v.dtype) in "fi")
        zero = Literal(0, v.dtype)
        value = self.b.pointwise(v.dtype, lambda x: select(x > 0, x, zero), v)
        self.put(value, np.where(a > 0, a, 0))

    def add_guard(self):
        v, a = self.pick(lambda v, a: v.ndim)
        zero = Literal(0, v.dtype)
        shifted = np.zeros_like(a)
        shifted[..., 1:] = a[..., :-1]
        value = self.b.map(
            v.shape,
            v.dtype,
            lambda *i: guard(i[-1] > 0, v.at(*i[:-1], i[-1] + -1), zero),
        )
        self.put(value, shifted)

    def add_transpose(self):
        v, a = self.pick(lambda v, a: v.ndim >= 2)
        order = self.random.sample(range(v.ndim), v.ndim)
        self.put(self.b.transpose(v, order), a.transpose(order))

    def add_slices(self):
        v, a = self.pick(lambda v, a: v.ndim)
        dims, shape, index = [], [], []
        for n, e in zip(a.shape, v.shape, strict=True):
            dim, extent, part = self.slice(n, e, len(shape))
            dims.append(dim)
            index.append(part)
            shape += [] if dim.axis is None else [extent]
        self.put(self.b.view(v, tuple(shape), dims), a[tuple(index)])

    def slice(self, n, e, axis):
        choice = self.random.random() if n else 0
        if choice < 0.4:
            return ViewDim(axis), e, slice(None)
        start = self.random.randrange(n)
        if choice < 0.5:
            return ViewDim(None, start), 1, start
        if choice < 0.65:
            return ViewDim(axis, sub(e, 1), -1), e, slice(None, None, -1)
        if choice < 0.8:
            rest = 1 if n - start == 1 else sub(e, start)
            return ViewDim(axis, start), rest, slice(start, None)
        step = self.random.choice([2, 3])
        count = 1 if n <= step else ceildiv(e, step)
        return ViewDim(axis, 0, step), count, slice(None, None, step)

    def add_diagonal(self):
        v, a = self.pick(lambda v, a: v.ndim >= 2 and a.shape[0] == a.shape[1])
        rest = a.ndim - 2
        dims = [ViewDim(rest), ViewDim(rest), *(ViewDim(k) for k in range(rest))]
        self.put(self.b.view(v, (*v.shape[2:], v.shape[0]), dims), np.diagonal(a))

    def add_expand(self):
        v, a = self.pick(lambda v, a: a.size < 500)
        w, c = self.pick(lambda w, c: w.ndim)
        shape = (c.shape[0], *a.shape)
        self.put(self.b.expand(v, (w.shape[0], *v.shape)), np.broadcast_to(a, shape))

    def add_newaxis(self):
        v, a = self.pick(lambda v, a: v.ndim < 4)
        self.put(self.b.transpose(v, [*range(v.ndim), None]), a[..., None])

    def add_flatten(self):
        v, a = self.pick()
        shape = (1,) if a.size == 1 else (product(v.shape),)
        self.put(self.b.reshape(v, shape), a.reshape(-1))

    def add_merge(self):
        v, a = self.pick(lambda v, a: v.ndim >= 2)
        rows = 1 if a.shape[0] * a.shape[1] == 1 else mul(v.shape[0], v.shape[1])
        merged = a.reshape(a.shape[0] * a.shape[1], *a.shape[2:])
        self.put(self.b.reshape(v, (rows, *v.shape[2:])), merged)

    def add_reduce(self):
        v, a = self.pick(lambda v, a: v.ndim)
        axes = self.axes(a)
        kind = {"b": ["and", "or"], "c": ["add"]}.get(kind_of(v.dtype))
        kind = self.random.choice(kind or ["add", "max", "min"])
        if kind in ("max", "min") and not a.size:
            return
        wide = {"float16": "float32", "int8": "int64"}.get(v.dtype, v.dtype)
        accumulator = wide if kind == "add" else v.dtype
        array = a.astype(accumulator)
        value = self.b.reduce(kind, v, axes, v.dtype, accumulator)
        self.put(value, REDUCE[kind](array, axis=axes))

    add_reduce_too = add_reduce

    def add_position(self):
        v, a = self.pick(lambda v, a: v.ndim and a.size and kind_of(v.dtype) == "i")
        axis = self.random.randrange(a.ndim)
        kind = self.random.choice(["argmax", "argmin"])
        value = self.b.reduce(kind, v, (axis,), "int64", "int64")
        self.put(value, getattr(np, kind)(a, axis=axis))

    def kept(self, value, axes, ndim):
        """Return a reduced value with dims of 1 for the axes that are gone."""
        left = iter(range(ndim))
        return self.b.transpose(
            value, [None if k in axes else next(left) for k in range(ndim)]
        )

    def add_softmax(self):
        v, a = self.pick_float()
        axes = (self.random.randrange(a.ndim),)
        b, dtype = self.b, v.dtype
        top = self.kept(b.reduce("max", v, axes), axes, v.ndim)
        e = b.pointwise(dtype, lambda x, m: Call("exp", dtype, (x - m,)), v, top)
        total = b.reduce("add", e, axes)
        out = b.pointwise(dtype, lambda x, s: x / s, e, self.kept(total, axes, v.ndim))
        expected = np.exp(a - a.max(axes, keepdims=True))
        if self.random.random() < 0.4:
            self.put(e, expected)
            self.put(total, expected.sum(axes))
        self.put(out, expected / expected.sum(axes, keepdims=True))

    def add_normalised(self):
        v, a = self.pick_float()
        axes = self.axes(a)
        b, dtype = self.b, v.dtype
        count = Call("cast", dtype, (Size(product(v.shape[k] for k in axes)),))
        total = self.kept(b.reduce("add", v, axes), axes, v.ndim)
        d = b.pointwise(dtype, lambda x, s: x - s / count, v, total)
        square = b.pointwise(dtype, lambda x: x * x, d)
        spread = self.kept(b.reduce("add", square, axes), axes, v.ndim)
        out = b.pointwise(
            dtype, lambda x, s: x / Call("sqrt", dtype, (s + 1.0,)), d, spread
        )
        c = a - a.mean(axes, keepdims=True)
        self.put(out, c / np.sqrt((c * c).sum(axes, keepdims=True) + 1))

    def add_logistic(self):
        """A matrix by a vector, a function of it, and the transpose by that."""
        v, a = self.pick(
            lambda v, a: v.ndim == 2 and v.dtype in FLOATS and lined_up(v, a)
        )
        b, dtype = self.b, v.dtype
        self.add_input(dtype, (a.shape[1],))
        w, c = self.pool[-1]
        if c.shape != (a.shape[1],):
            return
        b.require_equal(w.shape[0], v.shape[1])
        z = b.reduce("add", (v.shape, dtype, lambda i, j: v.at(i, j) * w.at(j)), (1,))
        e = b.pointwise(dtype, lambda x: Call("tanh", dtype, (x,)), z)
        g = b.reduce("add", (v.shape, dtype, lambda i, j: v.at(i, j) * e.at(i)), (0,))
        self.put(e, np.tanh(a @ c))
        self.put(g, a.T @ np.tanh(a @ c))

    def add_axes(self):
        v, a = self.pick()
        value = self.b.map(v.shape, "int64", lambda *i: sum(i, Literal(1, "int64")))
        self.put(value, 1 + sum(np.indices(a.shape), np.zeros(a.shape, int)))

    def add_gather(self):
        v, a = self.pick(lambda v, a: v.ndim and a.shape[0])
        i, where = self.index_input(a.shape[0])
        value = self.b.map(
            (i.shape[0], *v.shape[1:]),
            v.dtype,
            lambda k, *rest: v.at(self.b.checked(i.at(k), v.shape[0]), *rest),
        )
        self.put(value, a[where])

    def add_scattered(self):
        v, a = self.pick(lambda v, a: v.ndim and a.shape[0])
        i, where = self.index_input(a.shape[0])
        kind = "set" if v.dtype == "bool" else self.random.choice(["set", "add"])
        one = Literal(1, v.dtype)
        value = self.b.scatter(
            kind,
            v,
            (i.shape[0], *v.shape[1:]),
            lambda k, *rest: ((self.b.checked(i.at(k), v.shape[0]), *rest), one),
        )
        result = a.copy()
        if kind == "set":
            result[where] = 1
        else:
            np.add.at(result, where, np.ones((), a.dtype))
        self.put(value, result)

    def add_part(self):
        v, a = self.pick(lambda v, a: v.ndim)

        def fits(w, c):
            if w.dtype != v.dtype or w.ndim != v.ndim:
                return False
            return c.shape[1:] == a.shape[1:] and c.shape[0] <= a.shape[0]

        w, c = self.pick(fits)
        value = self.b.scatter("set", v, w.shape, lambda *i: (i, w.at(*i)), unique=True)
        self.put(value, np.concatenate([c, a[c.shape[0] :]]))

    def add_loop(self):
        v, a = self.pick(lambda v, a: v.dtype in FLOATS and a.size < 2000)
        steps, until = self.random.choice([0, 2, 5]), self.random.random() < 0.3
        self.arrays.append(np.asarray(steps))
        count = self.b.input("int64", ())
        zero = self.b.constant(np.asarray(7))

        def body(b, step, state, number, constant):
            moved = b.pointwise(
                v.dtype,
                lambda s, k, t: (
                    Call("tanh", v.dtype, (s + k,)) + Call("cast", v.dtype, (t,))
                ),
                *(state, constant, step),
            )
            more = b.pointwise("int64", lambda n: n + 1, number)
            total = b.reduce("add", moved, tuple(range(v.ndim))) if v.ndim else moved
            stop = b.pointwise("bool", lambda t: t >= 2, step)
            return [moved, more, moved, total, *([stop] if until else [])]

        results = self.b.loop(
            self.b.item(count), [v, zero], [v], body, collect=2, until=until
        )
        state, rows = a.copy(), []
        for step in range(min(steps, 3) if until else steps):
            state = np.tanh(state + a) + np.asarray(step, a.dtype)
            rows.append(state)
        self.put(results[0], state)
        self.put(results[1], 7 + len(rows))
        if len(rows) == steps:
            self.put(results[2], np.reshape(rows, (steps, *a.shape)))
            self.put(results[3], [row.sum(dtype=a.dtype) for row in rows])

    def add_loop_or_not(self):
        v, a = self.pick_float(0)
        chosen = self.random.random() < 0.5
        self.arrays.append(np.asarray(chosen))
        condition = self.b.input("bool", ())

        def then(b, x):
            return [b.pointwise(v.dtype, lambda e: Call("sin", v.dtype, (e,)), x)]

        def otherwise(b, x):
            return [b.pointwise(v.dtype, lambda e: e + e, x)]

        (value,) = self.b.branch(condition, [v], then, otherwise)
        self.put(value, np.sin(a) if chosen else a + a)
