"""Scalar expressions to C++ text: common ones named once, invariant ones hoisted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from theanolike.codegen.affine import Affine
from theanolike.codegen.primitives import expression, fast_expression, has_fast
from theanolike.codegen.program import (
    Axis,
    Call,
    Checked,
    Literal,
    Load,
    Scalar,
    Size,
    Value,
    children,
)
from theanolike.codegen.scalars import (
    ARITHMETIC,
    literal,
    stored,
)
from theanolike.codegen.scalars import cast as cast_text
from theanolike.codegen.shapes import Extent

FLAG = "bad"  # the local that a fast form sets where it isn't good enough
LONGEST = 72  # characters of an expression that needs no name
# What a compiler does better when it knows the operand.
_BETTER_KNOWN = {"pow", "floordiv", "mod", "fmod", "left_shift", "right_shift"}


@dataclass(eq=False)
class Item:
    """A distinct scalar: its kind, parts, and the loop depth where it is known."""

    scalar: Scalar
    parts: tuple["Item", ...]
    depth: int
    uses: int = 0
    name: str = ""
    value: Value | None = None  # what the user knows it as
    affine: Affine | None = None
    arms: "tuple[Table, Table] | None" = None

    @property
    def trivial(self) -> bool:
        """Whether naming it would save nothing."""
        return isinstance(self.scalar, Literal | Axis | Size)


class Context:
    """What a kernel's text provides: how axes, extents and loads are spelled.

    While `fast` is set, primitives are spelled in their fast forms.
    """

    fast = False

    def axis(self, axis: int) -> str:
        """Return the loop variable of an axis."""
        raise NotImplementedError

    def extent(self, extent: int | Extent) -> str:
        """Return the text of an extent."""
        raise NotImplementedError

    def load(self, load: Load, index: str) -> str:
        """Return the text of an element, converted to its arithmetic type."""
        raise NotImplementedError

    def where(self, load: Load) -> Affine:
        """Return the offset of an element, in the loops' axes."""
        raise NotImplementedError

    def replaced(self, load: Load) -> Scalar | None:
        """Return the scalar that stands for a load, if it is at hand."""
        raise NotImplementedError

    def depth(self, load: Load) -> int:
        """Return the loop depth before which a source isn't known."""
        raise NotImplementedError

    def held(self, load: Load) -> str | None:
        """Return the register that holds the element, if one does."""
        raise NotImplementedError

    def loop_of(self, axis: int) -> int:
        """Return the loop that runs over a domain axis."""
        raise NotImplementedError

    def literal(self, scalar: Literal, use: object) -> str:
        """Return the text of a number, which may depend on the place of its use."""
        return literal(scalar.value, scalar.dtype)

    def primitive(self, name: str, dtype: str) -> None:
        """Note that a scalar primitive is used."""
        raise NotImplementedError

    def temporary(self, value: Value | None = None) -> str:
        """Return a fresh local name, that of `value` if given."""
        raise NotImplementedError

    def remark(self, value: Value | None) -> None:
        """Print the user's lines that compute `value`, in readable source."""

    def check(self, site: int, index: str, extent: str) -> str:
        """Return the text of a checked index."""
        raise NotImplementedError


