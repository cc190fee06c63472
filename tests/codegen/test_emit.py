"""Random programs, compiled, against NumPy."""

import numpy as np
import pytest

from tests.codegen.random_programs import RandomProgram
from theanolike.codegen.check import check_program

pytestmark = pytest.mark.compiler

LOOSE = {"float16": 4e-2, "float32": 3e-4}


def assert_like(expected, got):
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    if expected.dtype.kind in "biu":
        np.testing.assert_array_equal(got, expected)
        return
    finite = expected[np.isfinite(expected)]
    tolerance = LOOSE.get(expected.dtype.name, 1e-7)
    scale = 1 + np.abs(finite).max(initial=0)
    np.testing.assert_allclose(got, expected, tolerance, float(tolerance * scale))


def assert_right(compile_program, programs):
    """Compile a program's random outputs and compare them, on one thread and two."""
    for p in programs:
        chosen = p.random.sample(p.pool, min(6, len(p.pool)))
        p.b.program.outputs = [value for value, _ in chosen]
        check_program(p.b.program)
        run = compile_program(p.b)
        got = run(*p.arrays)
        for (_, expected), result in zip(chosen, got, strict=True):
            assert_like(expected, result)
        again = run(*p.arrays, threads=1)
        assert [x.tobytes() for x in got] == [x.tobytes() for x in again]


@pytest.mark.parametrize("seed", range(60))
def test_a_random_program_computes_what_numpy_does(compile_program, seed):
    assert_right(compile_program, [RandomProgram(seed, empty=seed % 7 == 0)])


@pytest.mark.parametrize("seed", range(1000, 1006))
def test_a_random_program_of_long_arrays_too(compile_program, seed):
    extents = [4097, 3, 40]
    assert_right(compile_program, [RandomProgram(seed, extents=extents, steps=8)])


def test_a_nest_that_is_known_to_have_no_elements_is_left_out(compile_program):
    assert_right(compile_program, [RandomProgram(2124, steps=25)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2000, 2400))
def test_many_random_programs(compile_program, seed):
    assert_right(compile_program, [RandomProgram(seed, steps=25, empty=seed % 9 == 0)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3000, 3040))
def test_random_programs_as_tables(compile_program, seed, monkeypatch):
    monkeypatch.setattr("theanolike.codegen.emit_cxx.STRAIGHT", 0)
    assert_right(compile_program, [RandomProgram(seed, steps=60, loops=False)])
