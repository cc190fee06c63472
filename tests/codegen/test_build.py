"""Units through the cache and a real compiler."""

import ctypes
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from theanolike.cache import Store
from theanolike.codegen import build as build_module
from theanolike.codegen import toolchain
from theanolike.codegen.build import build, header, unit_key, with_header
from theanolike.codegen.toolchain import (
    Compiler,
    find_compiler,
    require_compiler,
    zig_command,
)
from theanolike.errors import CompilationError, NoCompilerError

pytestmark = pytest.mark.compiler

UNIT = """
extern "C" i32 tl_compute(tl_call* call) {{
  const double* x = (const double*)call->inputs[0].data;
  call->error.values[0] = (i64)(x[0] * {factor});
  return TL_OK;
}}
"""
BROKEN = "i32 fine() {\n  return 0;\n}\ni32 broken() { return missing; }\n"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def compiler(store):
    found = find_compiler(store=store)
    if found is None:
        pytest.skip("no compiler on this machine")
    return found


def unit(factor=2):
    return UNIT.format(factor=factor)


@pytest.fixture
def no_process(monkeypatch):
    """Make every new process an error."""

    def refuse(*args, **options):
        raise AssertionError(args)

    monkeypatch.setattr(subprocess, "Popen", refuse)


def test_a_built_unit_loads_and_exports_its_function(store, compiler):
    path = build(unit(), store=store, compiler=compiler)
    assert ctypes.CDLL(str(path)).tl_compute is not None


def test_the_source_lies_beside_the_library_and_compiles_alone(store, compiler):
    path = build(unit(), store=store, compiler=compiler)
    source = path.with_name("unit.cpp").read_text()
    assert source == with_header(unit())
    assert "#include" not in source


def test_a_warm_build_in_a_new_process_starts_no_process(
    store, compiler, monkeypatch, request
):
    path = build(unit(), store=store)
    monkeypatch.setattr(toolchain, "_found", {})
    request.getfixturevalue("no_process")
    assert build(unit(), store=Store(store.root)) == path


def test_another_text_is_compiled(store, compiler, no_process):
    with pytest.raises(AssertionError):
        build(unit(), store=store, compiler=compiler)


def test_a_damaged_library_is_compiled_again(store, compiler):
    path = build(unit(), store=store, compiler=compiler)
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    assert build(unit(), store=store, compiler=compiler) == path
    assert len(path.read_bytes()) == len(whole)


@pytest.mark.parametrize("name", ["two words", "it's", 'a "b" $HOME;`x` \\'])
def test_the_cache_may_lie_under_any_name(tmp_path, name):
    store = Store(tmp_path / name / "cache")
    assert ctypes.CDLL(str(build(unit(), store=store))).tl_compute is not None
    assert not list(store.folder("work").iterdir())


def test_an_include_of_the_header_is_replaced_by_its_text(store, compiler):
    text = '#include "theanolike/abi.h"\n' + unit()
    assert "#include" not in with_header(text)
    assert build(text, store=store, compiler=compiler).is_file()


def test_the_header_has_code_and_no_comments():
    assert "struct tl_call" in header()
    assert "//" not in header()


def test_the_key_knows_text_compiler_flags_header_and_cpu(monkeypatch):
    compiler = Compiler(("/usr/bin/g++",), "gcc", "12", "a")
    keys = [unit_key("x", compiler), unit_key("y", compiler)]
    keys.append(unit_key("x", Compiler(("/usr/bin/g++",), "gcc", "12", "b")))
    with monkeypatch.context() as patch:
        patch.setattr(toolchain, "COMMON_FLAGS", ("-O0",))
        keys.append(unit_key("x", compiler))
    with monkeypatch.context() as patch:
        patch.setattr(build_module, "header", lambda: "#define TL_ABI 99\n")
        keys.append(unit_key("x", compiler))
    with monkeypatch.context() as patch:
        patch.setattr(build_module, "cpu_features", lambda: "x86_64 sse2")
        keys.append(unit_key("x", compiler))
    keys.append(unit_key("x", replace(compiler, extra=("-g",))))
    assert len(set(keys)) == 7
    elsewhere = Compiler(("/opt/bin/g++",), "gcc", "12", "a")
    assert unit_key("x", elsewhere) == keys[0]


