"""The scalar primitives: what each is in C++, which snippets it needs, what it costs.

The emitter asks here and knows no primitive itself. Every primitive is total. A table
of rows comes first, what is asked of it after.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from theanolike.codegen.scalars import ARITHMETIC, COMPLEX, INTEGERS, SUFFIX, cast
from theanolike.codegen.snippets import with_dependencies
from theanolike.errors import UnsupportedError

_NARROW = ("int8", "int16", "uint8", "uint16")  # C++ computes them in int
_WIDE = ("int64", "uint64")
_REALS = ("float32", "float64")

_COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_OPERATORS = {"add": "+", "sub": "-", "mul": "*"}
_BITWISE = {"and": "&", "or": "|", "xor": "^"}
_CLASSES = ("isnan", "isinf", "isfinite")
_PREDICATES = frozenset([*_COMPARISONS, *_CLASSES])
_IDENTITIES = ("floor", "ceil", "trunc", "rint", "round_away", "real", "conj")

# What float16 need not be rounded after: the result is an operand, exact, or a bool.
_EXACT = _PREDICATES.union(
    ("neg", "abs", "sign", "maximum", "minimum", "copysign", "imag", "select"),
    ("guessed_maximum", "guessed_minimum"),
    _IDENTITIES,
)


class _Row(NamedTuple):
    """A primitive for one dtype.

    Attributes
    ----------
    text : str
        C++ with the arguments as {0}, {1}, {2}, the dtype's type as {t}, its unsigned
        type as {u}, its suffix as {s}, the float type of small divisions as {w}.
    files : tuple of str
        The snippets it calls.
    cost : int
        In additions.
    vector : bool
        Whether gcc vectorises a loop of it.
    fast : str
        Its vectorisable form that sets {flag} where it does not hold, or empty.
    """

    text: str
    files: tuple[str, ...] = ()
    cost: int = 1
    vector: bool = True
    fast: str = ""


# name: cost in additions, from measured times; each is `<name>_<suffix>` in its file
_FUNCTIONS: Mapping[str, int] = {
    "exp": 15,
    "exp2": 13,
    "expm1": 18,
    "log": 16,
    "log2": 24,
    "log10": 25,
    "log1p": 21,
    "arcsin": 16,
    "arccos": 20,
    "arctan": 20,
    "arctan2": 26,
    "sinh": 21,
    "cosh": 21,
    "tanh": 28,
    "arcsinh": 40,
    "arccosh": 40,
    "arctanh": 21,
    "cbrt": 26,
    "hypot": 14,
    "pow": 60,
}
_FLAGGED: Mapping[str, tuple[str, str, int]] = {
    "sin": ("sin", "sin.h", 24),
    "cos": ("cos", "cos.h", 24),
    "tan": ("tan", "tan.h", 30),
    "fmod": ("fmod", "fmod.h", 10),
    "mod": ("floormod", "floormod.h", 12),
    "floordiv": ("floordiv", "floormod.h", 15),
}
_BINARY = frozenset({"arctan2", "hypot", "pow", "fmod", "mod", "floordiv"})


def _real_rows() -> dict[str, _Row]:
    rows = {
        name: _Row(f"({{0}} {sign} {{1}})")
        for name, sign in (_OPERATORS | _COMPARISONS).items()
    }
    for name, price in _FUNCTIONS.items():
        operands = "{0}, {1}" if name in _BINARY else "{0}"
        rows[name] = _Row(f"{name}_{{s}}({operands})", (f"{name}.h",), price)
    for name, (stem, file, price) in _FLAGGED.items():
        operands = "{0}, {1}" if name in _BINARY else "{0}"
        rows[name] = _Row(
            f"{stem}_{{s}}({operands})",
            (file,),
            price,
            vector=False,
            fast=f"{stem}_fast_{{s}}({operands}, {{flag}})",
        )
    for name in ("floor", "ceil", "trunc", "rint", "round_away"):
        rows[name] = _Row(f"{name}_{{s}}({{0}})", ("rounding.h",), 2)
    for name in ("maximum", "minimum"):
        rows[name] = _Row(f"{name}<{{t}}>({{0}}, {{1}})", ("arithmetic.h",), 2)
        rows[f"guessed_{name}"] = _Row(
            f"guessed_{name}<{{t}}>({{0}}, {{1}})", ("guessed.h",), 2, vector=False
        )
    for name in ("deg2rad", "rad2deg"):
        rows[name] = _Row(f"{name}_{{s}}({{0}})", ("angles.h",))
    return rows | {
        "truediv": _Row("({0} / {1})", cost=4),
        "reciprocal": _Row("(({t})1 / {0})", cost=4),
        "neg": _Row("(-{0})"),
        "abs": _Row("abs_{s}({0})", ("base.h",)),
        "sign": _Row("sign<{t}>({0})", ("arithmetic.h",), 3),
        "sqr": _Row("sqr<{t}>({0})", ("arithmetic.h",)),
        "sqrt": _Row("sqrt_{s}({0})", ("base.h",), 6),
        "copysign": _Row("copysign_{s}({0}, {1})", ("base.h",)),
        "isnan": _Row("is_nan<{t}>({0})", ("arithmetic.h",)),
        "isinf": _Row("is_inf({0})", ("arithmetic.h",)),
        "isfinite": _Row("is_finite({0})", ("arithmetic.h",)),
        "fma": _Row("fma_{s}({0}, {1}, {2})", ("base.h",)),
        "real": _Row("{0}", cost=0),
        "conj": _Row("{0}", cost=0),
        "imag": _Row("({t})0", cost=0),
        "angle": _Row("arctan2_{s}(({t})0, {0})", ("arctan2.h",), 26),
    }


def _integer_rows(dtype: str) -> dict[str, _Row]:
    narrow = "({t})" if dtype in _NARROW else ""
    width = "wide" if dtype in _WIDE else "small"
    floats = "" if dtype in _WIDE else ", {w}"
    division = ("integer_division.h",)
    price, vector = (25, False) if dtype in _WIDE else (8, True)
    rows = {
        name: _Row(f"{narrow}({{0}} {sign} {{1}})")
        for name, sign in (_OPERATORS | _BITWISE).items()
    }
    rows |= {name: _Row(f"({{0}} {sign} {{1}})") for name, sign in _COMPARISONS.items()}
    for name, stem in (("floordiv",) * 2, ("mod", "floormod"), ("fmod",) * 2):
        text = f"{stem}_{width}<{{t}}{floats}>({{0}}, {{1}})"
        rows[name] = _Row(text, division, price, vector)
    for name in ("left_shift", "right_shift"):
        text = f"{name}_int<{{t}}, {{u}}>({{0}}, {{1}})"
        scalar = name == "right_shift" and dtype in _NARROW
        rows[name] = _Row(text, ("integer.h",), 3, vector=not scalar)
    for name, stem in (("maximum", "max_int"), ("minimum", "min_int")):
        rows[name] = _Row(f"{stem}<{{t}}>({{0}}, {{1}})", ("integer.h",))
    rows |= {name: _Row("{0}", cost=0) for name in _IDENTITIES}
    return rows | {
        "inside": _Row("min_int<{t}>(max_int<{t}>({0}, 0), {1})", ("integer.h",)),
        "neg": _Row(f"{narrow}(-{{0}})"),
        "abs": _Row("abs_int<{t}>({0})", ("integer.h",)),
        "sign": _Row("sign_int<{t}>({0})", ("integer.h",), 3),
        "sqr": _Row("sqr<{t}>({0})", ("arithmetic.h",)),
        "pow": _Row("pow_int<{t}, {u}>({0}, {1})", ("integer.h",), 40, vector=False),
        "invert": _Row(f"{narrow}(~{{0}})"),
        "fma": _Row(f"{narrow}({{0}} * {{1}} + {{2}})", cost=2),
        "isnan": _Row("false", cost=0),
        "isinf": _Row("false", cost=0),
        "isfinite": _Row("true", cost=0),
        "imag": _Row("({t})0", cost=0),
    }


def _bool_rows() -> dict[str, _Row]:
    either, both = _Row("(bool)({0} | {1})"), _Row("(bool)({0} & {1})")
    rows = {name: _Row(f"({{0}} {sign} {{1}})") for name, sign in _COMPARISONS.items()}
    rows |= dict.fromkeys(("add", "or", "maximum"), either)
    rows |= dict.fromkeys(("mul", "and", "minimum"), both)
    rows |= dict.fromkeys((*_IDENTITIES, "abs", "sign"), _Row("{0}", cost=0))
    return rows | {
        "xor": _Row("({0} != {1})"),
        "invert": _Row("(!{0})"),
        "sqr": _Row("{0}", cost=0),
        "isnan": _Row("false", cost=0),
        "isinf": _Row("false", cost=0),
        "isfinite": _Row("true", cost=0),
        "imag": _Row("false", cost=0),
    }


def _complex_rows() -> dict[str, _Row]:
    files = ("complex.h",)

    def row(stem: str, arity: int = 1, price: int = 2) -> _Row:
        operands = ", ".join(f"{{{i}}}" for i in range(arity))
        return _Row(f"{stem}_complex({operands})", files, price)

    return {
        "add": row("add", 2),
        "sub": row("sub", 2),
        "mul": row("mul", 2, 6),
        "truediv": row("div", 2, 20),
        "reciprocal": row("reciprocal", price=20),
        "neg": row("neg"),
        "sqr": row("sqr", price=6),
        "conj": row("conj"),
        "abs": row("abs", price=14),
        "angle": row("angle", price=26),
        "sign": row("sign", price=22),
        "eq": row("eq", 2),
        "ne": _Row("(!eq_complex({0}, {1}))", files, 2),
        "isnan": row("is_nan"),
        "isinf": row("is_inf", price=4),
        "isfinite": row("is_finite"),
        "real": _Row("{0}.re", files, 0),
        "imag": _Row("{0}.im", files, 0),
        "fma": _Row("add_complex(mul_complex({0}, {1}), {2})", files, 8),
        "make_complex": _Row("{t}{{{0}, {1}}}", files, 0),
    }


_reals = _real_rows()
_complexes = _complex_rows()
_ROWS: Mapping[str, Mapping[str, _Row]] = (
    {"bool": _bool_rows(), "float16": _reals}
    | dict.fromkeys(_REALS, _reals)
    | dict.fromkeys(COMPLEX, _complexes)
    | {dtype: _integer_rows(dtype) for dtype in INTEGERS}
)

PRIMITIVES: Final[frozenset[str]] = frozenset(
    {"select", "cast"}.union(*(rows for rows in _ROWS.values()))
)
"""The names of all primitives."""


def expression(
    name: str, dtype: str, args: Sequence[str], arg_dtypes: Sequence[str]
) -> str:
    """Return the C++ text of one application.

    Parameters
    ----------
    name : str
        A primitive.
    dtype : str
        The dtype of the result.
    args : sequence of str
        C++ expressions, each of its dtype's type in `ARITHMETIC`.
    arg_dtypes : sequence of str
        Their dtypes.

    Raises
    ------
    UnsupportedError
        The primitive is not defined for these dtypes.
    """
    if name == "cast":
        return cast(args[0], arg_dtypes[0], dtype)
    operand = _operand(name, dtype, arg_dtypes)
    return _fill(_row(name, operand).text, name, operand, args)


def has_fast(name: str, dtype: str) -> bool:
    """Tell whether `name` on operands of `dtype` has a flagged form."""
    return name in PRIMITIVES and bool(_find(name, dtype).fast)


def fast_expression(
    name: str, dtype: str, args: Sequence[str], arg_dtypes: Sequence[str], flag: str
) -> str:
    """Return the text of the vectorisable form of `name`.

    It sets the i64 variable `flag` to 1 where an operand is outside of its range; then
    its values are arbitrary and the block is to be done again by `expression`.

    Raises
    ------
    UnsupportedError
        There is no such form.
    """
    operand = _operand(name, dtype, arg_dtypes)
    text = _row(name, operand).fast
    if not text:
        raise UnsupportedError(
            f"Expected a primitive with a flagged form, got {name} of {operand};"
            " ask has_fast first."
        )
    return _fill(text, name, operand, args, flag)


def cost(name: str, dtype: str) -> int:
    """Return what `name` on operands of `dtype` costs, in additions."""
    return _find(name, dtype).cost


def vectorises(name: str, dtype: str) -> bool:
    """Tell whether gcc vectorises a loop of `name`, or of its fast form, on `dtype`."""
    if dtype == "float16":
        return False  # gcc 12 converts half floats one by one
    row = _find(name, dtype)
    return row.vector or bool(row.fast)


def snippets(names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the snippet files that primitives need, dependencies first.

    Parameters
    ----------
    names : iterable of (str, str)
        Primitives and the dtypes of their operands; for `cast`, and any other
        primitive with a complex result, also the result's.
    """
    wanted: set[str] = set()
    for name, dtype in names:
        wanted.update(_find(name, dtype).files)
    order: dict[str, None] = {}
    for file in sorted(wanted):
        order |= dict.fromkeys(with_dependencies(file))
    return tuple(order)


