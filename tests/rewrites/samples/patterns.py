"""Samples of rewrites that have a pattern: vectors in place of its wildcards."""

from tests.rewrites.samples.operands import vector
from theanolike.types.constants import TensorConstant, constant

INTEGERS = {
    "integer_plus_zero",
    "integer_times_zero",
    "equal_to_itself",
    "unequal_to_itself",
    "xor_of_itself",
    "divided_by_one",
    "remainder_by_one",
    "division_by_shift",
    "remainder_by_mask",
}
# What the number of a pattern is in the test: where only some will do.
NUMBERS = {
    "division_by_shift": [4, 2],
    "remainder_by_mask": [8, 2],
    "over_power_of_two": [4.0, -0.5],
    "power_of_exp": [0.5, -1.5, -1],
    "power_of_cosh": [-1, -2.5],
    "power_by_constant": [2, 3, -1, 0.5, 2.5, -1.5, 11],
}


def instances(one):
    """Yield the pattern of a rewrite with each number that it is tested with."""
    dtype = "int64" if one.name in INTEGERS else "float64"
    for value in NUMBERS.get(one.name, [3.0]):
        yield instance(one.pattern.expression, dtype, value)


def instance(expression, dtype, value):
    """Return a pattern with vectors in place of its wildcards."""
    made = {}

    def build(variable):
        if isinstance(variable, TensorConstant):
            return variable
        if variable.owner is not None:
            return variable.owner.op(*(build(v) for v in variable.owner.inputs))
        if variable.name == "c" and variable.type.dtype == "float64":
            return constant(value)
        if variable not in made:
            own = dtype if variable.type.dtype == "float64" else variable.type.dtype
            made[variable] = vector(variable.name, own)
        return made[variable]

    return build(expression)
