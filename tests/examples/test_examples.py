"""Every example runs without a warning and prints what it should."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# What pp prints of the gradient of (x - 4) * (x**2*2 + 6), in Theano's layout.
SQUARE = "((x ** TensorConstant{2}) * TensorConstant{2})"
SECOND = f"({SQUARE} + TensorConstant{{6}})"
FIRST = "(x - TensorConstant{4})"
START = f"fill(({FIRST} * {SECOND}), TensorConstant{{1.0}})"
BEFORE = (
    f"((((({START} * {FIRST}) * TensorConstant{{2}}) * TensorConstant{{2}}) "
    f"* (x ** (TensorConstant{{2}} - TensorConstant{{1}}))) + ({START} * {SECOND}))"
)
AFTER = (
    "(((TensorConstant{4.0} * (x - TensorConstant{4})) * x) "
    "+ ((sqr(x) * TensorConstant{2}) + TensorConstant{6}))"
)
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run_example(name, *arguments):
    """Return the lines that an example prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout.splitlines()


def load_example(name):
    """Import an example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_tested_and_listed():
    tested = Path(__file__).read_text("utf-8")
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    for file in EXAMPLES.glob("*.py"):
        assert f'run_example("{file.stem}"' in tested
        assert f"| [{file.stem}]({file.name}) |" in listed


def test_basics_prints_sums_and_constructors():
    lines = run_example("basics")
    assert lines[:2] == ["a + 2*b = array(8.)", "A * 2 = [[2.0, 4.0], [6.0, 8.0]]"]
    assert lines[2] == "90 constructors, among them"
    assert "  zscalar: TensorType(complex128, scalar)" in lines
    assert lines[-1] == "mean by channel: [1. 1. 1.]"


def test_shared_state_counts_in_every_form_of_updates():
    lines = run_example("shared_state")
    for form in ["dict", "pairs", "tuple", "ordered"]:
        assert f"{form}: 8 9 10 11 12 | w2 = 5.0" in lines
    assert "copied: [0. 0. 0.] borrowed: [7. 7. 7.]" in lines
    assert "written inside: [-1.  7.  7.] a copy: [7. 7. 7.]" in lines
    assert "default_update: 2 3 3" in lines


def test_function_forms_prints_each_form():
    *lines, last = run_example("function_forms")
    assert last.startswith("TypeError: Cannot use a shared variable (w1) as explicit")
    assert lines == [
        "by position, by name: 8.0 8.0 | name: f",
        "In: 8.0 10.0 12.0",
        "Param: 8.0 | warned: 1",
        "downcast: 0.5 float32",
        "unused: 2.0",
        "trusted: 8.0",
        "list: [array(6.), array([2., 4., 6.])]",
        "dict: {'max': array(3.), 'sum': array(6.)}",
        "eval: [10. 20.]",
        "givens: -4.0",
        "givens: -4.0",
        "state: [w1] None 2.0",
        "calls: 1",
        "swapped: 32.0 20.0 | original: 2.0",
        "without updates: 8.0 8.0",
    ]


def test_search_finds_the_minimum():
    assert run_example("search") == ["x_min 0.99 after 99 calls"]


def test_gradients_can_be_read():
    text = "\n".join(run_example("gradients"))
    assert "at 0, 1, 2: 6.0 -4.0 -2.0\n" in text
    assert f"before: {BEFORE}\n" in text
    assert f"after: {AFTER}\n" in text
    assert "hessian: [[6.0, 0.0], [0.0, 12.0]]" in text
    assert "jacobian: [[2.0, 0.0], [0.0, 4.0]]" in text
    assert "Rop: [ 2. 40.]" in text
    assert "with a held factor: [ 4. 14.]" in text


def test_the_source_shows_the_users_variable_and_lines():
    text = "\n".join(run_example("gradients"))
    source = text[text.index("tl_compute") : text.index("hessian")]
    assert "const double x = " in source
    assert re.search(r"// gradients\.py:\d+", source)
    assert "x - 4.0" in source


def test_rosenbrock_walks_down_the_valley():
    assert run_example("rosenbrock") == ["after 10000 steps: (1.008, 1.016)"]


def test_rosenbrock_draws_its_path(tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "path.png"
    arguments = ["--steps", "50", "--init", "-1", "1", "--plot", str(picture)]
    lines = run_example("rosenbrock", *arguments)
    assert lines[-1] == f"drawn: {picture}"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_logistic_regression_trains_to_no_error():
    lines = run_example("logistic_regression")
    assert lines[-2] == "errors on the training set: 0"
    assert len([line for line in lines if line.startswith("step")]) >= 10


def test_logistic_regression_agrees_with_numpy():
    module = load_example("logistic_regression")
    x, y, w = module.make_data()
    model = module.Model(w)
    b = 0.0
    for _ in range(300):
        expected = module.numpy_step(x, y, w, b)
        w, b = expected[:2]
        xent = model.train(x, y)[1]
    assert np.allclose(model.w.get_value(), w, rtol=1e-10, atol=1e-10)
    assert np.allclose(model.b.get_value(), b, rtol=1e-10, atol=1e-10)
    assert np.allclose(xent, expected[2], rtol=1e-10, atol=1e-10)


def test_the_perceptron_learns_its_digits():
    lines = run_example("perceptron")
    first, last = (
        [float(word) for word in re.findall(r"cost (\S+)  errors (\d+)", line)[0]]
        for line in (lines[0], lines[-1])
    )
    assert last[0] < first[0] / 5
    assert last[1] < 25


def test_power_iteration_comes_to_the_largest_eigenvalue():
    *lines, last = run_example("power_iteration")
    estimates = [float(line.split()[-1]) for line in lines]
    assert estimates == sorted(estimates)
    assert np.isclose(estimates[-1], float(last.split()[-1]), rtol=1e-9)


def test_newton_stops_by_itself_at_the_root():
    *points, last = run_example("newton")
    assert last == "5 steps"
    assert points[0] == "2.100000000000000"
    assert points[-1] == "2.094551481542327"


def test_pendulum_finds_length_and_friction_by_gradient_through_the_solver():
    lines = run_example("pendulum")
    assert len(lines) == 6
    assert lines[-1].startswith("step 400: length 1.300 friction 0.202")


def test_the_hidden_chain_agrees_with_enumeration_and_numpy():
    paths, recursion, by_numpy, long, moves, most = run_example("hmm")
    assert paths.split()[-1] == recursion.split()[-1] == "-21.0888324061"
    assert by_numpy.split()[-1] == long.split()[-1]
    assert moves == "expected moves: 1999.000000 of 1999"
    assert most.startswith("most from state")


def test_the_plate_spreads_its_heat_and_is_found_again(tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "plates.png"
    arguments = ["--size", "60", "--steps", "100", "--plot", str(picture)]
    _, same, *descents, drawn = run_example("heat", *arguments)
    assert same == "the same as NumPy: True"
    misses = [float(line.split()[-1]) for line in descents]
    assert misses == sorted(misses, reverse=True)
    assert misses[-1] < misses[0] / 50
    assert drawn == f"drawn: {picture}"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_membrane_swings_as_numpy_says():
    arguments = ["--size", "40", "--steps", "120", "--compare"]
    swing, same, *table = run_example("wave", *arguments)
    assert re.fullmatch(r"after 120 steps: from -0\.\d+ to 0\.\d+", swing)
    assert same == "the same as NumPy: True"
    names = ["ours", "C++", "Fortran", "NumPy", "Python"]
    assert [line.split()[0] for line in table] == names
    assert all("the same: True" in line or "gap: " in line for line in table[1:3])


def test_the_lstm_learns_letters_and_writes(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("the cat sat on the mat. " * 40, "utf-8")
    arguments = ["--text", str(text), "--steps", "100", "--hidden", "32"]
    *steps, written = run_example("lstm", *arguments, "--sample", "40")
    costs = [float(line.split()[-1]) for line in steps]
    assert costs[0] > 2
    assert costs[-1] < 0.3
    assert "sat" in written or "mat" in written


def test_series_of_any_lengths_are_warped_by_anti_diagonals_as_by_rows(rng):
    alignment = load_example("alignment")
    theano, T = alignment.theano, alignment.T
    x, y = T.dvectors("x", "y")
    ways = alignment.warping(x, y), alignment.warping_by_diagonals(x, y)
    run = theano.function([x, y], [*ways, *(T.grad(way, x) for way in ways)])
    for n, m in [(1, 1), (1, 5), (7, 2), (6, 6), (9, 8)]:
        one, other = rng.normal(size=n), rng.normal(size=m)
        rows, diagonals, slope, slope_of_diagonals = run(one, other)
        expected = alignment.warping_by_loops(one, other)
        np.testing.assert_allclose([rows, diagonals], expected)
        np.testing.assert_array_equal(slope_of_diagonals, slope)
    assert np.isnan(run(np.where(np.arange(n) == 3, np.nan, one), other)[:2]).all()


def test_words_and_series_are_aligned_as_by_loops():
    words = ["kitten", "sitting", "mitten"]
    lines = run_example("alignment", *words, "--length", "60")
    *edits, warped, slanted, _, slope = lines
    assert slanted == "by anti-diagonals the same: True"
    assert len(edits) == 4
    assert edits[0] == "kitten -> sitting: 3 edits, by loops the same: True"
    assert all(line.endswith("by loops the same: True") for line in (*edits, warped))
    assert slope == "the gradient is that of the cheapest way: True"