def test_a_refused_unit_names_error_and_op_and_keeps_the_source(store, compiler):
    def describe(line):
        return f"exp of line {line}"

    with pytest.raises(CompilationError) as info:
        build(BROKEN, store=store, compiler=compiler, describe=describe)
    message = str(info.value)
    assert "missing" in message
    assert "emitted for exp of line 4" in message
    (kept,) = store.folder("failed").glob("*.cpp")
    assert str(kept) in message
    assert kept.read_text() == with_header(BROKEN)
    assert "missing" in kept.with_suffix(".log").read_text()
    line = header().count("\n") + 4
    assert f"of line {line}" in message
    assert "missing" in kept.read_text().splitlines()[line - 1]


def test_a_refused_unit_leaves_no_entry(store, compiler):
    before = {entry.key for entry in store.entries()}
    for _ in range(2):
        with pytest.raises(CompilationError):
            build(BROKEN, store=store, compiler=compiler)
    assert {entry.key for entry in store.entries()} == before
    assert not list(store.folder("work").iterdir())


def fake(tmp_path, script):
    path = tmp_path / "fake"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Compiler((str(path),), "gcc", "fake 1.0", script)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("kill -9 $$", "signal 9 ended it, perhaps for lack of memory"),
        ("echo 'ld: error: no space left'; exit 1", "no space left"),
        ("exit 3", "ended with code 3"),
        ("exit 0", "ended with code 0"),
    ],
)
def test_a_compiler_that_dies_is_reported(store, tmp_path, script, message):
    with pytest.raises(CompilationError, match=message):
        build(unit(), store=store, compiler=fake(tmp_path, script))


def test_a_compiler_that_vanished_is_reported(store, tmp_path):
    compiler = fake(tmp_path, "exit 0")
    (tmp_path / "fake").unlink()
    with pytest.raises(CompilationError, match="cannot be started now"):
        build(unit(), store=store, compiler=compiler)


def test_without_a_compiler_build_says_so(store, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(toolchain, "zig_command", tuple)
    with pytest.raises(NoCompilerError, match="none was found"):
        build(unit(), store=store)


def test_threads_that_build_one_unit_get_one_path(store, compiler):
    paths: list[Path] = []

    def work():
        paths.append(build(unit(), store=store, compiler=compiler))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 4
    assert len(set(paths)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "(i64)((__int128)call->error.values[0] * 5 / (call->error.values[1] | 1))",
        "__builtin_popcountll(call->error.values[0])",
        "(__builtin_memset(call->error.values, 0, 8 * call->error.values[1]), 1)",
    ],
)
def test_what_a_compiler_calls_by_itself_is_found_when_loading(store, compiler, body):
    text = f'extern "C" i32 tl_compute(tl_call* call) {{ return (i32){body}; }}\n'
    path = build(text, store=store, compiler=compiler)
    assert ctypes.CDLL(str(path), mode=2).tl_compute is not None  # RTLD_NOW


def test_zig_builds_the_same_unit_and_keeps_its_files_in_the_cache(
    store, monkeypatch, tmp_path
):
    if not zig_command():
        pytest.skip("the ziglang wheel is not installed")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = require_compiler(store=store)
    assert found.kind == "zig"
    path = build(unit(), store=store, compiler=found)
    assert ctypes.CDLL(str(path)).tl_compute is not None
    with pytest.raises(CompilationError, match="missing"):
        build(BROKEN, store=store, compiler=found)
    assert not (tmp_path / "home").exists()
