"""Which compiler is found, what it is asked, and its options."""

import os
import shutil
import subprocess
import sys

import pytest

from theanolike.cache import Store
from theanolike.codegen import toolchain
from theanolike.codegen.toolchain import (
    Compiler,
    command_line,
    cpu_features,
    cpu_flags,
    find_compiler,
    flags,
    parse_cpuinfo,
    require_compiler,
)
from theanolike.errors import NoCompilerError, TheanolikeError

GCC = "g++ (Fake) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc."
CLANG = "Fake clang version 19.1.0\nTarget: x86_64-pc-linux-gnu"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch):
    """A PATH with a shell and no compiler; each test fills its own."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(toolchain, "_found", {})
    monkeypatch.setattr(toolchain, "zig_command", tuple)
    return tools


def install(folder, name, answer):
    """Write a program that says `answer` and notes that it ran."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(
        f"#!/bin/sh\necho ran >> '{folder}/log'\nprintf '%s\\n' '{answer}'\n"
    )
    path.chmod(0o755)
    return path


def runs(folder):
    log = folder / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def forget():
    """Do as a new process would."""
    toolchain._found.clear()


def test_without_a_compiler_none_is_found(store):
    assert find_compiler(store=store) is None


def test_the_error_names_the_three_ways_to_get_a_compiler(store):
    with pytest.raises(NoCompilerError) as info:
        require_compiler(store=store)
    assert isinstance(info.value, TheanolikeError)
    for way in ("g++", "clang++", "config.cxx", "$CXX", "theanolike[compiler]"):
        assert way in str(info.value)


def test_gcc_comes_before_clang(store, bare_machine):
    install(bare_machine, "clang++", CLANG)
    assert require_compiler(store=store).kind == "clang"
    forget()
    program = install(bare_machine, "g++", GCC)
    found = require_compiler(store=store)
    assert found.command == (str(program),)
    assert (found.kind, found.version) == ("gcc", "g++ (Fake) 12.2.0")


def test_the_environment_comes_before_gcc_and_may_hold_arguments(
    store, bare_machine, monkeypatch
):
    install(bare_machine, "g++", GCC)
    program = install(bare_machine, "my-clang", CLANG)
    monkeypatch.setenv("CXX", "my-clang --target=x86_64-linux-gnu")
    found = require_compiler(store=store)
    assert found.command == (str(program), "--target=x86_64-linux-gnu")


def test_an_environment_that_names_nothing_is_passed_over(
    store, bare_machine, monkeypatch
):
    install(bare_machine, "g++", GCC)
    monkeypatch.setenv("CXX", "icpc")
    assert require_compiler(store=store).kind == "gcc"


def test_a_configured_compiler_comes_first(store, bare_machine, monkeypatch):
    install(bare_machine, "g++", GCC)
    monkeypatch.setenv("CXX", "g++")
    install(bare_machine, "my-clang", CLANG)
    assert require_compiler("my-clang", store=store).kind == "clang"


def test_a_configured_compiler_that_is_missing_is_not_replaced(store, bare_machine):
    install(bare_machine, "g++", GCC)
    assert find_compiler("no-such-compiler", store=store) is None
    with pytest.raises(NoCompilerError, match="'no-such-compiler'"):
        require_compiler("no-such-compiler", store=store)


@pytest.mark.parametrize("quoted", [False, True])
def test_a_configured_path_may_hold_spaces_and_quotes(store, tmp_path, quoted):
    program = install(tmp_path / "my own", "the 'real' g++".replace("'", '"'), GCC)
    cxx = f"'{program}'" if quoted else str(program)
    assert require_compiler(cxx, store=store).command == (str(program),)


@pytest.mark.parametrize("cxx", ["'unfinished", "   ", "''"])
def test_a_configured_command_that_makes_no_sense_finds_nothing(store, cxx):
    assert find_compiler(cxx, store=store) is None


def test_a_launcher_in_disguise_is_passed_over(store, tmp_path, monkeypatch):
    disguise = tmp_path / "disguise"
    launcher = install(disguise, "ccache", GCC)
    (disguise / "g++").symlink_to(launcher)
    real = install(tmp_path / "real", "g++", GCC)
    monkeypatch.setenv("PATH", f"{disguise}{os.pathsep}{real.parent}")
    assert require_compiler(store=store).command == (str(real),)


def test_gcc_that_is_clang_is_told_apart(store, bare_machine):
    install(bare_machine, "g++", CLANG)
    assert require_compiler(store=store).kind == "clang"


