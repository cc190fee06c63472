"""The exception tree and the message builder."""

import re

import pytest

from theanolike import errors


def documented_tree():
    """Yield (name, parent, builtin) as the module docstring draws them."""
    parents = {}
    for line in errors.__doc__.splitlines():
        found = re.fullmatch(r"( {4,})(\w+(?:Error|Warning))(?: \(([\w.]+)\))?", line)
        if found:
            depth = len(found[1]) // 4
            parents[depth] = found[2]
            yield found[2], parents.get(depth - 1), found[3]


@pytest.mark.parametrize(("name", "parent", "builtin"), list(documented_tree()))
def test_the_documented_tree_is_the_real_one(name, parent, builtin):
    bases = [base.__name__ for base in getattr(errors, name).__mro__]
    assert parent is None or parent in bases
    assert builtin is None or builtin.rpartition(".")[2] in bases


def test_every_public_error_is_documented():
    documented = {name for name, _, _ in documented_tree()}
    assert documented == set(errors.__all__) - {"describe_failure"}


def test_an_unnamed_input_is_named_by_its_position():
    text = errors.describe_failure("no", "dot", [("", "int8", ())], [], "")
    assert text.splitlines() == ["no", "  in dot", "  input 0: int8 of shape ()"]


def test_at_most_four_origins_are_told():
    origins = [f"model.py:{line}" for line in range(9)]
    text = errors.describe_failure("no", "dot", [], origins, "do")
    assert text.count("written at") == 4