class Table:
    """The distinct scalars under some roots, each after its parts."""

    def __init__(self, context: Context, parent: "Table | None" = None) -> None:
        self.context = context
        self.parent = parent
        self.items: list[Item] = []
        self._by_key: dict[tuple[object, ...], Item] = {}
        self._of: dict[int, Item] = {}

    def add(self, root: Scalar) -> Item:
        """Take in `root` and what it is made of; return its item."""
        stack: list[tuple[Scalar, bool]] = [(root, False)]
        while stack:
            scalar, ready = stack.pop()
            if self.find(id(scalar)) is not None:
                continue
            lazy = isinstance(scalar, Call) and scalar.name == "guard"
            below = children(scalar)[:1] if lazy else children(scalar)
            instead: Scalar | None = None
            if isinstance(scalar, Load):
                instead = self.context.replaced(scalar)
                below = tuple(s for s, _ in self._offset(scalar).rest)
                below = below if instead is None else (instead,)
            if not ready:
                stack.append((scalar, True))
                stack.extend((child, False) for child in reversed(below))
                continue
            if instead is not None:
                self._of[id(scalar)] = self._known(instead)
                continue
            parts = tuple(self._known(child) for child in below)
            self._of[id(scalar)] = self._item(scalar, parts)
        return self._known(root)

    def _offset(self, load: Load) -> Affine:
        return self.context.where(load)

    def find(self, key: int) -> Item | None:
        """Return the item of a scalar, by identity."""
        found = self._of.get(key)
        if found is None and self.parent is not None:
            return self.parent.find(key)
        return found

    def _known(self, scalar: Scalar) -> Item:
        found = self.find(id(scalar))
        if found is None:
            raise AssertionError("a scalar must follow its parts")
        return found

    def lookup(self, key: tuple[object, ...]) -> Item | None:
        """Return the item that computes what `key` says."""
        found = self._by_key.get(key)
        if found is None and self.parent is not None:
            return self.parent.lookup(key)
        return found

    def _item(self, scalar: Scalar, parts: tuple[Item, ...]) -> Item:
        where = self._offset(scalar) if isinstance(scalar, Load) else None
        key = self._key(scalar, parts, where)
        known = self.lookup(key)
        if known is not None:
            return known
        depth = max((p.depth for p in parts), default=0)
        if isinstance(scalar, Axis):
            depth = self.context.loop_of(scalar.axis) + 1
        elif isinstance(scalar, Load) and where is not None:
            loops = [self.context.loop_of(a) + 1 for a, _ in where.coefficients]
            depth = max([depth, self.context.depth(scalar), *loops])
        item = Item(scalar, parts, depth, affine=where)
        for part in parts:
            part.uses += 1
        if isinstance(scalar, Call) and scalar.name == "guard":
            item.arms = self._arms(scalar)
            # What an arm computes may be known outside of the guard, too.
            arms = zip(item.arms, scalar.args[1:], strict=True)
            item.depth = max([depth, *(arm.add(root).depth for arm, root in arms)])
        self._by_key[key] = item
        self.items.append(item)
        return item

    def _key(
        self, scalar: Scalar, parts: tuple[Item, ...], where: Affine | None
    ) -> tuple[object, ...]:
        """Return what two scalars share just when they compute the same."""
        if isinstance(scalar, Load) and where is not None:
            rest = [(id(p), f) for p, (_, f) in zip(parts, where.rest, strict=True)]
            terms = (where.coefficients, where.constant, tuple(rest))
            return ("load", scalar.source, *terms)
        if isinstance(scalar, Literal):
            return ("literal", scalar.dtype, literal(scalar.value, scalar.dtype))
        if isinstance(scalar, Axis):
            return ("axis", scalar.axis)
        if isinstance(scalar, Size):
            return ("size", scalar.extent)
        if isinstance(scalar, Checked):
            return ("checked", scalar.site, *map(id, parts))
        if not isinstance(scalar, Call):
            raise AssertionError(f"no such scalar: {scalar!r}")
        own = (id(scalar),) if scalar.name == "guard" else ()
        return (scalar.name, scalar.dtype, *map(id, parts), *own)

    def _arms(self, guard: Call) -> "tuple[Table, Table]":
        arms = (Table(self.context, self), Table(self.context, self))
        for arm, scalar in zip(arms, guard.args[1:], strict=True):
            arm.add(scalar).uses += 1
        return arms

    def text(self, item: Item) -> str:
        """Return the text of an item: its name, or its expression."""
        return item.name or self._spell(item)

    def _spell(self, item: Item) -> str:
        scalar = item.scalar
        context = self.context
        if isinstance(scalar, Literal):
            return context.literal(scalar, item)
        if isinstance(scalar, Axis):
            return context.axis(scalar.axis)
        if isinstance(scalar, Size):
            return context.extent(scalar.extent)
        if isinstance(scalar, Checked):
            index, extent = (self.text(p) for p in item.parts)
            return context.check(scalar.site, index, extent)
        if isinstance(scalar, Load):
            held = context.held(scalar)
            return held or context.load(scalar, self.index_text(item))
        if isinstance(scalar, Call):
            return self._call(item, scalar)
        raise AssertionError(f"no such scalar: {scalar!r}")

    def _call(self, item: Item, call: Call) -> str:
        args = [self._operand(item, k) for k in range(len(item.parts))]
        dtypes = [a.dtype for a in call.args]
        if call.name == "guard":
            if item.arms is None:
                raise AssertionError("a guard has arms")
            then, otherwise = (
                _arm_text(arm, scalar)
                for arm, scalar in zip(item.arms, call.args[1:], strict=True)
            )
            return f"({args[0]} ? {then} : {otherwise})"
        if call.name == "cast":
            self.context.primitive("cast", call.dtype)
            return cast_text(args[0], dtypes[0], call.dtype)
        operand = _snippet_dtype(call)
        self.context.primitive(call.name, operand)
        if self.context.fast and has_fast(call.name, operand):
            return fast_expression(call.name, call.dtype, args, dtypes, FLAG)
        return expression(call.name, call.dtype, args, dtypes)

    def _operand(self, item: Item, k: int) -> str:
        part, call = item.parts[k], item.scalar
        if not isinstance(part.scalar, Literal) or not isinstance(call, Call):
            return self.text(part)
        if call.name in _BETTER_KNOWN:
            return literal(part.scalar.value, part.scalar.dtype)
        return self.context.literal(part.scalar, (item, k))

    def index_text(self, item: Item) -> str:
        """Return the offset of a load in elements."""
        if item.affine is None:
            raise AssertionError("a load has an offset")
        rest = [
            (self.text(p), f)
            for p, (_, f) in zip(item.parts, item.affine.rest, strict=True)
        ]
        return affine_text(self.context, item.affine, rest)

    def flagged(self, depth: int) -> bool:
        """Tell whether a primitive with a fast form is computed at `depth`."""
        tables = [self]
        for table in tables:
            for item in table.items:
                call = item.scalar
                if isinstance(call, Call) and item.depth >= depth and is_fast(call):
                    return True
                tables.extend(item.arms or ())
        return False

    def bind(
        self, depth: int, emit: Callable[[str], None], *, last: bool
    ) -> list[Item]:
        """Emit the locals that belong at `depth`; return their items.

        Those with several readers, those that a deeper loop reads, and those whose text
        is long; at the last depth whatever is left.
        """
        deeper = self._read_deeper()
        bound: list[Item] = []
        for item in self.items:
            here = item.depth <= depth if last else item.depth == depth
            if item.name or item.trivial or not here:
                continue
            if isinstance(item.scalar, Load) and self.context.held(item.scalar):
                continue
            hoisted = item in deeper and not last
            if item.uses > 1 or hoisted or len(self._spell(item)) > LONGEST:
                self.context.remark(item.value)
                name = self.context.temporary(item.value)
                kind = ARITHMETIC[item.scalar.dtype]
                emit(f"const {kind} {name} = {bare(self._spell(item))};")
                item.name = name
                bound.append(item)
        return bound

    def _read_deeper(self) -> set[Item]:
        found: set[Item] = set()
        for item in self.items:
            found.update(p for p in item.parts if p.depth < item.depth)
            for arm in item.arms or ():
                for inner in arm.items:
                    found.update(p for p in inner.parts if p.depth < item.depth)
        return found


