"""Opened libraries."""

import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler


def test_a_unit_knows_its_path(library):
    path = library("i32 tl_compute(tl_call*) { return 0; }")
    assert _runtime.Unit(path).path == str(path)
    assert _runtime.Unit(path=str(path)).path == str(path)


def test_a_path_with_blanks_and_quotes_opens(library, tmp_path):
    source = library("i32 tl_compute(tl_call*) { return 0; }")
    path = tmp_path / "a 'unit\" é.so"
    path.write_bytes(source.read_bytes())
    assert _runtime.Unit(path).path == str(path)


def test_a_missing_file_is_an_error():
    with pytest.raises(OSError, match=r"compiled unit at /nowhere/u.so"):
        _runtime.Unit("/nowhere/u.so")


def test_a_library_without_the_entry_point_is_an_error(library, tmp_path):
    path = library('extern "C" int other() { return 0; }')
    with pytest.raises(OSError, match="exports no tl_compute"):
        _runtime.Unit(path)
