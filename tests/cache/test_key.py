"""Digests of sequences of parts."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theanolike.cache.key import digest, is_key

PARTS = st.lists(st.binary(max_size=4), max_size=4)


@given(PARTS, PARTS)
def test_equal_digests_mean_equal_parts(first, second):
    assert (digest(*first) == digest(*second)) == (first == second)


def test_text_counts_as_its_utf8_bytes():
    assert digest("x²") == digest("x²".encode())


def test_a_digest_is_the_same_under_every_hash_seed():
    code = "from theanolike.cache import digest; print(digest('a', b'b'))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {digest("a", b"b").encode() + b"\n"}


@pytest.mark.parametrize("text", ["", "../../etc", "0" * 39, "0" * 41, "G" * 40])
def test_what_is_no_digest_is_no_key(text):
    assert is_key(digest())
    assert not is_key(text)