def _arm_text(arm: Table, scalar: Scalar) -> str:
    """Return the text of a guarded arm, its locals inside it."""
    lines: list[str] = []
    for item in arm.items:
        item.name = ""  # the arm may be printed more than once
    for item in arm.items:
        if item.trivial or item.uses <= 1:
            continue
        name = arm.context.temporary()
        lines.append(
            f"const {ARITHMETIC[item.scalar.dtype]} {name} = {arm.text(item)};"
        )
        item.name = name
    result = arm.text(arm.add(scalar))
    return f"({{ {' '.join(lines)} {result}; }})" if lines else result


def is_fast(call: Call) -> bool:
    """Tell whether a call has a fast form, which may ask to be done again."""
    own = call.name not in ("guard", "cast")
    return own and has_fast(call.name, _snippet_dtype(call))


def _snippet_dtype(call: Call) -> str:
    """Return the dtype that picks the snippet: the operands' for relations."""
    return call.args[0].dtype if call.dtype == "bool" and call.args else call.dtype


def bare(text: str) -> str:
    """Drop a pair of parentheses around the whole of `text`, unless it is a choice."""
    if not (text.startswith("(") and text.endswith(")")) or " ? " in text:
        return text
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and at < len(text) - 1:
            return text
    return text[1:-1] if not text.startswith("({") else text


def affine_text(
    context: Context, where: Affine, rest: Sequence[tuple[str, "int | Extent"]]
) -> str:
    """Return `constant + sum(coefficient * axis) + sum(factor * term)` as text."""
    terms: list[str] = []
    for axis, factor in where.coefficients:
        terms.append(_times(context.axis(axis), factor, context))
    terms += [_times(text, factor, context) for text, factor in rest]
    if where.constant != 0 or not terms:
        terms.append(context.extent(where.constant))
    return " + ".join(terms)


def _times(text: str, factor: "int | Extent", context: Context) -> str:
    if factor == 1:
        return text
    return f"{text} * {context.extent(factor)}"


def stored_text(text: str, dtype: str) -> str:
    """Return an arithmetic value as its stored type."""
    return text if dtype not in ("bool", "float16") else stored(f"({text})", dtype)


def extent_text(extent: Extent, spell: "Callable[[int | Extent], str]") -> str:
    """Return a compound extent as C++, its leaves spelled by `spell`."""
    args = [spell(a) for a in extent.args]
    op = extent.op
    if op in ("add", "sub", "mul"):
        sign = {"add": "+", "sub": "-", "mul": "*"}[op]
        return f"({args[0]} {sign} {args[1]})"
    if op == "where_negative":
        return f"({args[0]} < 0 ? {args[1]} : {args[2]})"
    return f"tl_{op}({args[0]}, {args[1]})"