@pytest.mark.parametrize("answer", ["", "nvcc: NVIDIA (R) Cuda compiler driver"])
def test_a_program_that_is_no_known_compiler_is_passed_over(
    store, bare_machine, answer
):
    install(bare_machine, "g++", answer)
    assert find_compiler(store=store) is None


def test_a_compiler_that_fails_is_passed_over(store, bare_machine):
    path = bare_machine / "g++"
    path.write_text("#!/bin/sh\necho 'Free Software Foundation'\nexit 1\n")
    path.chmod(0o755)
    assert find_compiler(store=store) is None


def test_a_compiler_is_asked_once_in_all_processes(store, bare_machine):
    install(bare_machine, "g++", GCC)
    first = require_compiler(store=store)
    find_compiler(store=store)
    forget()
    assert require_compiler(store=store) == first
    assert runs(bare_machine) == 1


def test_another_compiler_in_the_same_place_has_another_identity(store, bare_machine):
    install(bare_machine, "g++", GCC)
    first = require_compiler(store=store)
    forget()
    install(bare_machine, "g++", GCC.replace("12.2", "13.1"))
    second = require_compiler(store=store)
    assert second.version == "g++ (Fake) 13.1.0"
    assert first.identity != second.identity


def test_further_arguments_come_after_ours():
    compiler = Compiler(("g++",), "gcc", "", "", extra=("-O3",))
    arguments = command_line(compiler, "a.cpp", output="a.so")
    assert arguments.index("-O3") > arguments.index("-O1")


def test_the_users_options_come_last_and_are_split_like_a_shell_would(
    store, bare_machine
):
    install(bare_machine, "g++", GCC)
    compiler = require_compiler("", "-g -DNAME='a b'", store=store)
    assert compiler.extra == ("-g", "-DNAME=a b")


def test_a_compiler_that_was_copied_keeps_its_identity(store, bare_machine):
    program = install(bare_machine, "g++", GCC)
    first = require_compiler(store=store)
    forget()
    shutil.copy(program, bare_machine / "copy")
    (bare_machine / "copy").replace(program)
    assert require_compiler(store=store) == first
    assert runs(bare_machine) == 2


def test_identity_knows_the_arguments(store, bare_machine):
    install(bare_machine, "g++", GCC)
    plain = require_compiler("g++", store=store)
    assert require_compiler("g++ -m32", store=store).identity != plain.identity


def test_importing_starts_no_process_and_looks_for_nothing():
    code = """
import shutil, subprocess
def refuse(*args, **options): raise AssertionError
subprocess.Popen = shutil.which = refuse
import theanolike.codegen.build
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("sets", "wide"),
    [
        ("avx2 avx512f avx512vl avx512_vbmi2", True),
        ("avx2 avx512f avx512vl", False),  # Skylake: 512 bits cost frequency
        ("avx2", False),
    ],
)
def test_wide_vectors_are_for_cpus_that_gain(sets, wide):
    text = f"processor\t: 0\nvendor_id\t: X\nflags\t\t: fpu {sets}\n\nprocessor\t: 1\n"
    chosen = cpu_flags("x86_64", parse_cpuinfo(text))
    assert ("-mprefer-vector-width=512" in chosen) == wide


def test_cpu_features_hold_what_decides_and_not_the_clock():
    block = (
        "vendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\n"
        "cpu MHz\t\t: {mhz}\nflags\t\t: sse2 avx fma\n\nvendor_id : other\n"
    )
    features = parse_cpuinfo(block.format(mhz="2600.1"))
    assert features == "vendor_id=AuthenticAMD cpu family=26 model=2 avx fma sse2"
    assert features == parse_cpuinfo(block.format(mhz="1200.0"))


def test_cpu_features_of_arm_are_read_too():
    text = "Features\t: fp asimd sve\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n"
    expected = "cpu implementer=0x41 cpu part=0xd40 asimd fp sve"
    assert parse_cpuinfo(text) == expected


def test_cpu_features_of_this_machine_are_not_empty():
    assert len(cpu_features().split()) > 1


@pytest.mark.parametrize("kind", ["gcc", "clang", "zig"])
def test_flags_never_allow_another_value(kind):
    chosen = flags(Compiler(("c++",), kind, "", ""))
    assert {"-ffp-contract=off", "-fwrapv", "-fno-trapping-math"} <= set(chosen)
    forbidden = ("fast-math", "associative", "finite", "reciprocal", "unsafe")
    assert not [flag for flag in chosen if any(word in flag for word in forbidden)]


def test_the_library_of_gcc_comes_after_the_source():
    arguments = command_line(Compiler(("g++",), "gcc", "", ""), "a.cpp", output="a.so")
    if "-lgcc" in arguments:
        assert arguments.index("-lgcc") > arguments.index("a.cpp")
