"""A unit in two source files: the same functions, each in one of them."""

import pytest

from theanolike.codegen.split import split

KERNELS = [
    f"struct kernel_{n}_task {{ int n; }};\n"
    f"static void kernel_{n}(tl_call* c, i64 n0) {{\n  work({n});\n}}"
    for n in range(6)
]
CALLS = "\n".join(f"kernel_{n}(c, n0);" for n in range(6))
TEXT = "\n".join(["prelude();", *KERNELS, "compute();", CALLS])


def test_a_small_unit_stays_whole():
    assert split(TEXT, KERNELS[:3]) == [TEXT]


@pytest.fixture
def parts(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return split(TEXT, KERNELS)


def test_each_kernel_is_defined_in_one_part(parts):
    for n in range(6):
        assert sum(f"work({n})" in part for part in parts) == 1


def test_the_prelude_is_in_both_and_the_rest_in_the_first(parts):
    assert all("prelude();" in part for part in parts)
    assert ["compute();" in part for part in parts] == [True, False]


def test_what_moved_is_declared_where_it_is_called(parts):
    moved = [n for n in range(6) if f"work({n})" in parts[1]]
    assert moved
    for n in moved:
        assert f"void kernel_{n}(tl_call* c, i64 n0);" in parts[0]


def test_pieces_that_the_rest_calls_are_declared_too(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    kernels = [
        f"static TL_APART void kernel_{n}_piece(i64 n0) {{\n  work({n});\n}}\n{kernel}"
        for n, kernel in enumerate(KERNELS)
    ]
    rest = "\n".join(f"kernel_{n}_piece(n0);" for n in range(0, 6, 2))
    first, second = split("\n".join(["prelude();", *kernels, rest]), kernels)
    for n in range(6):
        moved = f"TL_APART void kernel_{n}_piece" in second
        declared = f"void kernel_{n}_piece(i64 n0);" in first
        assert declared == (moved and n % 2 == 0)
        assert (f"static TL_APART void kernel_{n}_piece" in second) == (
            moved and n % 2 == 1
        )


def test_a_kernel_that_compiles_long_stands_alone(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    lanes = "const auto step = [&](i64 i0, i64 l) TL_STEP {\n exp_f64(x);\n };\n"
    slow = f"static void kernel_9(tl_call* c, i64 n0) {{\n{lanes * 2}}}"
    kernels = [*KERNELS, slow]
    text = "\n".join(["prelude();", *kernels, "compute();"])
    first, second = split(text, kernels)
    assert "exp_f64" in second
    assert all(f"work({n})" in first for n in range(6))


def test_one_processor_compiles_one_file(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert split(TEXT, KERNELS) == [TEXT]