def _operand(name: str, dtype: str, arg_dtypes: Sequence[str]) -> str:
    return dtype if name == "make_complex" else arg_dtypes[-1]


def _find(name: str, dtype: str) -> _Row:
    """Return a row; for `cast` what a cast from or to `dtype` may need."""
    if name == "cast":
        complex_ = ("complex.h",) if dtype in COMPLEX else ()
        return _Row("", complex_ or ("cast.h",), 3 if dtype in INTEGERS else 1)
    return _row(name, dtype)


def _row(name: str, dtype: str) -> _Row:
    if name == "select":
        # an operator, not a call: the arm that is not taken is not evaluated
        files = ("complex.h",) if dtype in COMPLEX else ()
        vector = not files and dtype != "bool"
        return _Row("({0} ? {1} : {2})", files, vector=vector)
    found = _ROWS[dtype].get(name)
    if found is None:
        known = name in PRIMITIVES
        raise UnsupportedError(
            f"Expected a scalar primitive for {dtype}, got {name!r}, which"
            + (f" is not defined for {dtype}; cast first." if known else " is none.")
        )
    return found


def _fill(
    text: str, name: str, operand: str, args: Sequence[str], flag: str = ""
) -> str:
    kind = ARITHMETIC[operand]
    small = operand.endswith(("int8", "int16"))
    filled = text.format(
        *args,
        t=kind,
        s=SUFFIX.get(operand, ""),
        u=kind.replace("i", "u"),
        w="float" if small else "double",
        flag=flag,
    )
    rounded = operand == "float16" and name not in _EXACT
    return f"(float)(_Float16){filled}" if rounded else filled
