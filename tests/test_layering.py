"""Dependencies point one way: imports are read from the sources, none is run."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# loose modules stand below everything and import one another only
LOOSE = {
    "accepted_flags",
    "config",
    "config_params",
    "errors",
    "flags",
    "pending",
    "pending_table",
}
FACADES = {"", "__main__", "aliases", "legacy", "printing", "tensor"}
CODEGEN_SEES = {"types.dtypes", "types.type"}
STORE_USERS = {"codegen.build", "codegen.toolchain"}  # they keep units and identities
ALLOWED = {
    "graph": set(),
    "types": {"graph"},
    "ops": {"graph", "types"},
    "gradient": {"graph", "ops", "rewrites", "types"},
    "rewrites": {"graph", "ops", "types"},
    "codegen": {"graph"},
    "cache": set(),
    "compile": {"cache", "codegen", "gradient", "graph", "ops", "rewrites", "types"},
    "testing": {"graph"},
}
# (module, what it may import inside of a function)
UPWARD = {
    ("types.variable", "ops"),
    ("types.variable", "compile"),
    ("gradient.numeric", "compile"),
    ("testing", "compile"),
}


def sources():
    """Yield (dotted name below theanolike, path) of each source file."""
    for top in ("theanolike", "codegen", "cache"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if any((ROOT / Path(*parts[:n])).is_symlink() for n in range(1, 3)):
                continue
            parts = parts[1:] if top == "theanolike" else parts
            yield ".".join(parts).removesuffix("__init__").removesuffix("."), path


MODULES = dict(sources())


def imported(node):
    """Return the dotted names that one import statement names, ours only."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative import"
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return []
    ours = [name for name in names if name.partition(".")[0] == "theanolike"]
    return [
        module_of(name.removeprefix("theanolike").removeprefix(".")) for name in ours
    ]


def module_of(dotted):
    """Return the longest part of a dotted name that is a module of ours."""
    while dotted and dotted not in MODULES and dotted != "_runtime":
        dotted = dotted.rpartition(".")[0]
    return dotted


def imports(name):
    """Yield (imported module, is it inside of a function) for one module."""
    tree = ast.parse(MODULES[name].read_text())
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) not in typing_only:
            for target in imported(node):
                yield target, id(node) in inner


def is_allowed(name, target, inside):
    layer, goal = name.partition(".")[0], target.partition(".")[0]
    if target == "_runtime":
        return layer == "compile" or name == "types.shared" or layer in FACADES
    if layer == goal or goal in LOOSE or layer in FACADES:
        return True
    if goal == "testing":
        return layer not in {"cache", "graph", *LOOSE}
    if inside and (name, goal) in UPWARD:
        return True
    if layer == "codegen":
        stores = goal == "cache" and name in STORE_USERS
        return stores or goal in ALLOWED["codegen"] or target in CODEGEN_SEES
    if layer == "ops" and goal == "codegen":
        return target == "codegen.lowering"
    return goal in ALLOWED.get(layer, set())


@pytest.mark.parametrize("name", [name for name in MODULES if name])
def test_imports_point_down(name):
    wrong = [t for t, inside in imports(name) if not is_allowed(name, t, inside)]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(set(MODULES) & LOOSE))
def test_loose_modules_import_loose_modules_only(name):
    assert {target for target, _ in imports(name)} <= LOOSE


def test_each_layer_of_the_tree_is_known():
    layers = {name.partition(".")[0] for name in MODULES}
    assert layers <= {*LOOSE, *FACADES, *ALLOWED}


def test_an_import_against_the_arrows_would_be_found():
    assert not is_allowed("graph.apply", "types.variable", False)
    assert not is_allowed("ops.arithmetic", "codegen.emit_cxx", False)
    assert not is_allowed("codegen.fuse", "types.variable", False)
    assert not is_allowed("types.variable", "ops.arithmetic", False)
    assert not is_allowed("compile.function", "tensor", False)
    assert not is_allowed("codegen.build", "_runtime", False)
    assert is_allowed("types.variable", "ops.arithmetic", True)


def test_the_lowering_builder_and_the_loop_program_name_no_op():
    named = {
        (name, target)
        for name in MODULES
        if name.partition(".")[0] == "codegen"
        for target, _ in imports(name)
        if target.partition(".")[0] == "ops"
    }
    assert named == set()


@pytest.mark.parametrize("top", ["codegen", "cache"])
def test_nothing_imports_a_top_level_folder_by_its_bare_name(top):
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            roots = []
            if isinstance(node, ast.Import):
                roots = [alias.name.partition(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                roots = [(node.module or "").partition(".")[0]]
            assert top not in roots, name


def facade_sources():
    return [n for n in MODULES if n.partition(".")[0] in {"tensor", "legacy"}]


@pytest.mark.parametrize("name", facade_sources())
def test_a_facade_has_no_loops_and_no_branches(name):
    tree = ast.parse(MODULES[name].read_text())
    kinds = (ast.For, ast.While, ast.Try, ast.With)
    assert [n for n in ast.walk(tree) if isinstance(n, kinds)] == []
